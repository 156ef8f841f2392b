/* SPDX-License-Identifier: Apache-2.0 */
/* The loop that reserves addresses, probes them on the LAN, and gives used ones back. */
#include "plugin/lease.h"

#include "plugin/host_gateway.h"
#include "plugin/link_setup.h"

enum { LEASES_MAX = 8 };

int lease_give_back(struct lease *l, const struct attachment *a, struct failure *f)
{
	if (!l->held)
		return 0;
	l->held = false;
	l->unreturned = ipam_del(a->request, a->config.ipam, f) < 0;
	return l->unreturned ? -1 : 0;
}

/* The first address of a lease that an earlier lease had, too. A plugin may give the same one
 * again: only our own allocator knows which addresses to avoid. */
static const struct ip *given_again(const struct result *lease, const struct ip_list *in_use)
{
	for (size_t i = 0; i < lease->n_ips; i++)
		if (ip_list_has(in_use, &lease->ips[i].address.ip))
			return &lease->ips[i].address.ip;
	return NULL;
}

static int refuse(const struct ip *ip, struct failure *f)
{
	char text[IP_TEXT];
	return fail(f, CNI_OTHER, "exclude the addresses of other hosts from the range",
	            "address %s is in use on the LAN", ip_format(ip, text));
}

/* Try one lease. Returns 0; 1 if another host has *ip, and the lease was given back; or -1. */
static int try_lease(struct lease *l, struct attachment *a, const struct endpoint *e,
                     const struct ip_list *in_use, struct ip *ip, struct failure *f)
{
	struct link_setup setup = { a, e, &l->answer.result, PROOF_AS_CONFIGURED };
	struct request request = *a->request; /* borrows all members */

	request.netns_cookie = a->host.id.cookie;
	if (ipam_add(&request, a->config.ipam, in_use, &l->answer, f) < 0)
		return -1;
	l->held = true;
	setup.proof = l->answer.proof;
	/* The mark came after the namespace was opened. */
	if (setup.proof == PROOF_NEEDED && a->sandbox.arp < 0)
		return fail(f, CNI_AGAIN, "podtap-addresses has said so meanwhile",
		            "the address must be proved unused on the LAN");
	const struct ip *again = given_again(&l->answer.result, in_use);
	if (again)
		return refuse(again, f);
	if (host_gateway_set(a, &l->answer.result, f) < 0 ||
	    endpoint_guard_addresses(l->guard, &l->answer.result, f) < 0)
		return -1;
	const int found = link_setup_apply(&setup, ip, f);
	if (found <= 0)
		return found;
	ipam_answer_release(&l->answer);
	return lease_give_back(l, a, f) < 0 ? -1 : 1;
}

int lease_assign(struct lease *l, struct attachment *a, const struct endpoint *e, struct failure *f)
{
	OWNED(ip_list_release) struct ip_list in_use = { .ips = NULL };
	struct ip ip;

	for (int tries = 0; tries < LEASES_MAX; tries++) {
		const int found = try_lease(l, a, e, &in_use, &ip, f);
		if (found <= 0)
			return found;
		if (ip_list_add(&in_use, &ip, f) < 0)
			return -1;
	}
	return refuse(&ip, f);
}
