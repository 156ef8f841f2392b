/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC: whatever a client or a kubelet sends, it ends, is within its bounds, and what is given out
 * was offered.
 *
 * Reads with: expose/grpc/grpc_session.c expose/grpc/grpc_frame.c expose/grpc/grpc_client.c
 * expose/grpc/grpc_transport.c expose/device-plugin/device_pool.c */
#include "expose/device-plugin/device_pool.h"
#include "expose/device-plugin/deviceplugin.pb-c.h"
#include "expose/grpc/grpc_session.h"
#include "expose/grpc/grpc_transport.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/socket.h>

static struct device_pool devices = { "a", 3, true };
static const struct grpc_service service = { device_pool_methods, &devices };

/* Takes what the session says to nobody. */
static void session_drain(struct grpc_session *s)
{
	const uint8_t *bytes;

	while (nghttp2_session_mem_send(s->http, &bytes) > 0)
		continue;
}

static void session_feed(struct grpc_session *s, const uint8_t *data, size_t size)
{
	if (nghttp2_session_mem_recv(s->http, data, size) >= 0)
		session_drain(s);
}

/* A client's bytes, in two parts, between which the devices' health changes. */
static void connection(const uint8_t *data, size_t size)
{
	struct grpc_session s;

	PROMISE(grpc_session_begin(&s, &service) == 0);
	session_feed(&s, data, size / 2);
	devices.healthy = !devices.healthy;
	grpc_session_renew(&s);
	session_feed(&s, data + size / 2, size - size / 2);
	PROMISE(s.open <= GRPC_STREAMS_MAX);
	grpc_session_release(&s);
}

/* The same after a client's preface. */
static void client(const uint8_t *data, size_t size)
{
	static const char preface[] = NGHTTP2_CLIENT_MAGIC "\0\0\0\4\0\0\0\0";
	uint8_t *whole = malloc(sizeof preface + size);

	PROMISE(whole);
	memcpy(whole, preface, sizeof preface);
	memcpy(whole + sizeof preface, data, size);
	connection(whole, sizeof preface + size);
	free(whole);
}

/* What Allocate answered names devices that there are. */
static void allocation_check(const struct grpc_answer *a)
{
	V1beta1__AllocateResponse *r = (V1beta1__AllocateResponse *)grpc_unpack(
	        &v1beta1__allocate_response__descriptor, a->frame + GRPC_HEAD,
	        a->length - GRPC_HEAD);
	unsigned number;
	char rest;

	PROMISE(r || a->length > GRPC_MESSAGE_MAX / 8);
	for (size_t i = 0; r && i < r->n_container_responses; i++)
		for (size_t k = 0; k < r->container_responses[i]->n_cdi_devices; k++)
			PROMISE(sscanf(r->container_responses[i]->cdi_devices[k]->name,
			               "podtap.dev/tap=aMvp%u%c", &number, &rest) == 1 &&
			        number < devices.capacity);
	if (r)
		grpc_unpacked_release(&r->base);
}

/* Frames, in pieces, and the method the message is for. */
static void call(const uint8_t *data, size_t size)
{
	struct grpc_incoming in = { .used = 0 };
	struct grpc_answer answer = { .code = GRPC_OK };
	const struct grpc_method *method = &device_pool_methods[size ? data[0] % 5 : 0];
	const char *why = NULL;
	size_t at = size ? 1 : 0, part = 1;

	for (; at < size; at += part, part = 3 * part) {
		if (part > size - at)
			part = size - at;
		if (grpc_incoming_feed(&in, data + at, part, &why) != GRPC_OK) {
			PROMISE(why);
			break;
		}
	}
	PROMISE(in.used <= size && in.room <= 2 * size + 256);
	if (at >= size && grpc_incoming_whole(&in)) {
		method->call(&devices, in.message, in.used, &answer);
		PROMISE((answer.code == GRPC_OK) == (answer.frame != NULL));
		if (answer.frame && method == &device_pool_methods[2])
			allocation_check(&answer);
	}
	free(answer.frame);
	grpc_incoming_release(&in);
}

static void on_ended(void *owner, const struct grpc_outcome *outcome)
{
	struct loop *loop = owner;

	PROMISE(outcome->code >= -1 && outcome->code <= 999 &&
	        strlen(outcome->text) < sizeof outcome->text);
	loop->ended = true;
}

static int socket_listen(const char *path)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;

	PROMISE(socket_address(path, &address));
	unlink(path);
	PROMISE(bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 1) == 0);
	return fd;
}

/* A kubelet's answer to a registration, which stays to hear the reply or does not. */
static void registration(const uint8_t *data, size_t size, bool stays)
{
	const int listener = socket_listen("kubelet.sock");
	struct grpc_client_call c = { .ended = on_ended };
	struct failure f = { 0 };
	struct loop loop;
	size_t length;

	PROMISE(loop_open(&loop, &f) == 0);
	c.owner = &loop;
	uint8_t *request = registration_pack("a.sock", "example.com/a", &length);
	PROMISE(grpc_call_begin(&c, &loop, "kubelet.sock", "/v1beta1.Registration/Register",
	                        request, length, &f) == 0);
	const int fd = accept(listener, NULL, NULL);
	PROMISE(send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT) >= -1);
	if (stays)
		shutdown(fd, SHUT_WR);
	else
		close(fd);
	PROMISE(loop_run(&loop, &f) == 0 && !c.running);
	if (stays)
		close(fd);
	close(listener);
	loop_release(&loop);
}

static void kubelet(const uint8_t *data, size_t size)
{
	registration(data, size, true);
}

static void kubelet_gone(const uint8_t *data, size_t size)
{
	registration(data, size, false);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	directory_enter("PODTAP_STATE_DIR");
	return 0;
}

/* The first byte says who sends the rest. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const senders[])(const uint8_t *, size_t) = { connection, client, call,
		                                                    kubelet, kubelet_gone };

	if (size > 0)
		senders[data[0] % (sizeof senders / sizeof *senders)](data + 1, size - 1);
	return 0;
}
