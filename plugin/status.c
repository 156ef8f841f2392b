/* SPDX-License-Identifier: Apache-2.0 */
/* STATUS: report, before an ADD fails, why it would. */
#include "plugin/verbs.h"

#include "base/errno_text.h"
#include "base/file.h"
#include "ipam/ipam.h"
#include "ipam/place.h"
#include "netns/guard.h"
#include "netns/host.h"
#include "netns/host_access.h"
#include "netns/privilege.h"
#include "plugin/config.h"
#include "plugin/log.h"
#include "plugin/master.h"
#include "plugin/policy.h"
#include "plugin/target.h"
#include "plugin/unknown.h"
#include "record/state.h"

#include <errno.h>
#include <stdio.h>

static int unavailable(struct failure *f, const struct failure *why)
{
	return fail(f, CNI_UNAVAILABLE, why->details, "%s", why->msg);
}

static int check_kind(const struct config *c, struct host *host, struct failure *f)
{
	bool known;

	if (link_kind_known(&host->rtnl, c->kind, &known, f) < 0)
		return -1;
	if (known)
		return 0;
	return fail(f, CNI_UNAVAILABLE, "load the module of that name",
	            "the kernel has no links of kind %s", c->kind->name);
}

/* A master of mode passthru serves one endpoint. STATUS reports that it is in use as a state, not
 * as a fault. */
static int check_free(const struct config *c, const struct link *master, struct failure *f)
{
	char holder[400];

	if (!c->strict_status || !master_holder(master->name, c->mode, holder, sizeof holder))
		return 0;
	return fail(f, CNI_UNAVAILABLE, holder, "master %s is taken", master->name);
}

static int check_policy(const struct request *r, const struct config *c, const char *master,
                        struct failure *f)
{
	struct failure why = { 0 };
	return policy_permit_network(r, c, master, &why) < 0 ? unavailable(f, &why) : 0;
}

static int check_master(const struct request *r, const struct config *c, struct host *host,
                        struct failure *f)
{
	struct failure why = { 0 };
	struct link master, below;

	if (c->link_in_container) /* the master is in a container that does not exist yet */
		return check_policy(r, c, NULL, f);
	int found = target_master_on_host(c, &host->rtnl, &master, &why);
	if (found < 0 || (found && master_below(&host->rtnl, &master, &below, &why) < 0))
		return unavailable(f, &why);
	if (check_policy(r, c, found ? below.name : NULL, f) < 0)
		return -1;
	return found ? check_free(c, &master, f) : 0;
}

/* Check that records can be written: an ADD begins with its record. */
static int check_records(struct failure *f)
{
	OWNED(text_release) char *path = path_join(state_path(), "endpoints");

	if (!path)
		return fail(f, CNI_UNAVAILABLE, errno_text(errno), "PODTAP_STATE_DIR");
	return place_check("the endpoint records", path, NULL, f);
}

/* The kernel loads programs only for a process that has PRIVILEGE_OPENING. */
static int check_host_access(const struct config *c, struct failure *f)
{
	struct failure why = { 0 };

	if (!c->host_access)
		return 0;
	if (privilege_keep(PRIVILEGE_OPENING, ipam_delegates(c->ipam), f) < 0)
		return -1;
	return host_access_supported(&why) < 0 ? unavailable(f, &why) : 0;
}

static void on_unknown(const char *path, const char *meant, void *data)
{
	char text[256];

	log_warning("STATUS", data, unknown_text(path, meant, text, sizeof text));
}

static int check_guard(const struct config *c, struct failure *f)
{
	struct failure why = { 0 };

	if (!config_guard_key(c))
		return 0;
	if (privilege_keep(PRIVILEGE_OPENING, ipam_delegates(c->ipam), f) < 0)
		return -1;
	return guard_supported(&why) < 0 ? unavailable(f, &why) : 0;
}

int status(const struct request *r, struct failure *f)
{
	OWNED(host_release) struct host host = HOST_CLOSED;
	struct config config;

	config_unknown(r->json, &(struct unknown_visit){ on_unknown, (void *)(uintptr_t)r });
	if (config_read(&config, r, false, f) < 0 || check_host_access(&config, f) < 0 ||
	    check_guard(&config, f) < 0 ||
	    privilege_keep(PRIVILEGE_WORKING, ipam_delegates(config.ipam), f) < 0 ||
	    host_open(&host, f) < 0)
		return -1;
	if (check_records(f) < 0 || check_kind(&config, &host, f) < 0 ||
	    check_master(r, &config, &host, f) < 0)
		return -1;
	return config.ipam ? ipam_status(r, config.ipam, f) : 0;
}
