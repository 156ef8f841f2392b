/* SPDX-License-Identifier: Apache-2.0 */
/* Deriving the MAC address of an endpoint. */
#include "plugin/mac.h"

#include "base/stable_mac.h"
#include "ipam/ipam.h"
#include "plugin/pod.h"

static int refuse(const char *why, struct failure *f)
{
	return fail(f, CNI_ENV, why, "configuration key mac is \"stable\": CNI_ARGS");
}

int mac_derive(struct config *c, const struct request *r, struct failure *f)
{
	struct pod pod;
	char space[POOL_NAME], name[POD_NAME];
	struct mac_owner owner = { r->name, pod.space, pod.name, r->ifname };

	if (c->has_mac)
		c->mac_word = 0;
	if (c->mac_word != MAC_STABLE)
		return 0;
	/* The MAC address stays with an address that belongs to a VM or an IPAMClaim. */
	const int owned = c->ipam ? ipam_owner(r, c->ipam, space, name, f) : 0;
	if (owned < 0)
		return -1;
	if (owned) {
		owner.space = space;
		owner.name = name;
	}
	pod_read(&pod, r->args);
	if (!args_agree(r->args, "K8S_POD_NAMESPACE") || !args_agree(r->args, "K8S_POD_NAME"))
		return refuse("K8S_POD_NAMESPACE or K8S_POD_NAME is there twice, with different "
		              "values",
		              f);
	if (!*pod.name)
		return refuse("K8S_POD_NAME is not there, and the id of a container is another one "
		              "after each start: set an address with mac",
		              f);
	if (!stable_mac(&owner, &c->mac))
		return refuse("K8S_POD_NAMESPACE and K8S_POD_NAME are too long, or are no names",
		              f);
	c->has_mac = true;
	return 0;
}
