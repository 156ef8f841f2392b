/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoint record as JSON: writing and reading. */
#include "record/endpoint.h"

#include "base/json.h"
#include "base/span.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

/* A writer remembers that memory ran out, and reports it once, after all members. Names are not
 * copied, because they are literals. */
struct writer {
	cJSON *object;
	bool failed;
};

static void put(struct writer *w, const char *name, cJSON *value)
{
	if (!value || !cJSON_AddItemToObjectCS(w->object, name, value)) {
		cJSON_Delete(value);
		w->failed = true;
	}
}

static void put_text(struct writer *w, const char *name, const char *text)
{
	if (text)
		put(w, name, cJSON_CreateString(text));
}

/* Write the number as text: a double would round numbers beyond 2^53. */
static void put_number(struct writer *w, const char *name, uint64_t value)
{
	char text[NUMBER_TEXT];
	put(w, name, cJSON_CreateRaw(number_format(value, text)));
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
	if (e->tap.owner != e->tap.uid || e->tap.group != e->tap.gid) {
		put_number(&tap, "owner", e->tap.owner);
		put_number(&tap, "group", e->tap.group);
	}
	snprintf(mode, sizeof mode, "%04o", e->tap.mode & 07777);
	put_text(&tap, "mode", mode);
	w->failed |= tap.failed;
}

static void put_taken(struct writer *w, const struct endpoint *e)
{
	char mac[MAC_TEXT];
	struct writer taken;

	if (!e->host_link.name)
		return;
	taken = nested(w, "taken");
	if (taken.failed)
		return;
	put_text(&taken, "name", e->host_link.name);
	put_number(&taken, "ifindex", e->host_link.ifindex);
	put_text(&taken, "mac", mac_format(&e->host_link.mac, mac));
	w->failed |= taken.failed;
}

/* Put an interface whose program has an entry of the endpoint. */
static void put_interface(struct writer *w, const char *name, uint32_t ifindex)
{
	struct writer interface;

	if (!ifindex)
		return;
	interface = nested(w, name);
	if (interface.failed)
		return;
	put_number(&interface, "ifindex", ifindex);
	w->failed |= interface.failed;
}

static void put_pod(struct writer *w, const struct endpoint *e)
{
	struct writer pod;

	if (!e->pod.name)
		return;
	pod = nested(w, "pod");
	if (pod.failed)
		return;
	put_text(&pod, "namespace", e->pod.space);
	put_text(&pod, "name", e->pod.name);
	put_text(&pod, "uid", e->pod.uid);
	w->failed |= pod.failed;
}

static void put_borrowed(struct writer *w, const char *name, const char *text)
{
	put(w, name, cJSON_CreateStringReference(text));
}

/* The configuration is a text: a reader of the record then makes one node of it, and a delegate
 * gets the same bytes again. */
static void put_call(struct writer *w, const struct endpoint *e)
{
	struct writer call;

	if (!e->call.config ||
	    strlen(e->call.config) + strlen(e->call.args) + strlen(e->call.path) >
	            ENDPOINT_CALL_MAX)
		return;
	call = nested(w, "call");
	if (call.failed)
		return;
	put_borrowed(&call, "args", e->call.args);
	put_borrowed(&call, "path", e->call.path);
	put_borrowed(&call, "config", e->call.config);
	w->failed |= call.failed;
}

static void put_link(struct writer *w, const struct endpoint *e)
{
	char mac[MAC_TEXT];

	put_text(w, "kind", e->kind);
	put_text(w, "mode", e->mode);
	put_text(w, "master", e->master);
	put_number(w, "ifindex", e->ifindex);
	put_text(w, "mac", mac_format(&e->mac, mac));
	put_number(w, "mtu", e->mtu);
	put_number(w, "queues", e->queues);
}

