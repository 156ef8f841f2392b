/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration keys, their defaults, and their relations. */
#include "plugin/config.h"

#include "base/json.h"
#include "cni/result.h"
#include "ipam/ipam.h"

#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

static const struct word owner_words[] = {
	{ "pod", OWNER_POD },
	{ "guest", OWNER_GUEST },
	{ NULL, 0 },
};
static const struct word mac_words[] = {
	{ "stable", MAC_STABLE },
	{ NULL, 0 },
};
static const struct word dad_words[] = {
	{ "wait", DAD_WAIT }, { "fast", DAD_FAST }, { "optimistic", DAD_OPTIMISTIC },
	{ "off", DAD_OFF },   { NULL, 0 },
};
static const struct word owner_in_words[] = {
	{ "container", OWNER_IN_CONTAINER },
	{ "host", OWNER_IN_HOST },
	{ NULL, 0 },
};
static const struct word no_carrier_words[] = {
	{ "refuse", NO_CARRIER_REFUSE },
	{ "allow", NO_CARRIER_ALLOW },
	{ NULL, 0 },
};
static const struct word level_words[] = {
	{ "error", LOG_LEVEL_ERROR },
	{ "info", LOG_LEVEL_INFO },
	{ "debug", LOG_LEVEL_DEBUG },
	{ NULL, 0 },
};
static const struct word format_words[] = {
	{ "text", LOG_FORMAT_TEXT },
	{ "json", LOG_FORMAT_JSON },
	{ NULL, 0 },
};

/* The spelling of one sender in sourceMacs. */
static const struct key source_key = { "", KEY_MAC, .offset = 0 };

static int source_read(const struct key_scope *member, void *base)
{
	struct config *c = base;

	if (key_read(&source_key, member, &c->sources[c->n_sources]) < 0)
		return -1;
	c->n_sources++;
	return 0;
}

#define FIELD(member) .offset = offsetof(struct config, member)
static const struct key keys[] = {
	{ "master", KEY_IFNAME, FIELD(master), .max = MASTER_TEXT - 1 },
	{ "mode", KEY_WORD, FIELD(mode), .words = link_modes },
	{ "force", KEY_BOOL, FIELD(force) },
	{ "mtu", KEY_UINT, FIELD(mtu), .max = 65535 },
	{ "mac", KEY_MAC, FIELD(mac), .present = offsetof(struct config, has_mac),
	  .words = mac_words, .word = offsetof(struct config, mac_word) },
	{ "linkInContainer", KEY_BOOL, FIELD(link_in_container) },
	{ "bcqueuelen", KEY_UINT, FIELD(bcqueuelen), .max = BCQUEUELEN_MAX },
	{ "txQueueLen", KEY_UINT, FIELD(tx_queue), .max = TXQUEUELEN_MAX },
	{ "sourceMacs", KEY_LIST, .max = SOURCES_MAX, .member = &source_key, .each = source_read,
	  .wanted = "it must be a list of MAC addresses" },
	{ "queues", KEY_UINT, FIELD(queues), .min = 1, .max = QUEUES_MAX },
	{ "promiscMode", KEY_BOOL, FIELD(promisc) },
	{ "allmulti", KEY_BOOL, FIELD(allmulti) },
	{ "owner", KEY_UINT, FIELD(tap.uid), .max = UINT32_MAX - 1 },
	{ "group", KEY_UINT, FIELD(tap.gid), .max = UINT32_MAX - 1 },
	{ "ownerIn", KEY_WORD, FIELD(owner_in), .words = owner_in_words },
	{ "tapMode", KEY_OCTAL, FIELD(tap.mode), .max = 0777 },
	{ "addressOwner", KEY_WORD, FIELD(address_owner), .words = owner_words },
	{ "dad", KEY_WORD, FIELD(dad), .words = dad_words },
	{ "acd", KEY_BOOL, FIELD(acd) },
	{ "noCarrier", KEY_WORD, FIELD(no_carrier), .words = no_carrier_words },
	{ "hostAccess", KEY_BOOL, FIELD(host_access) },
	{ "antispoof", KEY_BOOL, FIELD(antispoof) },
	{ "allowDhcpServer", KEY_BOOL, FIELD(allow_dhcp_server) },
	{ "allowRouterAdvertisements", KEY_BOOL, FIELD(allow_router) },
	{ "ingressRate", KEY_LONG, FIELD(bandwidth.ingress_rate) },
	{ "ingressBurst", KEY_LONG, FIELD(bandwidth.ingress_burst) },
	{ "egressRate", KEY_LONG, FIELD(bandwidth.egress_rate) },
	{ "egressBurst", KEY_LONG, FIELD(bandwidth.egress_burst) },
	{ "deviceID", KEY_TEXT, FIELD(device_id) },
	{ "cdi", KEY_BOOL, FIELD(cdi) },
	{ "vmDevices", KEY_BOOL, FIELD(vm_devices) },
	{ "strictStatus", KEY_BOOL, FIELD(strict_status) },
	{ "gcWithoutList", KEY_BOOL, FIELD(gc_without_list) },
	{ "delWait", KEY_BOOL, FIELD(del_wait) },
	{ "logFile", KEY_PATH, FIELD(log_file) },
	{ "logLevel", KEY_WORD, FIELD(log_level), .words = level_words },
	{ "logFormat", KEY_WORD, FIELD(log_format), .words = format_words },
};
#undef FIELD

