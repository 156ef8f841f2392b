/* SPDX-License-Identifier: Apache-2.0 */
/* Which master? The sources, in order; the first that names one counts:
 *
 *   1. key master
 *   2. deviceID: the endpoint's record, when an earlier call made the endpoint
 *   3. deviceID: the resource of podtap-device-plugin, in resources.json
 *   4. deviceID: the host link to take over, which stands on its own master
 *   5. linkInContainer: the interface of prevResult
 *   6. the interface of the default route
 *
 * Sources 2 to 4 name the mode too, unless key mode does. */
#include "plugin/target.h"

#include "netns/route.h"
#include "plugin/master.h"
#include "record/endpoint.h"
#include "record/resources.h"
#include "record/state.h"

#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

/* Set what no earlier source named. */
static void complete(struct target *t, const char *master, uint32_t mode)
{
	if (!t->named[0])
		snprintf(t->named, sizeof t->named, "%s", master);
	if (!t->mode)
		t->mode = mode;
}

/* Take the target from the record. Returns whether the record names it. An unreadable record is not
 * a failure, because other sources may name the target. */
static bool by_record(struct target *t, const struct target_search *s)
{
	OWNED(endpoint_release) struct endpoint e = { .source = NULL };
	struct failure unreadable = { 0 };
	const struct request *r = s->request;
	uint32_t mode;

	if (endpoint_read(r->container_id, r->ifname, &e, &unreadable) <= 0)
		return false;
	if (!e.device_id || strcmp(e.device_id, s->config->device_id) != 0 || !e.master ||
	    !e.mode || strlen(e.master) >= sizeof t->named || !word_find(link_modes, e.mode, &mode))
		return false;
	complete(t, e.master, mode);
	return true;
}

static enum found by_resource(struct target *t, const struct target_search *s, struct failure *f)
{
	struct resource resource = { .mode = 0 };
	enum found found = FOUND_NONE;

	if (resource_is_named(s->config->device_id))
		found = resource_find(s->config->device_id, &resource, f);
	if (found == FOUND)
		complete(t, resource.master, resource.mode);
	return found;
}

/* Find the link to take over. Returns 1, 0 or -1. */
static enum found by_link(struct target *t, const struct target_search *s, struct failure *f)
{
	const struct link *link = &t->takeover.link;
	struct link lower;

	if (!s->config->kind->tap)
		return FOUND_NONE;
	enum found found = takeover_find(s->host, s->config->device_id, &t->takeover, f);
	if (found != FOUND)
		return found;
	found = link->lower_netns < 0 ? link_by_index(&s->host->rtnl, link->lower, &lower, f)
	                              : FOUND_NONE;
	if (found == FOUND_NONE)
		return fail(f, CNI_CONFIG, "its master is not on the host",
		            "take over %s, which deviceID %.64s names", link->name,
		            s->config->device_id);
	if (found == FOUND)
		complete(t, lower.name, link->mode);
	return found;
}

static int refuse_unknown(const char *device_id, struct failure *f)
{
	char details[300];

	snprintf(details, sizeof details,
	         "%.128s/resources.json has no such resource, no macvtap of that name is on the "
	         "host, and the configuration names no master",
	         state_path());
	return fail(f, CNI_CONFIG, details, "deviceID %.64s", device_id);
}

/* Unreadable resources do not matter if the configuration names everything. */
static int by_device_id(struct target *t, const struct target_search *s, struct failure *f)
{
	const char *device_id = s->config->device_id;
	struct failure unusable = { 0 };

	if (s->exists && by_record(t, s))
		return 0;
	const enum found known = by_resource(t, s, &unusable);
	const enum found found = known == FOUND ? FOUND : by_link(t, s, f);
	if (found)
		return found == FOUND_FAILED ? -1 : 0;
	if (known == FOUND_FAILED && !(t->named[0] && t->mode))
		return failure_pass(f, &unusable);
	if (!t->named[0] && resource_is_named(device_id))
		return refuse_unknown(device_id, f);
	return 0;
}

/* Find the last interface of prevResult in our sandbox. Returns NULL if it has none there. */
static const char *previous_interface(const struct target_search *s)
{
	const struct result *previous = s->previous;
	const char *name = NULL;

	for (size_t i = 0; i < previous->n_interfaces; i++) {
		const struct interface *it = &previous->interfaces[i];
		if (it->name && it->sandbox && strcmp(it->sandbox, s->request->netns) == 0)
			name = it->name;
	}
	return name;
}

static int absent(const char *name, bool in_container, struct failure *f)
{
	return fail(f, CNI_CONFIG,
	            in_container ? "there is no such interface in the container"
	                         : "there is no such interface on the host",
	            "master %s", name);
}

