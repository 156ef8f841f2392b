/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoint record as JSON, both ways. */
#include "plugin/endpoint_json.h"

#include "cni/json.h"
#include "cni/json_write.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

static void put_netns(struct json_writer *w, const struct endpoint *e)
{
	json_begin(w, "netns");
	json_put_text(w, "path", e->netns_path);
	json_put_number(w, "dev", e->netns.dev);
	json_put_number(w, "inode", e->netns.inode);
	if (e->netns.cookie)
		json_put_number(w, "cookie", e->netns.cookie);
	json_end(w);
}

static void put_tap(struct json_writer *w, const struct endpoint *e)
{
	char mode[8];

	if (!e->tap.path)
		return;
	json_begin(w, "tap");
	json_put_text(w, "path", e->tap.path);
	json_put_number(w, "major", major(e->tap.number));
	json_put_number(w, "minor", minor(e->tap.number));
	json_put_number(w, "uid", e->tap.uid);
	json_put_number(w, "gid", e->tap.gid);
	snprintf(mode, sizeof mode, "%04o", e->tap.mode & 07777);
	json_put_text(w, "mode", mode);
	json_end(w);
}

static void put_taken(struct json_writer *w, const struct endpoint *e)
{
	char mac[MAC_TEXT];

	if (!e->taken.name)
		return;
	json_begin(w, "taken");
	json_put_text(w, "name", e->taken.name);
	json_put_number(w, "ifindex", e->taken.ifindex);
	json_put_text(w, "mac", mac_format(&e->taken.mac, mac));
	json_end(w);
}

char *endpoint_to_text(const struct endpoint *e)
{
	char mac[MAC_TEXT];
	OWNED(json_writer_release) struct json_writer w = { .text = NULL };

	json_begin(&w, NULL);
	json_put_number(&w, "version", e->version ? e->version : ENDPOINT_VERSION);
	json_put_text(&w, "state", e->ready ? "ready" : "adding");
	json_put_text(&w, "network", e->network);
	json_put_text(&w, "containerID", e->container_id);
	json_put_text(&w, "ifname", e->ifname);
	put_netns(&w, e);
	json_put_text(&w, "kind", e->kind);
	json_put_text(&w, "mode", e->mode);
	json_put_text(&w, "master", e->master);
	json_put_number(&w, "ifindex", e->ifindex);
	json_put_text(&w, "mac", mac_format(&e->mac, mac));
	json_put_number(&w, "mtu", e->mtu);
	json_put_number(&w, "queues", e->queues);
	put_tap(&w, e);
	put_taken(&w, e);
	json_put_value(&w, "ips", e->ips);
	json_put_value(&w, "routes", e->routes);
	json_put_value(&w, "dns", e->dns);
	json_put_text(&w, "addressOwner", e->address_owner);
	json_put_text(&w, "ipam", e->ipam);
	json_put_text(&w, "deviceID", e->device_id);
	json_put_text(&w, "cdi", e->cdi);
	if (e->vm_devices)
		json_put_true(&w, "vmDevices");
	json_put_text(&w, "created", e->created);
	json_end(&w);
	return json_writer_take(&w);
}

/* Numbers stay as they are spelled: a double would round what is beyond 2^53. */
static void numbers_keep(cJSON *node)
{
	for (; node; node = node->next) {
		if (cJSON_IsNumber(node))
			node->type = (node->type & ~0xff) | cJSON_Raw;
		numbers_keep(node->child);
	}
}

cJSON *endpoint_to_json(const struct endpoint *e)
{
	struct failure ignored = { 0 };
	OWNED(text_release) char *text = endpoint_to_text(e);
	cJSON *json = text ? json_parse(text, strlen(text), "our own", &ignored) : NULL;

	if (json)
		numbers_keep(json->child);
	return json;
}

/* A number that is out of range is noticed once, when all are read. */
struct reader {
	const cJSON *object;
	bool failed;
};

