/* SPDX-License-Identifier: Apache-2.0 */
/* Answering the kubelet's calls. */
#include "expose/device-plugin/device_pool.h"

#include "expose/device-plugin/deviceplugin.pb-c.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes: a device's name, and that name as a CDI device. */
enum { DEVICE_TEXT = 80, CDI_TEXT = 96, ASKED_MAX = 10000 };
static const char infix[] = "Mvp";

static void refuse(struct grpc_answer *a, enum grpc_code code, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

static void refuse(struct grpc_answer *a, enum grpc_code code, const char *fmt, ...)
{
	va_list ap;

	a->code = code;
	va_start(ap, fmt);
	vsnprintf(a->text, sizeof a->text, fmt, ap);
	va_end(ap);
}

static void answer(struct grpc_answer *a, const ProtobufCMessage *message)
{
	a->frame = grpc_frame_pack(message, &a->length);
}

static void options_get(void *service, const uint8_t *request, size_t length, struct grpc_answer *a)
{
	const V1beta1__DevicePluginOptions options = V1BETA1__DEVICE_PLUGIN_OPTIONS__INIT;

	(void)service;
	(void)request;
	(void)length;
	answer(a, &options.base); /* the kubelet need not call the two optional methods */
}

/* PreStartContainer and GetPreferredAllocation: nothing to do, no device is preferred. */
static void nothing(void *service, const uint8_t *request, size_t length, struct grpc_answer *a)
{
	const V1beta1__Empty empty = V1BETA1__EMPTY__INIT;

	(void)service;
	(void)request;
	(void)length;
	answer(a, &empty.base);
}

struct listed {
	V1beta1__Device device;
	char id[DEVICE_TEXT];
};

static void devices_list(void *service, const uint8_t *request, size_t length,
                         struct grpc_answer *a)
{
	char healthy[] = "Healthy", unhealthy[] = "Unhealthy";
	const struct device_pool *d = service;
	V1beta1__ListAndWatchResponse response = V1BETA1__LIST_AND_WATCH_RESPONSE__INIT;
	struct listed *all = calloc(d->capacity, sizeof *all);

	(void)request;
	(void)length;
	response.devices = calloc(d->capacity, sizeof *response.devices);
	response.n_devices = d->capacity;
	for (uint32_t i = 0; all && response.devices && i < d->capacity; i++) {
		v1beta1__device__init(&all[i].device);
		snprintf(all[i].id, sizeof all[i].id, "%s%s%u", d->name, infix, i);
		all[i].device.id = all[i].id;
		all[i].device.health = d->healthy ? healthy : unhealthy;
		response.devices[i] = &all[i].device;
	}
	if (all && response.devices)
		answer(a, &response.base);
	free(response.devices);
	free(all);
}

/* Returns whether a device has this name, spelled as ListAndWatch spells it. */
static bool is_offered(const struct device_pool *d, const char *id)
{
	const size_t name = strlen(d->name);
	char spelled[DEVICE_TEXT], *end;

	if (strncmp(id, d->name, name) != 0 || strncmp(id + name, infix, strlen(infix)) != 0)
		return false;
	const unsigned long number = strtoul(id + name + strlen(infix), &end, 10);
	if (number >= d->capacity)
		return false;
	snprintf(spelled, sizeof spelled, "%s%s%lu", d->name, infix, number);
	return strcmp(spelled, id) == 0;
}

struct allocated {
	V1beta1__CDIDevice device;
	char name[CDI_TEXT];
};

/* The parts of an answer, in the order of the request. */
struct allocation {
	V1beta1__ContainerAllocateResponse *containers, **container_at;
	struct allocated *devices;
	V1beta1__CDIDevice **device_at;
};

static void allocation_release(struct allocation *a)
{
	free(a->containers);
	free(a->container_at);
	free(a->devices);
	free(a->device_at);
}

static bool allocation_begin(struct allocation *a, size_t containers, size_t devices)
{
	*a = (struct allocation){ .containers = calloc(containers + 1, sizeof *a->containers) };
	a->container_at = calloc(containers + 1, sizeof(void *));
	a->devices = calloc(devices + 1, sizeof *a->devices);
	a->device_at = calloc(devices + 1, sizeof(void *));
	return a->containers && a->container_at && a->devices && a->device_at;
}

/* Fills in the CDI devices of one container's request, from row `at` on. */
static void container_allocate(struct allocation *a, const V1beta1__ContainerAllocateRequest *asked,
                               V1beta1__ContainerAllocateResponse *given, size_t at)
{
	v1beta1__container_allocate_response__init(given);
	given->cdi_devices = a->device_at + at;
	given->n_cdi_devices = asked->n_device_ids;
	for (size_t i = 0; i < asked->n_device_ids; i++, at++) {
		v1beta1__cdidevice__init(&a->devices[at].device);
		snprintf(a->devices[at].name, CDI_TEXT, "podtap.dev/tap=%s", asked->device_ids[i]);
		a->devices[at].device.name = a->devices[at].name;
		a->device_at[at] = &a->devices[at].device;
	}
}

/* Counts the requested devices. Returns false after it refused the request. */
static bool request_check(const struct device_pool *d, const V1beta1__AllocateRequest *r,
                          size_t *count, struct grpc_answer *a)
{
	*count = 0;
	for (size_t i = 0; i < r->n_container_requests; i++) {
		const V1beta1__ContainerAllocateRequest *c = r->container_requests[i];
		*count += c->n_device_ids;
		for (size_t k = 0; k < c->n_device_ids; k++)
			if (!is_offered(d, c->device_ids[k])) {
				refuse(a, GRPC_NOT_FOUND, "%s has no device %.64s", d->name,
				       c->device_ids[k]);
				return false;
			}
	}
	if (*count > ASKED_MAX || r->n_container_requests > ASKED_MAX)
		refuse(a, GRPC_INVALID_ARGUMENT, "%zu devices for %zu containers are too many",
		       *count, r->n_container_requests);
	return a->code == GRPC_OK;
}

static void request_answer(const V1beta1__AllocateRequest *r, struct allocation *rows,
                           struct grpc_answer *a)
{
	V1beta1__AllocateResponse response = V1BETA1__ALLOCATE_RESPONSE__INIT;
	size_t at = 0;

	for (size_t i = 0; i < r->n_container_requests; i++) {
		container_allocate(rows, r->container_requests[i], &rows->containers[i], at);
		rows->container_at[i] = &rows->containers[i];
		at += r->container_requests[i]->n_device_ids;
	}
	response.n_container_responses = r->n_container_requests;
	response.container_responses = rows->container_at;
	answer(a, &response.base);
}

static void devices_allocate(void *service, const uint8_t *request, size_t length,
                             struct grpc_answer *a)
{
	ProtobufCMessage *message =
	        grpc_unpack(&v1beta1__allocate_request__descriptor, request, length);
	const V1beta1__AllocateRequest *asked = (V1beta1__AllocateRequest *)message;
	OWNED(allocation_release) struct allocation rows = { .devices = NULL };
	size_t count;

	if (!message) {
		refuse(a, GRPC_INVALID_ARGUMENT, "the message is no AllocateRequest, or too much");
		return;
	}
	if (request_check(service, asked, &count, a) &&
	    allocation_begin(&rows, asked->n_container_requests, count))
		request_answer(asked, &rows, a);
	grpc_unpacked_release(message);
}

const struct grpc_method device_pool_methods[] = {
	{ "/v1beta1.DevicePlugin/GetDevicePluginOptions", false, options_get },
	{ "/v1beta1.DevicePlugin/ListAndWatch", true, devices_list },
	{ "/v1beta1.DevicePlugin/Allocate", false, devices_allocate },
	{ "/v1beta1.DevicePlugin/PreStartContainer", false, nothing },
	{ "/v1beta1.DevicePlugin/GetPreferredAllocation", false, nothing },
	{ NULL, false, NULL },
};

uint8_t *registration_pack(const char *endpoint, const char *resource, size_t *length)
{
	V1beta1__DevicePluginOptions options = V1BETA1__DEVICE_PLUGIN_OPTIONS__INIT;
	V1beta1__RegisterRequest request;
	char version[] = "v1beta1";
	OWNED(text_release) char *endpoint_text = strdup(endpoint);
	OWNED(text_release) char *resource_text = strdup(resource);

	if (!endpoint_text || !resource_text)
		return NULL;
	v1beta1__register_request__init(&request);
	request.version = version;
	request.endpoint = endpoint_text;
	request.resource_name = resource_text;
	request.options = &options;
	return grpc_frame_pack(&request.base, length);
}