/* The keys that decide defaults, and the keys that other files decode. */
struct outline {
	uint32_t kind; /* of link_kind_words */
	const cJSON *ipam;
	const cJSON *dns;
	const cJSON *sysctl;
};
#define FIELD(member) .offset = offsetof(struct outline, member)
static const struct key outline_keys[] = {
	{ "link", KEY_WORD, FIELD(kind), .words = link_kind_words, .strict = true },
	{ "ipam", KEY_OBJECT, FIELD(ipam) },
	{ "dns", KEY_JSON, FIELD(dns) },
	{ "sysctl", KEY_OBJECT, FIELD(sysctl),
	  .wanted = "it must be an object of settings and values" },
};
#undef FIELD
enum {
	N_KEYS = sizeof keys / sizeof *keys,
	N_OUTLINE = sizeof outline_keys / sizeof *outline_keys
};

const struct key *config_key(size_t place)
{
	if (place < N_KEYS)
		return &keys[place];
	place -= N_KEYS;
	if (place < N_OUTLINE)
		return &outline_keys[place];
	return place == N_OUTLINE ? &ipam_timeout : NULL;
}

/* The CNI_ARGS keys that podtap uses or knows. Others need IgnoreUnknown. */
static const char *const known_args[] = { "IgnoreUnknown",
	                                  "MAC",
	                                  "IP",
	                                  "GATEWAY",
	                                  "K8S_POD_NAMESPACE",
	                                  "K8S_POD_NAME",
	                                  "K8S_POD_INFRA_CONTAINER_ID",
	                                  "K8S_POD_UID",
	                                  NULL };

const char *address_owner_name(enum address_owner owner)
{
	return owner_words[owner].text;
}

/* Set the defaults of the outline. The key link chooses the kind. Without it, "type": "macvlan"
 * makes a macvlan, and any other type a macvtap. */
static void outline_begin(struct outline *o, const cJSON *json)
{
	const char *type = json_string(json_member(json, "type"));

	*o = (struct outline){ .ipam = NULL };
	word_find(link_kind_words, type && strcmp(type, "macvlan") == 0 ? "macvlan" : "macvtap",
	          &o->kind);
}

static void set_defaults(struct config *c, const struct outline *o, const cJSON *json)
{
	const char *type = json_string(json_member(json, "type"));
	const struct link_kind *kind = link_kind_find(word_text(link_kind_words, o->kind));
	const uint32_t owner = type && strcmp(type, "macvtap") == 0 ? 107 : 0; /* user qemu */

	*c = (struct config){
		.kind = kind,
		.queues = 1,
		.allmulti = kind->tap,
		.del_wait = true,
		.tap = { owner, owner, 0600 },
		.log_level = LOG_LEVEL_INFO,
		.ipam = ipam_type(json),
	};
	/* A tap without IPAM is for a VM: the pod must not answer for the VM. */
	c->address_owner = kind->tap && !c->ipam ? OWNER_GUEST : OWNER_POD;
}

/* Read a MAC address from one of the places in which a runtime can put it. */
static int read_runtime_mac(struct config *c, const cJSON *value, const char *name,
                            struct failure *f)
{
	char text[64];

