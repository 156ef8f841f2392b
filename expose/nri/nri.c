/* SPDX-License-Identifier: Apache-2.0 */
/* Answering a runtime's NRI requests. */
#include "expose/nri/nri.h"

#include "expose/common/daemon.h"
#include "expose/nri/arena.h"
#include "expose/nri/nri.pb-c.h"
#include "expose/nri/nri_answer.h"

#include <string.h>

/* Event n is bit n - 1. */
enum { CREATE_CONTAINER = 1 << (4 - 1), STOP_CONTAINER = 1 << (10 - 1) };
enum { REGISTRATION_STREAM = 1, UNIMPLEMENTED = 12 /* gRPC's code */ };

#define RUNTIME_SERVICE "nri.pkg.api.v1alpha1.Runtime"
#define PLUGIN_SERVICE  "nri.pkg.api.v1alpha1.Plugin"
/* The first bytes of the request that reports all pods and containers: two texts with tag and
 * length.
 */
#define SYNCHRONIZE "\x0a\x1b" PLUGIN_SERVICE "\x12\x0bSynchronize"
_Static_assert(sizeof PLUGIN_SERVICE - 1 == 0x1b, "the length in SYNCHRONIZE");
/* The field `payload` of a ttrpc request, and the fields of what it carries. */
enum { PAYLOAD = 3, PODS = 1, CONTAINERS = 2, MORE = 3 };

struct call {
	struct nri *nri;
	uint32_t stream;
	const ProtobufCBinaryData *payload;
	struct arena *arena;
};

static int configure(const struct call *c, struct failure *f)
{
	Nri__ConfigureResponse response;
	const Nri__ConfigureRequest *request = nri__configure_request__unpack(
	        &c->arena->allocator, c->payload->len, c->payload->data);

	if (!request)
		return fail(f, CNI_DECODE, "its configuration cannot be decoded",
		            "the runtime does not speak NRI");
	log_event("registered with %s %s", request->runtime_name, request->runtime_version);
	nri__configure_response__init(&response);
	response.events = CREATE_CONTAINER | (c->nri->service.stop ? STOP_CONTAINER : 0);
	return answer_send(c->nri->fd, c->stream, &response.base, f);
}

/* Unpacks a request that names a container and its pod. Returns NULL if it cannot. */
static const Nri__ContainerRequest *container_request(const struct call *c, const char *what,
                                                      struct failure *f)
{
	const Nri__ContainerRequest *request = nri__container_request__unpack(
	        &c->arena->allocator, c->payload->len, c->payload->data);

	if (request && request->pod && request->container)
		return request;
	fail(f, CNI_DECODE, "it cannot be decoded, or is too large", "the request to %s", what);
	return NULL;
}

static void log_left(const Nri__ContainerRequest *request, const struct failure *why)
{
	log_event("left as it is: container %s of pod %s/%s: %s: %s",
	          request ? request->container->name : "?",
	          request ? request->pod->namespace_ : "?", request ? request->pod->name : "?",
	          why->msg, why->details);
}

static int create(const struct call *c, struct failure *f)
{
	const struct nri_service *service = &c->nri->service;
	Nri__CreateContainerResponse nothing;
	struct taps taps = { .n = 0 };
	struct failure why = { 0 };
	const Nri__ContainerRequest *request = container_request(c, "create a container", &why);

	if (request && service->create(service->data, request, &taps, &why) == 0 && taps.n)
		return answer_devices(c->nri->fd, c->stream, request, &taps, f);
	if (why.code)
		log_left(request, &why);
	nri__create_container_response__init(&nothing);
	return answer_send(c->nri->fd, c->stream, &nothing.base, f);
}

static int stop(const struct call *c, struct failure *f)
{
	const struct nri_service *service = &c->nri->service;
	struct failure why = { 0 };
	const Nri__ContainerRequest *request = container_request(c, "stop a container", &why);

	if (!request || (service->stop && service->stop(service->data, request, &why) < 0))
		log_left(request, &why);
	return answer_send(c->nri->fd, c->stream, NULL, f);
}

static int shut_down(const struct call *c, struct failure *f)
{
	log_event("the runtime shuts down");
	return answer_send(c->nri->fd, c->stream, NULL, f);
}

static int acknowledge(const struct call *c, struct failure *f)
{
	return answer_send(c->nri->fd, c->stream, NULL, f);
}

static const struct method {
	const char *name;
	int (*answer)(const struct call *, struct failure *);
} methods[] = {
	{ "Configure", configure }, { "CreateContainer", create },  { "StopContainer", stop },
	{ "Shutdown", shut_down },  { "StateChange", acknowledge },
};

