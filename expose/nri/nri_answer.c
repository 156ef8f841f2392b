/* SPDX-License-Identifier: Apache-2.0 */
/* Packing and sending what a plugin says. */
#include "expose/nri/nri_answer.h"

#include "base/bytes.h"
#include "expose/common/daemon.h"
#include "expose/nri/mux.h"
#include "expose/nri/nri.pb-c.h"
#include "expose/nri/ttrpc.h"
#include "expose/nri/ttrpc.pb-c.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

struct bytes {
	uint8_t *at; /* owned */
	size_t length;
};

static void bytes_release(struct bytes *b)
{
	free(b->at);
	b->at = NULL;
}

/* Packs a message behind some room for a header. */
static int message_pack(struct bytes *b, size_t header, const ProtobufCMessage *message,
                        struct failure *f)
{
	b->length = header + (message ? protobuf_c_message_get_packed_size(message) : 0);
	b->at = malloc(b->length + 1); /* never none */
	if (!b->at)
		return fail_errno(f, ENOMEM, "answer the runtime");
	if (message)
		protobuf_c_message_pack(message, b->at + header);
	return 0;
}

/* Sends a message as one ttrpc frame, in as many pieces as the peer's buffer asks for. */
static int frame_send(int fd, uint32_t connection, uint32_t stream, enum ttrpc_type type,
                      const ProtobufCMessage *message, struct failure *f)
{
	OWNED(bytes_release) struct bytes frame = { .at = NULL };
	uint8_t piece[MUX_HEADER + MUX_PIECE];

	if (message_pack(&frame, TTRPC_HEADER, message, f) < 0)
		return -1;
	ttrpc_header(frame.at, stream, type, (uint32_t)(frame.length - TTRPC_HEADER));
	for (size_t at = 0, n; at < frame.length; at += n) {
		n = frame.length - at < MUX_PIECE ? frame.length - at : MUX_PIECE;
		mux_header(piece, connection, (uint32_t)n);
		memcpy(piece + MUX_HEADER, frame.at + at, n);
		if (bytes_write(fd, piece, MUX_HEADER + n) < 0)
			return fail(f, CNI_IO,
			            errno == EAGAIN ? "it does not take it" : strerror(errno),
			            "send to the runtime");
	}
	return 0;
}

int request_send(int fd, uint32_t stream, const char *service, const char *method,
                 const ProtobufCMessage *message, struct failure *f)
{
	OWNED(bytes_release) struct bytes payload = { .at = NULL };
	Ttrpc__Request request;

	if (message_pack(&payload, 0, message, f) < 0)
		return -1;
	ttrpc__request__init(&request);
	request.service = text_lend(service);
	request.method = text_lend(method);
	request.payload = (ProtobufCBinaryData){ payload.length, payload.at };
	return frame_send(fd, MUX_RUNTIME, stream, TTRPC_REQUEST, &request.base, f);
}

int answer_send(int fd, uint32_t stream, const ProtobufCMessage *message, struct failure *f)
{
	OWNED(bytes_release) struct bytes payload = { .at = NULL };
	Ttrpc__Response response;

	if (message_pack(&payload, 0, message, f) < 0)
		return -1;
	ttrpc__response__init(&response);
	response.payload = (ProtobufCBinaryData){ payload.length, payload.at };
	return frame_send(fd, MUX_PLUGIN, stream, TTRPC_RESPONSE, &response.base, f);
}

int answer_refuse(int fd, uint32_t stream, int code, struct failure *f)
{
	Ttrpc__Status status;
	Ttrpc__Response response;

	ttrpc__status__init(&status);
	ttrpc__response__init(&response);
	status.code = code;
	status.message = text_lend("podtap-nri does not offer this");
	response.status = &status;
	return frame_send(fd, MUX_PLUGIN, stream, TTRPC_RESPONSE, &response.base, f);
}

/* A device as NRI has it, with the messages it points to. */
struct device_message {
	Nri__Device device;
	Nri__Optional mode, uid, gid;
};

static void device_fill(struct device_message *m, const struct device *d)
{
	nri__device__init(&m->device);
	nri__optional__init(&m->mode);
	nri__optional__init(&m->uid);
	nri__optional__init(&m->gid);
	m->mode.value = d->access.mode;
	m->uid.value = d->access.uid;
	m->gid.value = d->access.gid;
	m->device.path = text_lend(d->path);
	m->device.type = text_lend("c");
	m->device.major = major(d->number);
	m->device.minor = minor(d->number);
	m->device.file_mode = &m->mode;
	m->device.uid = &m->uid;
	m->device.gid = &m->gid;
}

int answer_devices(int fd, uint32_t stream, const struct Nri__CreateContainerRequest *request,
                   const struct taps *taps, struct failure *f)
{
	struct device_message messages[TAPS_DEVICES_MAX];
	Nri__Device *devices[TAPS_DEVICES_MAX];
	Nri__AdjustmentLinux system;
	Nri__Adjustment adjustment;
	Nri__CreateContainerResponse response;

	for (size_t i = 0; i < taps->n; i++) {
		const struct device *d = &taps->device[i];
		device_fill(&messages[i], d);
		devices[i] = &messages[i].device;
		say("container %s of pod %s/%s gets %s (%u:%u)", request->container->name,
		    request->pod->namespace_, request->pod->name, d->path, major(d->number),
		    minor(d->number));
	}
	nri__adjustment_linux__init(&system);
	nri__adjustment__init(&adjustment);
	nri__create_container_response__init(&response);
	system.n_devices = taps->n;
	system.devices = devices;
	adjustment.system = &system;
	response.adjust = &adjustment;
	return answer_send(fd, stream, &response.base, f);
}