	if (!value)
		return 0;
	if (!json_string(value))
		return fail(f, CNI_CONFIG, "it must be a string", "%s is %s", name,
		            key_value_text(value, text, sizeof text));
	if (!*value->valuestring)
		return 0;
	c->has_mac = true;
	return key_mac_parse(name, value->valuestring, &c->mac, f);
}

/* Multus passes deviceID like this to a plugin that has the capability. */
static const struct key runtime_device = { "deviceID", KEY_TEXT,
	                                   .offset = offsetof(struct config, device_id) };

/* Read the arguments in ascending precedence: the configuration, CNI_ARGS, args.cni, runtimeConfig.
 */
static int read_arguments(struct config *c, const struct request *r, struct failure *f)
{
	const struct key_scope runtime = { json_member(r->json, "runtimeConfig"), "runtimeConfig",
		                           f };
	char text[64];

	if (args_check(r->args, known_args, f) < 0)
		return -1;
	int found = args_find(r->args, "MAC", text, sizeof text);
	if (found < 0)
		return fail(f, CNI_ENV, "its value is too long", "MAC in CNI_ARGS");
	if (found) {
		if (key_mac_parse("MAC in CNI_ARGS", text, &c->mac, f) < 0) {
			f->code = CNI_ENV;
			return -1;
		}
		c->has_mac = true;
	}
	if (read_runtime_mac(c, json_path(r->json, (const char *[]){ "args", "cni", "mac", NULL }),
	                     "args.cni.mac", f) < 0)
		return -1;
	if (read_runtime_mac(c,
	                     json_path(r->json, (const char *[]){ "runtimeConfig", "mac", NULL }),
	                     "runtimeConfig.mac", f) < 0)
		return -1;
	if (bandwidth_read(&c->bandwidth, runtime.object, f) < 0)
		return -1;
	return key_read(&runtime_device, &runtime, c);
}

int config_check_passthru(uint32_t mode, const char *master, struct failure *f)
{
	if (mode == MACVLAN_MODE_PASSTHRU && !*master)
		return fail(f, CNI_CONFIG,
		            "it takes the whole interface from the host: name it with master",
		            "mode passthru needs configuration key master");
	return 0;
}

/* With addressOwner guest only the guest answers on the link, so the pod must not configure it. */
static int check_guest(const struct config *c, struct failure *f)
{
	const struct sysctl *ra = sysctl_find(&c->sysctls, SETTINGS_IPV6, "accept_ra");

	if (c->address_owner != OWNER_GUEST || !ra || !ra->value)
		return 0;
	return fail(f, CNI_CONFIG,
	            "with addressOwner guest the link takes no address: leave it out, or choose "
	            "addressOwner pod",
	            "configuration key sysctl: net.ipv6.conf.IFNAME.accept_ra is \"%d\"",
	            ra->value);
}

int config_check_host_access(const struct config *c, uint32_t mode, struct failure *f)
{
	const char *why = NULL;

	if (!c->host_access)
		return 0;
	if (c->link_in_container)
		why = "with linkInContainer the master is the container's, and the host is not on "
		      "it";
	if (mode == MACVLAN_MODE_PASSTHRU)
		why = "in mode passthru the endpoint has the master's own MAC address and takes it "
		      "from "
		      "the host";
	if (mode == MACVLAN_MODE_SOURCE)
		why = "in mode source the endpoint hears only the senders in sourceMacs, so that "
		      "it "
		      "would never hear a new address of the host";
	return why ? fail(f, CNI_CONFIG, why, "configuration key hostAccess is true") : 0;
}

const char *config_guard_key(const struct config *c)
{
	return c->antispoof ? "antispoof" : bandwidth_key(&c->bandwidth);
}

int config_check_guard(const struct config *c, uint32_t mode, struct failure *f)
{
	const char *key = config_guard_key(c), *why = NULL;

	if (!key)
		return 0;
	if (c->link_in_container)
		why = "with linkInContainer the master is the container's, whose root can remove "
		      "what checks there";
	if (mode == MACVLAN_MODE_PASSTHRU)
		why = "in mode passthru the endpoint has the master's own MAC address, and can "
		      "change "
		      "it";
	if (c->antispoof && mode == MACVLAN_MODE_BRIDGE)
		why = "in mode bridge endpoints reach each other without passing the master, where "
		      "frames are checked: choose mode private, vepa or source";
	return why ? fail(f, CNI_CONFIG, why, "configuration key %s", key) : 0;
}

