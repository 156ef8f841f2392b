/* SPDX-License-Identifier: Apache-2.0 */
/* Resolving deviceIDs. */
#include "plugin/device_id.h"

#include "plugin/policy.h"
#include "record/endpoint.h"
#include "record/resources.h"
#include "record/state.h"

#include <stdio.h>
#include <string.h>

/* Fills in what the configuration leaves open. */
static void complete(struct config *c, const char *master, uint32_t mode)
{
	if (!c->master[0])
		snprintf(c->master, sizeof c->master, "%s", master);
	if (!c->mode_named)
		c->mode = mode;
}

/* Whether the record tells. One that does not, or none, is no failure: the rest may.
 */
static bool by_record(struct attachment *a)
{
	OWNED(endpoint_release) struct endpoint e = { .source = NULL };
	struct failure unreadable = { 0 };
	const struct request *r = a->request;
	struct config *c = &a->config;
	uint32_t mode;

	if (endpoint_read(r->container_id, r->ifname, &e, &unreadable) <= 0)
		return false;
	if (!e.device_id || strcmp(e.device_id, c->device_id) != 0 || !e.master || !e.mode ||
	    strlen(e.master) >= sizeof c->master || !word_find(link_modes, e.mode, &mode))
		return false;
	complete(c, e.master, mode);
	return true;
}

static int by_resource(struct attachment *a, struct failure *f)
{
	struct resource resource = { .mode = 0 };
	int found = 0;

	if (resource_is_named(a->config.device_id))
		found = resource_find(a->config.device_id, &resource, f);
	if (found > 0)
		complete(&a->config, resource.master, resource.mode);
	return found;
}

/* 1: a link on the host is to be taken over, with the master and mode it has. */
static int by_link(struct attachment *a, struct failure *f)
{
	const struct link *link = &a->taken.link;
	struct link lower;

	if (!a->config.kind->tap)
		return 0;
	int found = takeover_find(&a->host, a->config.device_id, &a->taken, f);
	if (found <= 0)
		return found;
	found = link->lower_netns < 0 ? link_by_index(&a->host.rtnl, link->lower, &lower, f) : 0;
	if (found == 0)
		return fail(f, CNI_CONFIG, "its master is not on the host",
		            "take over %s, which deviceID %.64s names", link->name,
		            a->config.device_id);
	if (found > 0)
		complete(&a->config, lower.name, link->mode);
	return found;
}

static int refuse_unknown(const struct attachment *a, struct failure *f)
{
	char details[300];

	snprintf(details, sizeof details,
	         "%.128s/resources.json has no such resource, no macvtap of that name is on the "
	         "host, and the configuration names no master",
	         state_path());
	return fail(f, CNI_CONFIG, details, "deviceID %.64s", a->config.device_id);
}

static int resolve_new(struct attachment *a, struct failure *f)
{
	const struct config *c = &a->config;
	struct failure unusable = { 0 };
	const int known = by_resource(a, &unusable);
	const int found = known > 0 ? 1 : by_link(a, f);

	if (found)
		return found < 0 ? -1 : 0;
	if (known < 0 && !(c->master[0] && c->mode_named))
		return failure_pass(f, &unusable);
	if (!c->master[0] && resource_is_named(c->device_id))
		return refuse_unknown(a, f);
	return 0;
}

int device_id_resolve(struct attachment *a, enum attachment_use use, struct failure *f)
{
	/* A master in the container is none of the host's. */
	if (!a->config.link_in_container && !(use == ATTACHMENT_EXISTING && by_record(a)) &&
	    resolve_new(a, f) < 0)
		return -1;
	return config_check_passthru(&a->config, f);
}

int device_id_fits(const struct attachment *a, struct failure *f)
{
	const struct link *link = &a->taken.link;
	const char *mode = word_text(link_modes, link->mode);
	char details[96];

	if (!link->index)
		return 0;
	if (link->lower != a->master.index)
		snprintf(details, sizeof details, "its master is another than %.32s",
		         a->master.name);
	else if (link->mode != a->config.mode)
		snprintf(details, sizeof details, "its mode is %s, not %s", mode ? mode : "unknown",
		         word_text(link_modes, a->config.mode));
	else
		return 0;
	return fail(f, CNI_CONFIG, details, "%s, which deviceID %.64s names, is not as configured",
	            link->name, a->config.device_id);
}

/* Whether an ADD with this configuration could have taken that link. */
static bool may_take(const struct request *r, const struct link *link, const struct link *lower)
{
	struct failure refusal = { 0 };
	struct config c;

	config_read_leniently(&c, r);
	if (!c.kind->tap || c.link_in_container) /* no ADD would have taken it */
		return false;
	c.mode = link->mode;
	if (policy_permit_taking(r, &c, lower->name, &refusal) == 0)
		return true;
	fprintf(stderr, "podtap: %s is left alone: %s: %s\n", link->name, refusal.msg,
	        refusal.details);
	return false;
}

int device_id_sweep(const struct request *r, struct rtnl *host, struct failure *f)
{
	const char *device_id = config_device_id(r);
	struct link link, lower;
	int found = device_id ? takeover_look(host, device_id, &link, f) : 0;

	if (found > 0)
		found = link_by_index(host, link.lower, &lower, f);
	if (found <= 0)
		return found;
	return may_take(r, &link, &lower) ? link_delete(host, link.index, f) : 0;
}
