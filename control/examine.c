/* SPDX-License-Identifier: Apache-2.0 */
/* Examining an endpoint: its record, its namespace and its link. */
#include "control/examine.h"

#include "plugin/endpoint_guard.h"
#include "plugin/host_entry.h"
#include "record/yield.h"

#include <string.h>

enum record_finding { UNREADABLE, NEWER, INCOMPLETE, NAMESPACE_GONE, INTERFACE_GONE };

static const struct finding_kind record_kinds[] = {
	[UNREADABLE] = { LEVEL_ERROR, "record-unreadable", NULL,
	                 "end its container, and then: podtapctl delete --force" },
	[NEWER] = { LEVEL_UNKNOWN, "record-newer", "a newer podtap wrote it",
	            "examine it with the podtapctl of that version" },
	[INCOMPLETE] = { LEVEL_ERROR, "record-incomplete",
	                 "its ADD or repair is under way, or was ended before it was complete",
	                 "if none runs, call DEL or podtapctl delete for it; podtapctl repair "
	                 "completes a repair" },
	[NAMESPACE_GONE] = { LEVEL_ERROR, "namespace-gone",
	                     "its container ended without a DEL; the record is stale",
	                     "podtapctl prune" },
	[INTERFACE_GONE] = { LEVEL_ERROR, "interface-gone",
	                     "something deleted it, or its master went; the record is stale",
	                     "bring its master back, and then: podtapctl repair; or recreate the "
	                     "container" },
};

static const struct finding_kind renamed = { LEVEL_WARN, "interface-renamed",
	                                     "root of the container can do that",
	                                     "give it its name again, or recreate the container" };
static const struct finding_kind mtu_changed = {
	LEVEL_WARN, "mtu-changed",
	"a plugin of the chain, root of the container or the master's mtu did that",
	"unless it is wanted, set the mtu again"
};
static const struct finding_kind yielded = {
	LEVEL_WARN, "interface-yielded", "podtapctl yield does that when its guest has moved away",
	"if the guest is here: podtapctl resume"
};
static const struct finding_kind healthy = { LEVEL_OK, "healthy", NULL, NULL };

/* What the comparison finds. The order is that of enum difference. */
static const struct finding_kind difference_kinds[DIFFERENCES] = {
	[DIFFERS_MODE] = { LEVEL_WARN, "mode-changed", "root of the container can do that",
	                   "unless it is wanted, recreate the container" },
	[DIFFERS_DOWN] = { LEVEL_ERROR, "interface-down",
	                   "something in the container set it down, and nothing passes it",
	                   "in its network namespace: ip link set IFNAME up" },
	[DIFFERS_MAC] = { LEVEL_WARN, "mac-changed",
	                  "a plugin of the chain (tuning) or root of the container did that; "
	                  "frames "
	                  "to the old address are lost",
	                  "unless it is wanted, set the address again, or recreate the container" },
	[DIFFERS_TAP_MISSING] = { LEVEL_ERROR, "tap-missing",
	                          "something removed it, and nobody can open the tap by it any "
	                          "more",
	                          "recreate the container" },
	[DIFFERS_TAP_FOREIGN] = { LEVEL_ERROR, "tap-foreign",
	                          "another program put it there; podtap never removes it",
	                          "find out whose it is, remove it, and recreate the container" },
	[DIFFERS_SYSCTL] = { LEVEL_WARN, "sysctl-changed",
	                     "root of the container or a later plugin did that",
	                     "unless it is wanted, write the setting again" },
	[DIFFERS_ADDRESS] = { LEVEL_ERROR, "address-missing",
	                      "something in the container removed it",
	                      "in its network namespace: ip address add ADDRESS dev IFNAME; or "
	                      "recreate "
	                      "the container" },
	[DIFFERS_ROUTE] = { LEVEL_ERROR, "route-missing",
	                    "something in the container removed it; a link that was down loses its "
	                    "routes",
	                    "in its network namespace: ip route add DESTINATION via GATEWAY dev "
	                    "IFNAME; or recreate the container" },
	[DIFFERS_HOST_ACCESS] = { LEVEL_ERROR, "host-access-missing",
	                          "the program on its master was removed or replaced",
	                          "recreate the container" },
	[DIFFERS_GUARD] = { LEVEL_ERROR, "guard-missing",
	                    "the program on its master was removed or replaced: it can send "
	                    "anything, or nothing",
	                    "recreate the container" },
};

void examiner_release(struct examiner *x)
{
	tap_users_release(&x->users);
	verifier_release(&x->verifier);
}

int examiner_open(struct examiner *x, struct failure *f)
{
	return verifier_open(&x->verifier, f) < 0 ? -1 : tap_users_find(&x->users, f);
}

static int on_difference(enum difference difference, const char *details, void *data,
                         struct failure *f)
{
	const struct examination *x = data;

	struct failure no_guest = { 0 };
	const bool guest =
	        difference == DIFFERS_DOWN && endpoint_is_guests(x->endpoint, &no_guest) == 0;

	(void)f;
	finding_add(x->examiner->findings, guest ? &yielded : &difference_kinds[difference], NULL,
	            "%s", details);
	return 0;
}

static int examine_link(struct examination *x, struct failure *f)
{
	const struct endpoint *e = x->endpoint;
	struct comparison *c = &x->comparison;
	struct findings *l = x->examiner->findings;
	char mac[MAC_TEXT];
	uint32_t mode;

	if (strcmp(c->link.name, e->ifname) != 0)
		finding_add(l, &renamed, NULL, "its name is %s", c->link.name);
	if (e->mtu && c->link.mtu != e->mtu)
		finding_add(l, &mtu_changed, NULL, "its mtu is %u, not %u", c->link.mtu, e->mtu);
	if ((e->mode && word_find(link_modes, e->mode, &mode) && compare_mode(c, mode, f) < 0) ||
	    compare_up(c, f) < 0)
		return -1;
	return compare_mac(c, mac_format(&e->mac, mac), f);
}