/* Pass on a pod or a container that there is. */
static void present(void *data, uint32_t field, const uint8_t *bytes, size_t length)
{
	OWNED(arena_release) struct arena arena = { .base = NULL };
	struct nri *n = data;
	const struct nri_service *service = &n->service;
	struct failure why = { 0 };
	const Nri__Pod *pod = NULL;
	const Nri__Container *container = NULL;

	if (bytes && arena_open(&arena, &why) == 0 && field == PODS)
		pod = nri__pod__unpack(&arena.allocator, length, bytes);
	else if (arena.base && field == CONTAINERS)
		container = nri__container__unpack(&arena.allocator, length, bytes);
	if (pod || container)
		service->present(service->data, pod, container);
	else
		n->left_out = true;
}

static void synchronization_begin(struct nri *n)
{
	protobuf_scan_release(&n->synchronization);
	n->synchronization = (struct protobuf_scan){ .outer = PAYLOAD,
		                                     .inner = MORE,
		                                     .part = n->service.present ? present : NULL,
		                                     .data = n };
}

/* Reads the report of all pods and containers. The response repeats its `more`. */
static int synchronize(void *data, const struct ttrpc_frame *frame, struct failure *f)
{
	struct nri *n = data;
	Nri__SynchronizeResponse response;

	if (!protobuf_scan_feed(&n->synchronization, frame->message, frame->length) ||
	    (frame->last && !protobuf_scan_complete(&n->synchronization)))
		return fail(f, CNI_DECODE, "its pods and containers cannot be decoded",
		            "the runtime does not speak NRI");
	if (!frame->last)
		return 0;
	nri__synchronize_response__init(&response);
	response.more = n->synchronization.found != 0;
	n->synchronized = !response.more;
	synchronization_begin(n);
	if (answer_send(n->fd, frame->stream, &response.base, f) < 0)
		return -1;
	if (!n->synchronized)
		return 0;
	log_event("ready");
	if (n->service.presented)
		n->service.presented(n->service.data, !n->left_out);
	return 0;
}

static int call_answer(const struct call *c, const struct ttrpc_request *request, struct failure *f)
{
	if (strcmp(request->service, PLUGIN_SERVICE) == 0)
		for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
			if (strcmp(request->method, methods[i].name) == 0)
				return methods[i].answer(c, f);
	log_event("the runtime asks for %s of %s, which is not offered", request->method,
	          request->service);
	return answer_refuse(c->nri->fd, c->stream, UNIMPLEMENTED, f);
}

static int on_request(void *data, const struct ttrpc_frame *frame, struct failure *f)
{
	OWNED(arena_release) struct arena arena = { .base = NULL };
	struct ttrpc_request request;

	if (arena_open(&arena, f) < 0)
		return -1;
	if (ttrpc_request_unpack(&request, frame, &arena.allocator, f) < 0)
		return -1;
	const struct call call = { data, frame->stream, &request.payload, &arena };
	return call_answer(&call, &request, f);
}

/* The registration is the only request of ours. */
static int on_response(void *data, const struct ttrpc_frame *frame, struct failure *f)
{
	OWNED(arena_release) struct arena arena = { .base = NULL };

	(void)data;
	if (arena_open(&arena, f) < 0)
		return -1;
	return ttrpc_response_check(frame, REGISTRATION_STREAM, "register with the runtime",
	                            &arena.allocator, f);
}

static int received(void *data, uint32_t connection, const uint8_t *bytes, size_t length,
                    struct failure *f)
{
	struct nri *n = data;

	return ttrpc_feed(connection == MUX_PLUGIN ? &n->plugin : &n->runtime, bytes, length, f);
}

int nri_open(struct nri *n, int fd, const char *name, const char *index, struct failure *f)
{
	Nri__RegisterPluginRequest registration;

	*n = (struct nri){
		.fd = fd,
		.service = n->service,
		.mux = { .received = received, .data = n },
		.plugin = { .type = TTRPC_REQUEST,
		            .passed = SYNCHRONIZE,
		            .passed_length = sizeof SYNCHRONIZE - 1,
		            .whole = on_request,
		            .piece = synchronize,
		            .data = n },
		.runtime = { .type = TTRPC_RESPONSE, .whole = on_response, .data = n },
	};
	synchronization_begin(n);
	nri__register_plugin_request__init(&registration);
	registration.plugin_name = text_lend(name);
	registration.plugin_idx = text_lend(index);
	return request_send(fd, REGISTRATION_STREAM, RUNTIME_SERVICE, "RegisterPlugin",
	                    &registration.base, f);
}

int nri_feed(struct nri *n, const uint8_t *bytes, size_t length, struct failure *f)
{
	return mux_feed(&n->mux, bytes, length, f);
}

void nri_release(struct nri *n)
{
	ttrpc_release(&n->plugin);
	ttrpc_release(&n->runtime);
	protobuf_scan_release(&n->synchronization);
}
