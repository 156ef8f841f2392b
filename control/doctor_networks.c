/* SPDX-License-Identifier: Apache-2.0 */
/* Examining the networks of podtap's: whether an ADD of each would succeed now. */
#include "control/doctor.h"

#include "control/judge.h"
#include "control/plugins.h"
#include "ipam/allocator.h"
#include "ipam/ipam.h"
#include "netns/host_access.h"
#include "plugin/master.h"
#include "plugin/target.h"

#include <stdio.h>
#include <string.h>

static const struct finding_kind fine = { LEVEL_OK, "network", NULL, NULL };
static const struct finding_kind none = {
	LEVEL_NOTE, "network-none", "no configuration in the runtimes' directories names podtap",
	"examples/ has configurations to copy"
};
static const struct finding_kind no_master = { LEVEL_ERROR, "network-master", NULL,
	                                       "set the key master" };
static const struct finding_kind no_addresses = { LEVEL_ERROR, "network-ipam", NULL,
	                                          "correct the key ipam, or make room" };
static const struct finding_kind no_ipam_plugin = {
	LEVEL_ERROR, "network-ipam-missing", "podtap runs it for the addresses",
	"install it in the directory of the runtime's plugins"
};
static const struct finding_kind no_host_access = {
	LEVEL_ERROR, "network-host-access", NULL,
	"use a kernel with eBPF and its classifiers, or leave the key hostAccess out"
};

/* Adds what a step of an ADD would fail with. */
static void failing_add(struct doctor *d, const struct network *n, const struct finding_kind *kind,
                        const struct failure *why)
{
	finding_add(d->findings, kind, why->details, "network %s in %s: %s", n->request.name,
	            n->path, why->msg);
}

/* Finds the master on the host, and asks the policy. */
static void examine_master(struct doctor *d, const struct network *n)
{
	const struct config *c = n->config;
	struct failure why = { 0 };
	struct link master, below;
	enum found found = FOUND_NONE;

	if (!c->link_in_container && !c->device_id)
		found = target_master_on_host(c, &d->host.rtnl, &master, &why);
	if (found == FOUND && master_below(&d->host.rtnl, &master, &below, &why) < 0)
		found = FOUND_FAILED;
	if (found == FOUND_FAILED)
		failing_add(d, n, &no_master, &why);
	if (found == FOUND_FAILED || d->policy_unusable)
		return;
	judge_policy(d->findings, n, found == FOUND ? below.name : NULL);
}

struct plugin_search {
	const struct doctor *doctor;
	const char *name;
	bool found;
};

static void on_directory(const char *directory, void *data)
{
	struct plugin_search *s = data;
	char path[PATH_MAX];
	struct stat st;

	s->found |= snprintf(path, sizeof path, "%s/%s", directory, s->name) < (int)sizeof path &&
	            node_look(s->doctor->node, path, &st) == 0;
}

/* podtap-ipam is asked in this process; it makes nothing. */
static void examine_ipam(struct doctor *d, const struct network *n)
{
	struct plugin_search search = { d, n->config->ipam, false };
	struct failure why = { 0 };

	if (!n->config->ipam)
		return;
	if (!ipam_delegates(n->config->ipam)) {
		if (!n->netavark && allocator_room(&n->request, &why) < 0)
			failing_add(d, n, &no_addresses, &why);
		return;
	}
	plugin_directories_each(d->node, on_directory, &search);
	if (!search.found)
		finding_add(d->findings, &no_ipam_plugin, NULL,
		            "network %s in %s: no directory of plugins has the IPAM plugin %s",
		            n->request.name, n->path, n->config->ipam);
}

static void examine(struct doctor *d, const struct network *n)
{
	const size_t first = d->findings->n;
	struct failure why = { 0 };

	if (!judge_configuration(d->findings, n))
		return;
	examine_master(d, n);
	examine_ipam(d, n);
	if (n->config->host_access && host_access_supported(&why) < 0)
		failing_add(d, n, &no_host_access, &why);
	if (d->findings->n == first)
		finding_add(d->findings, &fine, NULL, "network %s in %s", n->request.name, n->path);
}

void doctor_networks(struct doctor *d)
{
	for (size_t i = 0; i < d->networks.n; i++)
		examine(d, &d->networks.list[i]);
	judge_overlaps(d->findings, &d->networks);
	if (!d->networks.n)
		finding_add(d->findings, &none, NULL, "no network of podtap is configured");
}