/* Refuse an exception from what is not asked for: it may be a mistake. */
static int check_exceptions(const struct config *c, struct failure *f)
{
	if (c->antispoof || (!c->allow_dhcp_server && !c->allow_router))
		return 0;
	return fail(f, CNI_CONFIG, "without antispoof every endpoint may",
	            "configuration key %s goes with antispoof",
	            c->allow_dhcp_server ? "allowDhcpServer" : "allowRouterAdvertisements");
}

/* Where no deviceID may name the mode, it is bridge unless it is configured. */
static int check_mode(const struct config *c, struct failure *f)
{
	if (config_check_passthru(c->mode, c->master, f) < 0)
		return -1;
	return config_check_guard(c, c->mode ? c->mode : MACVLAN_MODE_BRIDGE, f);
}

static int check_relations(const struct config *c, struct failure *f)
{
	if (c->mtu && c->mtu < 68)
		return fail(f, CNI_CONFIG, "IPv4 needs 68 at least; 0 takes the master's",
		            "configuration key mtu is %u", c->mtu);
	if (c->n_sources && c->mode != MACVLAN_MODE_SOURCE)
		return fail(f, CNI_CONFIG, "only mode source hears a list of senders",
		            "configuration key sourceMacs goes with mode source, not %s",
		            word_text(link_modes, c->mode ? c->mode : MACVLAN_MODE_BRIDGE));
	if (c->cdi && !c->kind->tap)
		return fail(f, CNI_CONFIG, "a macvlan has no device to hand over",
		            "configuration key cdi goes with a macvtap");
	if (config_check_host_access(c, c->mode, f) < 0 || check_exceptions(c, f) < 0)
		return -1;
	return check_guest(c, f);
}

static int read_dns(struct config *c, const cJSON *dns, struct failure *f)
{
	bool empty;

	if (dns_check(dns, "configuration", CNI_CONFIG, &empty, f) < 0)
		return -1;
	c->dns = empty ? NULL : dns;
	return 0;
}

/* Read all keys. The outline comes first, because it decides some defaults. */
static int read_keys(struct config *c, const struct request *r, struct failure *f)
{
	const struct key_scope top = { r->json, "", f };
	uint32_t ipam_seconds; /* checked here; ipam/ uses it */
	struct outline outline;

	outline_begin(&outline, r->json);
	if (keys_read(outline_keys, N_OUTLINE, &top, &outline) < 0)
		return -1;
	const cJSON *type = json_member(outline.ipam, "type");
	if (type && !json_string(type))
		return fail(f, CNI_CONFIG, "it must be a string", "configuration key ipam.type");
	set_defaults(c, &outline, r->json);
	if (keys_read(keys, N_KEYS, &top, c) < 0 || read_dns(c, outline.dns, f) < 0 ||
	    key_read(&ipam_timeout, &top, &ipam_seconds) < 0 ||
	    sysctls_read(&c->sysctls, outline.sysctl, r->ifname, f) < 0)
		return -1;
	return check_relations(c, f);
}

int config_read(struct config *c, const struct request *r, bool arguments, struct failure *f)
{
	if (read_keys(c, r, f) < 0)
		return -1;
	if ((arguments && read_arguments(c, r, f) < 0) || bandwidth_check(&c->bandwidth, f) < 0)
		return -1;
	return c->device_id ? 0 : check_mode(c, f);
}

void config_read_leniently(struct config *c, const struct request *r)
{
	struct failure ignored = { 0 };
	const struct key_scope top = { r->json, "", &ignored };
	struct outline outline;

	outline_begin(&outline, r->json);
	keys_read_leniently(outline_keys, N_OUTLINE, &top, &outline);
	set_defaults(c, &outline, r->json);
	keys_read_leniently(keys, N_KEYS, &top, c);
	c->device_id = config_device_id(r);
}

const char *config_device_id(const struct request *r)
{
	const char *id = json_string(
	        json_member(json_member(r->json, "runtimeConfig"), runtime_device.name));

	return id && *id ? id : json_string(json_member(r->json, runtime_device.name));
}