cJSON *endpoint_to_json(const struct endpoint *e)
{
	struct writer w = { .object = cJSON_CreateObject() };

	if (!w.object)
		return NULL;
	put_number(&w, "version", e->version ? e->version : ENDPOINT_VERSION);
	put_text(&w, "state", e->ready ? "ready" : e->repairing ? "repairing" : "adding");
	put_text(&w, "network", e->network);
	put_text(&w, "containerID", e->container_id);
	put_text(&w, "ifname", e->ifname);
	put_netns(&w, e);
	put_link(&w, e);
	put_tap(&w, e);
	put_taken(&w, e);
	put_interface(&w, "hostAccess", e->host_access);
	put_interface(&w, "guard", e->guard);
	put_copy(&w, "ips", e->ips);
	put_copy(&w, "routes", e->routes);
	put_copy(&w, "dns", e->dns);
	if (e->sysctls && e->sysctls->child)
		put_copy(&w, "sysctl", e->sysctls);
	put_text(&w, "addressOwner", e->address_owner);
	put_text(&w, "ipam", e->ipam);
	put_text(&w, "deviceID", e->device_id);
	put_text(&w, "cdi", e->cdi);
	if (e->vm_devices)
		put(&w, "vmDevices", cJSON_CreateTrue());
	put_pod(&w, e);
	put_text(&w, "created", e->created);
	put_call(&w, e);
	if (w.failed)
		json_release(&w.object);
	return w.object;
}

/* A reader remembers that a number is out of range, and reports it once, after all members. */
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

/* Read octal digits, as for chmod(1). */
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
	e->host_link.name = text_of(&taken, "name");
	e->host_link.ifindex = (uint32_t)number_of(&taken, "ifindex", INT32_MAX);
	r->failed |= taken.failed || !mac || !mac_parse(mac, &e->host_link.mac);
}

static uint32_t interface_of(struct reader *r, const char *name)
{
	struct reader interface = { .object = json_member(r->object, name) };
	const uint32_t ifindex = (uint32_t)number_of(&interface, "ifindex", INT32_MAX);

	r->failed |= interface.failed;
	return ifindex;
}

static void read_call(const struct reader *r, struct endpoint *e)
{
	const struct reader call = { .object = json_member(r->object, "call") };

	e->call.args = text_of(&call, "args");
	e->call.path = text_of(&call, "path");
	e->call.config = e->call.args && e->call.path ? text_of(&call, "config") : NULL;
}

static void read_identity(struct reader *r, struct endpoint *e)
{
	struct reader netns = { .object = json_member(r->object, "netns") };
	struct reader tap = { .object = json_member(r->object, "tap") };
	const char *state = text_of(r, "state"), *mac = text_of(r, "mac");

	e->ready = state && strcmp(state, "ready") == 0;
	e->repairing = state && strcmp(state, "repairing") == 0;
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
	e->host_access = interface_of(r, "hostAccess");
	e->guard = interface_of(r, "guard");
	read_call(r, e);
	r->failed |= netns.failed || tap.failed || !mac || !mac_parse(mac, &e->mac) ||
	             !e->network || !e->container_id || !e->ifname || !e->kind || !e->ifindex;
}

static void read_rest(struct reader *r, struct endpoint *e)
{
	struct reader tap = { .object = json_member(r->object, "tap") };
	const struct reader pod = { .object = json_member(r->object, "pod") };

	e->mode = text_of(r, "mode");
	e->master = text_of(r, "master");
	e->mtu = number32_of(r, "mtu");
	e->queues = number32_of(r, "queues");
	e->tap.uid = number32_of(&tap, "uid");
	e->tap.gid = number32_of(&tap, "gid");
	const bool mapped = json_member(tap.object, "owner") != NULL;
	e->tap.owner = mapped ? number32_of(&tap, "owner") : e->tap.uid;
	e->tap.group = mapped ? number32_of(&tap, "group") : e->tap.gid;
	e->tap.mode = mode_of(&tap, "mode");
	e->ips = json_member(r->object, "ips");
	e->routes = json_member(r->object, "routes");
	e->dns = json_member(r->object, "dns");
	e->sysctls = json_member(r->object, "sysctl");
	e->address_owner = text_of(r, "addressOwner");
	e->ipam = text_of(r, "ipam");
	e->device_id = text_of(r, "deviceID");
	e->vm_devices = cJSON_IsTrue(json_member(r->object, "vmDevices"));
	e->pod.space = text_of(&pod, "namespace");
	e->pod.name = text_of(&pod, "name");
	e->pod.uid = text_of(&pod, "uid");
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
