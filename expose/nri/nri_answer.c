/* SPDX-License-Identifier: Apache-2.0 */
/* Packing and sending the messages of a plugin. */
#include "expose/nri/nri_answer.h"

#include "base/bytes.h"
#include "base/errno_text.h"
#include "expose/common/daemon.h"
#include "expose/nri/mux.h"
#include "expose/nri/nri.pb-c.h"
#include "expose/ttrpc/ttrpc.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

/* Sends a ttrpc frame, in as many pieces as the peer's buffer needs. */
static int frame_send(int fd, uint32_t connection, const struct ttrpc_bytes *frame,
                      struct failure *f)
{
	uint8_t piece[MUX_HEADER + MUX_PIECE];

	for (size_t at = 0, n; at < frame->length; at += n) {
		n = frame->length - at < MUX_PIECE ? frame->length - at : MUX_PIECE;
		mux_header(piece, connection, (uint32_t)n);
		memcpy(piece + MUX_HEADER, frame->at + at, n);
		if (bytes_write(fd, piece, MUX_HEADER + n) < 0)
			return fail(f, CNI_IO,
			            errno == EAGAIN ? "it does not take it" : errno_text(errno),
			            "send to the runtime");
	}
	return 0;
}

int request_send(int fd, uint32_t stream, const char *service, const char *method,
                 const ProtobufCMessage *message, struct failure *f)
{
	OWNED(ttrpc_bytes_release) struct ttrpc_bytes frame = { .at = NULL };

	return ttrpc_request_pack(&frame, stream, service, method, message, f) < 0
	               ? -1
	               : frame_send(fd, MUX_RUNTIME, &frame, f);
}

int answer_send(int fd, uint32_t stream, const ProtobufCMessage *message, struct failure *f)
{
	OWNED(ttrpc_bytes_release) struct ttrpc_bytes frame = { .at = NULL };

	return ttrpc_response_pack(&frame, stream, message, f) < 0
	               ? -1
	               : frame_send(fd, MUX_PLUGIN, &frame, f);
}

int answer_refuse(int fd, uint32_t stream, int code, struct failure *f)
{
	OWNED(ttrpc_bytes_release) struct ttrpc_bytes frame = { .at = NULL };

	return ttrpc_refusal_pack(&frame, stream, code, "podtap-nri does not offer this", f) < 0
	               ? -1
	               : frame_send(fd, MUX_PLUGIN, &frame, f);
}

/* A device as a message of NRI, with the messages that it points to. */
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

int answer_devices(int fd, uint32_t stream, const struct Nri__ContainerRequest *request,
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
		log_event("container %s of pod %s/%s gets %s (%u:%u)", request->container->name,
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
