/* SPDX-License-Identifier: Apache-2.0 */
/* create: check a network before any container uses it, and say what it lacks. */
#include "netavark/commands.h"

#include "base/json.h"
#include "cni/program.h"
#include "ipam/delegate.h"
#include "ipam/ipam.h"
#include "netavark/network.h"
#include "netavark/options.h"
#include "netns/host.h"
#include "netns/privilege.h"
#include "plugin/master.h"
#include "plugin/policy.h"
#include "plugin/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int dhcp_check(const struct request *r, const char *type, struct failure *f)
{
	const struct delegate_call call = { .path = r->path, .type = type };
	char path[PATH_MAX], why[512];
	struct failure missing;

	failure_clear(&missing);
	if (!ipam_delegates(type) || delegate_find(&call, path, &missing) == 0)
		return 0;
	snprintf(why, sizeof why,
	         "it needs the CNI plugin dhcp and its daemon, and %.256s has no such file: "
	         "install them, or choose --subnet, or --ipam-driver none",
	         r->path);
	return fail(f, CNI_CONFIG, why, "IPAM driver dhcp cannot work");
}

/* Checks the master as an ADD would now. *name is the master, "" if none is known before a
 * container exists. */
static int master_check(const struct request *r, const struct config *c,
                        char name[static MASTER_TEXT], struct failure *f)
{
	OWNED(host_release) struct host host = HOST_CLOSED;
	struct link master, below;

	snprintf(name, MASTER_TEXT, "%s", c->master);
	if (c->link_in_container || c->device_id)
		return policy_permit_network(r, c, NULL, f);
	if (host_open(&host, f) < 0)
		return -1;
	const enum found found = target_master_on_host(c, &host.rtnl, &master, f);
	if (found != FOUND)
		return found == FOUND_NONE ? policy_permit_network(r, c, NULL, f) : -1;
	if (master_below(&host.rtnl, &master, &below, f) < 0 ||
	    policy_permit_network(r, c, below.name, f) < 0)
		return -1;
	snprintf(name, MASTER_TEXT, "%s", *c->master ? c->master : master.name);
	return 0;
}

/* Sets a member of the network, in place of all members with that name. */
static int member_set(cJSON *object, const char *name, cJSON *value, struct failure *f)
{
	OWNED(json_release) cJSON *owned = value;

	while (cJSON_HasObjectItem(object, name))
		cJSON_DeleteItemFromObject(object, name);
	if (!value || !cJSON_AddItemToObject(object, name, value))
		return fail_errno(f, ENOMEM, "complete the network");
	json_take(&owned);
	return 0;
}

static int driver_set(cJSON *network, enum ipam_driver driver, struct failure *f)
{
	cJSON *options = cJSON_GetObjectItem(network, "ipam_options");

	if (!cJSON_IsObject(options)) {
		if (member_set(network, "ipam_options", cJSON_CreateObject(), f) < 0)
			return -1;
		options = cJSON_GetObjectItem(network, "ipam_options");
	}
	return member_set(options, "driver", cJSON_CreateString(network_driver_name(driver)), f);
}

/* No DNS server of podman's answers on the LAN. With --dns the flag stays, since podman refuses
 * servers without it. */
static int dns_set(cJSON *network, struct failure *f)
{
	const bool servers = cJSON_GetArraySize(json_member(network, "network_dns_servers")) > 0;
	const bool asked = cJSON_IsTrue(json_member(network, "dns_enabled"));

	return member_set(network, "dns_enabled", cJSON_CreateBool(servers && asked), f);
}

/* Writes what was chosen into the network, so that podman network inspect shows it. */
static int complete(cJSON *network, const char *master, struct failure *f)
{
	enum ipam_driver driver;

	cJSON_DeleteItemFromObjectCaseSensitive(cJSON_GetObjectItem(network, "options"), "parent");
	if (*master && member_set(network, "network_interface", cJSON_CreateString(master), f) < 0)
		return -1;
	if (network_driver(network, &driver, f) < 0 || driver_set(network, driver, f) < 0)
		return -1;
	return dns_set(network, f);
}

/* Refuses two names of one master. */
static int parent_check(const cJSON *network, const cJSON *config, struct failure *f)
{
	const char *named = json_string(json_member(network, "network_interface"));
	struct options o;

	options_read(&o, config);
	if (!*o.parent || !named || !*named || strcmp(o.parent, named) == 0)
		return 0;
	return fail(f, CNI_CONFIG, named,
	            "option parent is \"%s\", but --interface-name is another", o.parent);
}

int command_create(struct call *c, const char *netns, struct failure *f)
{
	struct request *r = &c->request;
	struct config config;
	char master[MASTER_TEXT];

	(void)netns;
	*r = (struct request){ .container_id = "",
		               .netns = "",
		               .ifname = "",
		               .args = "",
		               .path = delegate_path(),
		               .version = VERSION_LATEST };
	if (rootless_refuse(f) < 0 || call_network(c->json, &r->name, f) < 0)
		return -1;
	r->json = network_config(c->json, NULL, false, f);
	if (!r->json || parent_check(c->json, r->json, f) < 0 ||
	    config_read(&config, r, false, f) < 0 || dhcp_check(r, config.ipam, f) < 0 ||
	    privilege_keep(PRIVILEGE_WORKING, false, f) < 0 ||
	    master_check(r, &config, master, f) < 0 || complete(c->json, master, f) < 0)
		return -1;
	return document_print(c->json, f);
}