static int by_previous(struct target *t, const struct target_search *s, struct failure *f)
{
	const char *name = t->named[0] ? NULL : previous_interface(s);

	if (name && strlen(name) >= sizeof t->named)
		return absent(name, true, f);
	if (name)
		snprintf(t->named, sizeof t->named, "%s", name);
	return 0;
}

/* Name the target that an endpoint had. The configuration's name of the master may be an
 * alternative one, which the record does not have. */
static int by_endpoint(struct target *t, const struct endpoint *e, struct failure *f)
{
	if (!e->mode || !word_find(link_modes, e->mode, &t->mode) || !e->master ||
	    strlen(e->master) >= sizeof t->named)
		return fail(f, CNI_DECODE, "it lacks a mode or a master that podtap knows",
		            "the record of interface %s of container %s", e->ifname,
		            e->container_id);
	if (!t->named[0])
		snprintf(t->named, sizeof t->named, "%s", e->master);
	return 0;
}

int target_name(struct target *t, const struct target_search *s, struct failure *f)
{
	const struct config *c = s->config;

	*t = (struct target){ .mode = c->mode };
	snprintf(t->named, sizeof t->named, "%s", c->master);
	if (s->record)
		return by_endpoint(t, s->record, f);
	/* A deviceID does not name a master in the container. */
	if (c->device_id && !c->link_in_container && by_device_id(t, s, f) < 0)
		return -1;
	if (!t->mode)
		t->mode = MACVLAN_MODE_BRIDGE;
	if (config_check_passthru(t->mode, t->named, f) < 0)
		return -1;
	return c->link_in_container ? by_previous(t, s, f) : 0;
}

static int open_scratch(void *data, struct failure *f)
{
	return rtnl_open(data, f);
}

static enum found by_default_route(struct rtnl *nl, struct rtnl *scratch, struct link *master,
                                   struct failure *f)
{
	uint32_t index;
	enum found found = route_default(scratch, &index, f);
	return found == FOUND ? link_by_index(nl, index, master, f) : found;
}

static enum found by_name(struct rtnl *nl, const char *name, bool in_container, struct link *master,
                          struct failure *f)
{
	const enum found found = link_by_name(nl, name, master, f);

	return found ? found : absent(name, in_container, f);
}

static int no_default_route(struct failure *f)
{
	return fail(f, CNI_CONFIG,
	            "there is no default route to take the interface of: name one with master",
	            "configuration key master is absent");
}

/* Find the master by the default route. The dump of routes leaves unread answers in its socket, so
 * it gets one of its own. */
static enum found default_find(int home, const struct sandbox *inside, struct rtnl *nl,
                               struct link *master, struct failure *f)
{
	OWNED(rtnl_release) struct rtnl scratch = { .fd = -1 };
	const int opened = inside ? netns_visit(home, inside->netns, open_scratch, &scratch, f)
	                          : rtnl_open(&scratch, f);

	return opened < 0 ? -1 : by_default_route(nl, &scratch, master, f);
}

/* Refuse a link to take over that does not match the configuration. */
static int takeover_fits(const struct target *t, const struct config *c, struct failure *f)
{
	const struct link *link = &t->takeover.link;
	const char *mode = word_text(link_modes, link->mode);
	char details[96];

	if (!link->index)
		return 0;
	if (link->lower != t->master.index)
		snprintf(details, sizeof details, "its master is another than %.32s",
		         t->master.name);
	else if (link->mode != t->mode)
		snprintf(details, sizeof details, "its mode is %s, not %s", mode ? mode : "unknown",
		         word_text(link_modes, t->mode));
	else
		return 0;
	return fail(f, CNI_CONFIG, details, "%s, which deviceID %.64s names, is not as configured",
	            link->name, c->device_id);
}

int target_find(struct target *t, const struct target_search *s, struct sandbox *inside,
                struct failure *f)
{
	const bool in_container = s->config->link_in_container;
	struct rtnl *nl = in_container ? &inside->rtnl : &s->host->rtnl;
	enum found found;

	if (t->named[0])
		found = by_name(nl, t->named, in_container, &t->master, f);
	else
		found = default_find(s->host->netns, in_container ? inside : NULL, nl, &t->master,
		                     f);
	if (found == FOUND_NONE)
		return no_default_route(f);
	return found == FOUND_FAILED ? -1 : takeover_fits(t, s->config, f);
}

enum found target_master_on_host(const struct config *c, struct rtnl *host, struct link *master,
                                 struct failure *f)
{
	const enum found found = c->master[0] ? by_name(host, c->master, false, master, f)
	                                      : default_find(-1, NULL, host, master, f);

	if (found != FOUND)
		return found;
	return master_fits(c, c->mode, host, master, f) < 0 ? FOUND_FAILED : FOUND;
}