static int examine_host_access(struct examination *x, struct failure *f)
{
	const struct endpoint *e = x->endpoint;

	if (!e->host_access)
		return 0;
	const enum found found = host_entry_recorded(&x->examiner->verifier.host.rtnl, e, f);
	if (found == FOUND_NONE)
		return on_difference(DIFFERS_HOST_ACCESS,
		                     "its master's hostAccess program does not have it", x, f);
	return found == FOUND ? 0 : -1;
}

static int examine_guard(struct examination *x, struct failure *f)
{
	OWNED(endpoint_guard_release) struct endpoint_guard guard = ENDPOINT_GUARD_NONE;
	const struct endpoint *e = x->endpoint;

	if (!e->guard)
		return 0;
	const enum found found =
	        endpoint_guard_recorded(&guard, &x->examiner->verifier.host.rtnl, e, f);
	if (found == FOUND_NONE)
		return on_difference(DIFFERS_GUARD, "its master's guard does not have it", x, f);
	return found == FOUND ? 0 : -1;
}

static int examine_sysctls(struct examination *x, const struct sysctls *sysctls, struct failure *f)
{
	return sysctls->n ? compare_sysctls(&x->comparison, sysctls, f) : 0;
}

/* Examines each part, also after one that could not be examined. */
static void examine_parts(struct examination *x, const struct sysctls *sysctls)
{
	static int (*const parts[])(struct examination *, struct failure *) = {
		examine_link,  examine_master,   examine_tap,       examine_host_access,
		examine_guard, examine_exposure, examine_addresses,
	};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		struct failure f = { 0 };
		if (parts[i](x, &f) < 0)
			finding_unknown(x->examiner->findings, &f);
	}
	struct failure f = { 0 };
	if (examine_sysctls(x, sysctls, &f) < 0)
		finding_unknown(x->examiner->findings, &f);
}

/* Finds the endpoint's namespace and link. Returns 1; 0 with a finding if one is gone; or -1. */
static enum found reach(struct examination *x, const struct sysctls *sysctls, struct failure *f)
{
	const struct endpoint *e = x->endpoint;
	struct findings *l = x->examiner->findings;
	struct failure gone = { 0 };
	struct link master;

	const enum found open = endpoint_sandbox(e, NULL, &x->examiner->verifier.host,
	                                         sysctls_extras(sysctls), &x->sandbox, f);
	if (open == FOUND_NONE)
		finding_add(l, &record_kinds[NAMESPACE_GONE], NULL,
		            "its network namespace %s is gone", e->netns_path);
	if (open != FOUND)
		return open;
	const enum found found = endpoint_link(e, &x->sandbox, &x->comparison.link, f);
	if (found == FOUND && x->comparison.link.partial)
		return fail(f, CNI_OTHER, "the container attached too much to it",
		            "read interface %s", e->ifname);
	if (found != FOUND_NONE)
		return found;
	const bool lost = e->master &&
	                  link_by_name(&x->examiner->verifier.host.rtnl, e->master, &master,
	                               &gone) == FOUND_NONE &&
	                  link_by_name(&x->sandbox.rtnl, e->master, &master, &gone) == FOUND_NONE;
	finding_add(l, &record_kinds[INTERFACE_GONE], NULL, "it is gone%s%s",
	            lost ? ", and so is its master " : "", lost ? e->master : "");
	return FOUND_NONE;
}

static void examine_ready(struct examiner *examiner, const struct endpoint *e)
{
	struct examination x = { examiner, e, SANDBOX_CLOSED, { .differs = on_difference } };
	struct findings *l = examiner->findings;
	struct sysctls sysctls = { .n = 0 };
	struct failure f = { 0 };

	x.comparison.data = &x;
	x.comparison.sandbox = &x.sandbox;
	if (sysctls_read(&sysctls, e->sysctls, e->ifname, &f) < 0)
		finding_unknown(l, &f);
	failure_clear(&f);
	const enum found found = reach(&x, &sysctls, &f);
	if (found == FOUND)
		examine_parts(&x, &sysctls);
	else if (found == FOUND_FAILED)
		finding_unknown(l, &f);
	failure_clear(&f);
	if (examine_reservations(l, e, &f) < 0)
		finding_unknown(l, &f);
	sandbox_release(&x.sandbox);
}

static void healthy_add(struct examiner *x, const struct endpoint *e)
{
	char users[256];
	const size_t n =
	        e->tap.path ? tap_users_text(&x->users, e->tap.number, users, sizeof users) : 0;

	if (n)
		finding_add(x->findings, &healthy, NULL, "%s is open in %s", e->tap.path, users);
	else if (e->tap.path)
		finding_add(x->findings, &healthy, NULL, "%s is not open", e->tap.path);
	else
		finding_add(x->findings, &healthy, NULL, "it is as it should be");
}

void examine(struct examiner *x, const struct endpoint *e, const struct failure *error)
{
	struct findings *l = x->findings;
	const size_t first = l->n;

	l->container = e->container_id;
	l->ifname = e->ifname;
	if (error)
		finding_add(l, &record_kinds[UNREADABLE], error->details, "%s", error->msg);
	else if (endpoint_is_newer(e))
		finding_add(l, &record_kinds[NEWER], NULL, "its record has version %u", e->version);
	else if (!e->ready)
		finding_add(l, &record_kinds[INCOMPLETE], NULL, "its record is incomplete");
	else
		examine_ready(x, e);
	if (!findings_bad(l, first))
		healthy_add(x, e);
	l->container = l->ifname = NULL;
}
