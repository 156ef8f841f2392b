/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoint record as JSON, both ways. Members it does not know are left alone by readers. */
#include "plugin/endpoint_json.h"

#include "cni/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

enum { RECORD_VERSION = 1 };

/* Adding a member to an object that runs out of memory is noticed once, when all are added. */
struct writer {
	cJSON *object;
	bool failed;
};

static void put(struct writer *w, const char *name, cJSON *value)
{
	if (!value || !cJSON_AddItemToObject(w->object, name, value)) {
		cJSON_Delete(value);
		w->failed = true;
	}
}

static void put_text(struct writer *w, const char *name, const char *text)
{
	if (text)
		put(w, name, cJSON_CreateString(text));
}

/* Written as it is spelled: a double would round what is beyond 2^53. */
static void put_number(struct writer *w, const char *name, uint64_t number)
{
	char text[24];
	snprintf(text, sizeof text, "%" PRIu64, number);
	put(w, name, cJSON_CreateRaw(text));
}

static void put_copy(struct writer *w, const char *name, const cJSON *value)
{
	if (value)
		put(w, name, cJSON_Duplicate(value, true));
}

static struct writer nested(struct writer *w, const char *name)
{
	struct writer inner = { .object = cJSON_CreateObject() };
	inner.failed = !inner.object;
	put(w, name, inner.object);
	return inner;
}

static void put_netns(struct writer *w, const struct endpoint *e)
{
	struct writer netns = nested(w, "netns");
	if (netns.failed)
		return;
	put_text(&netns, "path", e->netns_path);
	put_number(&netns, "dev", e->netns.dev);
	put_number(&netns, "inode", e->netns.inode);
	if (e->netns.cookie)
		put_number(&netns, "cookie", e->netns.cookie);
	w->failed |= netns.failed;
}

static void put_tap(struct writer *w, const struct endpoint *e)
{
	char mode[8];
	struct writer tap;

	if (!e->tap.path)
		return;
	tap = nested(w, "tap");
	if (tap.failed)
		return;
	put_text(&tap, "path", e->tap.path);
	put_number(&tap, "major", major(e->tap.number));
	put_number(&tap, "minor", minor(e->tap.number));
	put_number(&tap, "uid", e->tap.uid);
	put_number(&tap, "gid", e->tap.gid);
	snprintf(mode, sizeof mode, "%04o", e->tap.mode & 07777);
	put_text(&tap, "mode", mode);
	w->failed |= tap.failed;
}

static void put_taken(struct writer *w, const struct endpoint *e)
{
	char mac[MAC_TEXT];
	struct writer taken;

	if (!e->taken.name)
		return;
	taken = nested(w, "taken");
	if (taken.failed)
		return;
	put_text(&taken, "name", e->taken.name);
	put_number(&taken, "ifindex", e->taken.ifindex);
	put_text(&taken, "mac", mac_format(&e->taken.mac, mac));
	w->failed |= taken.failed;
}

cJSON *endpoint_to_json(const struct endpoint *e)
{
	char mac[MAC_TEXT];
	struct writer w = { .object = cJSON_CreateObject() };

	if (!w.object)
		return NULL;
	put_number(&w, "version", RECORD_VERSION);
	put_text(&w, "state", e->ready ? "ready" : "adding");
	put_text(&w, "network", e->network);
	put_text(&w, "containerID", e->container_id);
	put_text(&w, "ifname", e->ifname);
	put_netns(&w, e);
	put_text(&w, "kind", e->kind);
	put_text(&w, "mode", e->mode);
	put_text(&w, "master", e->master);
	put_number(&w, "ifindex", e->ifindex);
	put_text(&w, "mac", mac_format(&e->mac, mac));
	put_number(&w, "mtu", e->mtu);
	put_number(&w, "queues", e->queues);
	put_tap(&w, e);
	put_taken(&w, e);
	put_copy(&w, "ips", e->ips);
	put_copy(&w, "routes", e->routes);
	put_copy(&w, "dns", e->dns);
	put_text(&w, "addressOwner", e->address_owner);
	put_text(&w, "ipam", e->ipam);
	put_text(&w, "deviceID", e->device_id);
	put_text(&w, "cdi", e->cdi);
	if (e->vm_devices)
		put(&w, "vmDevices", cJSON_CreateTrue());
	put_text(&w, "created", e->created);
	if (w.failed)
		json_release(&w.object);
	return w.object;
}

static uint64_t number_of(const cJSON *object, const char *name)
{
	int64_t value;
	return json_integer(json_member(object, name), &value) && value >= 0 ? (uint64_t)value : 0;
}

static const char *text_of(const cJSON *object, const char *name)
{
	return json_string(json_member(object, name));
}

static void read_tap(const cJSON *tap, struct endpoint *e)
{
	const char *mode = text_of(tap, "mode");

	e->tap.path = text_of(tap, "path");
	e->tap.number =
	        makedev((unsigned)number_of(tap, "major"), (unsigned)number_of(tap, "minor"));
	e->tap.uid = (uid_t)number_of(tap, "uid");
	e->tap.gid = (gid_t)number_of(tap, "gid");
	e->tap.mode = mode ? (mode_t)strtoul(mode, NULL, 8) & 07777 : 0;
}

static void read_taken(const cJSON *taken, struct endpoint *e)
{
	const char *mac = text_of(taken, "mac");

	if (!mac || !mac_parse(mac, &e->taken.mac))
		return;
	e->taken.name = text_of(taken, "name");
	e->taken.ifindex = (uint32_t)number_of(taken, "ifindex");
}

int endpoint_from_json(cJSON *json, struct endpoint *e, struct failure *f)
{
	const char *state = text_of(json, "state"), *mac = text_of(json, "mac");
	const cJSON *netns = json_member(json, "netns");

	*e = (struct endpoint){
		.ready = state && strcmp(state, "ready") == 0,
		.network = text_of(json, "network"),
		.container_id = text_of(json, "containerID"),
		.ifname = text_of(json, "ifname"),
		.netns_path = text_of(netns, "path"),
		.netns = { number_of(netns, "dev"), number_of(netns, "inode"),
		           number_of(netns, "cookie") },
		.kind = text_of(json, "kind"),
		.mode = text_of(json, "mode"),
		.master = text_of(json, "master"),
		.ifindex = (uint32_t)number_of(json, "ifindex"),
		.mtu = (uint32_t)number_of(json, "mtu"),
		.queues = (uint32_t)number_of(json, "queues"),
		.ips = json_member(json, "ips"),
		.routes = json_member(json, "routes"),
		.dns = json_member(json, "dns"),
		.address_owner = text_of(json, "addressOwner"),
		.ipam = text_of(json, "ipam"),
		.device_id = text_of(json, "deviceID"),
		.cdi = text_of(json, "cdi"),
		.vm_devices = cJSON_IsTrue(json_member(json, "vmDevices")),
		.created = text_of(json, "created"),
		.source = json,
	};
	if (json_member(json, "tap"))
		read_tap(json_member(json, "tap"), e);
	if (json_member(json, "taken"))
		read_taken(json_member(json, "taken"), e);
	if (!mac || !mac_parse(mac, &e->mac) || !e->network || !e->container_id || !e->ifname ||
	    !e->kind || !e->ifindex)
		return fail(f, CNI_DECODE, "a member is missing or of another type",
		            "read an endpoint record");
	return 0;
}