static uint64_t number_of(struct reader *r, const char *name, uint64_t max)
{
	const cJSON *member = json_member(r->object, name);
	int64_t value;

	if (!member)
		return 0;
	if (json_integer(member, &value) && value >= 0 && (uint64_t)value <= max)
		return (uint64_t)value;
	r->failed = true;
	return 0;
}

static uint32_t number32_of(struct reader *r, const char *name)
{
	return (uint32_t)number_of(r, name, UINT32_MAX);
}

static const char *text_of(const struct reader *r, const char *name)
{
	return json_string(json_member(r->object, name));
}

/* Octal digits, as chmod(1) takes them. */
static mode_t mode_of(struct reader *r, const char *name)
{
	const char *text = text_of(r, name);
	const size_t length = text ? strspn(text, "01234567") : 0;

	if (!text)
		return 0;
	r->failed |= length == 0 || length > 4 || text[length];
	return r->failed ? 0 : (mode_t)strtoul(text, NULL, 8);
}

static void read_taken(struct reader *r, struct endpoint *e)
{
	struct reader taken = { .object = json_member(r->object, "taken") };
	const char *mac = text_of(&taken, "mac");

	if (!taken.object)
		return;
	e->taken.name = text_of(&taken, "name");
	e->taken.ifindex = (uint32_t)number_of(&taken, "ifindex", INT32_MAX);
	r->failed |= taken.failed || !mac || !mac_parse(mac, &e->taken.mac);
}

static void read_identity(struct reader *r, struct endpoint *e)
{
	struct reader netns = { .object = json_member(r->object, "netns") };
	struct reader tap = { .object = json_member(r->object, "tap") };
	const char *state = text_of(r, "state"), *mac = text_of(r, "mac");

	e->ready = state && strcmp(state, "ready") == 0;
	e->network = text_of(r, "network");
	e->container_id = text_of(r, "containerID");
	e->ifname = text_of(r, "ifname");
	e->netns_path = text_of(&netns, "path");
	e->netns.dev = number_of(&netns, "dev", INT64_MAX);
	e->netns.inode = number_of(&netns, "inode", INT64_MAX);
	e->netns.cookie = number_of(&netns, "cookie", INT64_MAX);
	e->kind = text_of(r, "kind");
	e->ifindex = (uint32_t)number_of(r, "ifindex", INT32_MAX);
	e->tap.path = text_of(&tap, "path");
	e->tap.number = makedev(number32_of(&tap, "major"), number32_of(&tap, "minor"));
	e->cdi = text_of(r, "cdi");
	read_taken(r, e);
	r->failed |= netns.failed || tap.failed || !mac || !mac_parse(mac, &e->mac) ||
	             !e->network || !e->container_id || !e->ifname || !e->kind || !e->ifindex;
}

static void read_rest(struct reader *r, struct endpoint *e)
{
	struct reader tap = { .object = json_member(r->object, "tap") };

	e->mode = text_of(r, "mode");
	e->master = text_of(r, "master");
	e->mtu = number32_of(r, "mtu");
	e->queues = number32_of(r, "queues");
	e->tap.uid = number32_of(&tap, "uid");
	e->tap.gid = number32_of(&tap, "gid");
	e->tap.mode = mode_of(&tap, "mode");
	e->ips = json_member(r->object, "ips");
	e->routes = json_member(r->object, "routes");
	e->dns = json_member(r->object, "dns");
	e->address_owner = text_of(r, "addressOwner");
	e->ipam = text_of(r, "ipam");
	e->device_id = text_of(r, "deviceID");
	e->vm_devices = cJSON_IsTrue(json_member(r->object, "vmDevices"));
	e->created = text_of(r, "created");
	r->failed |= tap.failed;
}

int endpoint_from_json(cJSON *json, struct endpoint *e, struct failure *f)
{
	struct reader r = { .object = json };

	*e = (struct endpoint){ .version = number32_of(&r, "version"), .source = json };
	read_identity(&r, e);
	if (!endpoint_is_newer(e))
		read_rest(&r, e);
	if (r.failed)
		return fail(f, CNI_DECODE, "a member is missing, of another type or out of range",
		            "read an endpoint record");
	return 0;
}
