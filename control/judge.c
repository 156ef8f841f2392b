/* SPDX-License-Identifier: Apache-2.0 */
/* Judging keys: whether they are valid, known, and of any effect. */
#include "control/judge.h"

#include "base/json.h"
#include "ipam/ipam.h"
#include "ipam/ipam_config.h"
#include "plugin/policy.h"
#include "plugin/unknown.h"

static const struct finding_kind invalid = { LEVEL_ERROR, "network-invalid", NULL,
	                                     "correct the file" };
static const struct finding_kind unknown_key = { LEVEL_WARN, "network-unknown-key",
	                                         "podtap ignores such a key",
	                                         "correct or remove the key; podtap(8) lists all" };
static const struct finding_kind idle_key = { LEVEL_WARN, "network-idle-key", NULL,
	                                      "remove the key, or correct the other one" };
static const struct finding_kind refused = { LEVEL_ERROR, "network-refused", NULL,
	                                     "correct the policy, or the network" };

struct unknown_of {
	struct findings *findings;
	const struct network *network;
};

static void on_unknown(const char *path, const char *meant, void *data)
{
	const struct unknown_of *u = data;
	char text[256];

	finding_add(u->findings, &unknown_key, NULL, "network %s in %s: %s",
	            u->network->request.name, u->network->path,
	            unknown_text(path, meant, text, sizeof text));
}

static bool no_tap(const struct config *c)
{
	return !c->kind->tap;
}

static bool no_ipam(const struct config *c)
{
	return !c->ipam;
}

static bool no_addresses(const struct config *c)
{
	return !c->ipam || c->address_owner == OWNER_GUEST;
}

static bool asks_nobody(const struct config *c)
{
	const bool dad = !no_addresses(c) && (c->dad == DAD_WAIT || c->dad == DAD_FAST);

	return !c->ipam || (!c->acd && !dad);
}

static bool no_passthru(const struct config *c)
{
	return c->mode && c->mode != MACVLAN_MODE_PASSTHRU;
}

static bool no_log(const struct config *c)
{
	return !c->log_file;
}

static bool no_delegate(const struct config *c)
{
	return !ipam_delegates(c->ipam);
}

/* Keys that have no effect beside what the other keys say. */
static const struct {
	const char *key;
	bool (*idle)(const struct config *c);
	const char *why;
} idle_keys[] = {
	{ "owner", no_tap, "a macvlan has no tap" },
	{ "group", no_tap, "a macvlan has no tap" },
	{ "ownerIn", no_tap, "a macvlan has no tap" },
	{ "tapMode", no_tap, "a macvlan has no tap" },
	{ "vmDevices", no_tap, "a macvlan has no tap, so no VM runs on it" },
	{ "dad", no_addresses, "the link gets no address to detect" },
	{ "acd", no_ipam, "there is no IPAM, so no address to ask about" },
	{ "noCarrier", asks_nobody, "the LAN is asked about no address" },
	{ "force", no_passthru, "only mode passthru takes the master" },
	{ "logLevel", no_log, "there is no logFile" },
	{ "logFormat", no_log, "there is no logFile" },
	{ "ipamTimeout", no_delegate, "no IPAM plugin runs as a process of its own" },
};

static void idle_look(struct findings *l, const struct network *n)
{
	for (size_t i = 0; i < sizeof idle_keys / sizeof *idle_keys; i++)
		if (json_member(n->request.json, idle_keys[i].key) && idle_keys[i].idle(n->config))
			finding_add(l, &idle_key, idle_keys[i].why,
			            "network %s in %s: key %s has no effect", n->request.name,
			            n->path, idle_keys[i].key);
}

static bool ipam_look(struct findings *l, const struct network *n)
{
	OWNED(ipam_config_release) struct ipam_config ipam = IPAM_CONFIG_NONE;
	struct failure why = { 0 };

	if (!n->config->ipam || ipam_delegates(n->config->ipam) || n->netavark ||
	    ipam_config_read(&ipam, &n->request, &why) == 0)
		return true;
	finding_add(l, &invalid, why.details, "network %s in %s: %s", n->request.name, n->path,
	            why.msg);
	return false;
}

bool judge_configuration(struct findings *l, const struct network *n)
{
	if (n->request.json && !n->netavark)
		config_unknown(n->request.json,
		               &(struct unknown_visit){ on_unknown, &(struct unknown_of){ l, n } });
	if (!n->config) {
		finding_add(l, &invalid, n->invalid->details, "%s: %s", n->path, n->invalid->msg);
		return false;
	}
	idle_look(l, n);
	return ipam_look(l, n);
}

void judge_policy(struct findings *l, const struct network *n, const char *master)
{
	struct failure why = { 0 };

	if (policy_permit_network(&n->request, n->config, master, &why) < 0)
		finding_add(l, &refused, why.details, "network %s in %s: %s", n->request.name,
		            n->path, why.msg);
}
