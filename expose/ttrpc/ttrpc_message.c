/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and responses of ttrpc: protobuf messages that carry another one. */
#include "expose/ttrpc/ttrpc.h"

#include "expose/ttrpc/ttrpc.pb-c.h"

static const char unspoken[] = "the runtime does not speak ttrpc";

void ttrpc_bytes_release(struct ttrpc_bytes *b)
{
	free(b->at);
	b->at = NULL;
}

/* Packs a message behind some room for a header. Without a message, packs none of its bytes. */
static int message_pack(struct ttrpc_bytes *b, size_t header, const ProtobufCMessage *message,
                        struct failure *f)
{
	b->length = header + (message ? protobuf_c_message_get_packed_size(message) : 0);
	b->at = malloc(b->length + 1); /* never 0 bytes */
	if (!b->at)
		return fail_errno(f, ENOMEM, "answer the runtime");
	if (message)
		protobuf_c_message_pack(message, b->at + header);
	return 0;
}

static int frame_pack(struct ttrpc_bytes *b, uint32_t stream, enum ttrpc_type type,
                      const ProtobufCMessage *message, struct failure *f)
{
	if (message_pack(b, TTRPC_HEADER, message, f) < 0)
		return -1;
	ttrpc_header(b->at, stream, type, (uint32_t)(b->length - TTRPC_HEADER));
	return 0;
}

int ttrpc_request_pack(struct ttrpc_bytes *b, uint32_t stream, const char *service,
                       const char *method, const ProtobufCMessage *message, struct failure *f)
{
	OWNED(ttrpc_bytes_release) struct ttrpc_bytes payload = { .at = NULL };
	Ttrpc__Request request;

	if (message_pack(&payload, 0, message, f) < 0)
		return -1;
	ttrpc__request__init(&request);
	request.service = text_lend(service);
	request.method = text_lend(method);
	request.payload = (ProtobufCBinaryData){ payload.length, payload.at };
	return frame_pack(b, stream, TTRPC_REQUEST, &request.base, f);
}

int ttrpc_response_pack(struct ttrpc_bytes *b, uint32_t stream, const ProtobufCMessage *message,
                        struct failure *f)
{
	OWNED(ttrpc_bytes_release) struct ttrpc_bytes payload = { .at = NULL };
	Ttrpc__Response response;

	if (message_pack(&payload, 0, message, f) < 0)
		return -1;
	ttrpc__response__init(&response);
	response.payload = (ProtobufCBinaryData){ payload.length, payload.at };
	return frame_pack(b, stream, TTRPC_RESPONSE, &response.base, f);
}

int ttrpc_refusal_pack(struct ttrpc_bytes *b, uint32_t stream, int code, const char *text,
                       struct failure *f)
{
	Ttrpc__Status status;
	Ttrpc__Response response;

	ttrpc__status__init(&status);
	ttrpc__response__init(&response);
	status.code = code;
	status.message = text_lend(text);
	response.status = &status;
	return frame_pack(b, stream, TTRPC_RESPONSE, &response.base, f);
}

int ttrpc_request_unpack(struct ttrpc_request *r, const struct ttrpc_frame *frame,
                         ProtobufCAllocator *allocator, struct failure *f)
{
	const Ttrpc__Request *request =
	        ttrpc__request__unpack(allocator, frame->length, frame->message);

	if (!request)
		return fail(f, CNI_DECODE, "a request cannot be decoded", unspoken);
	*r = (struct ttrpc_request){ request->service, request->method, request->payload };
	return 0;
}

int ttrpc_response_check(const struct ttrpc_frame *frame, uint32_t stream, const char *what,
                         ProtobufCAllocator *allocator, struct failure *f)
{
	const Ttrpc__Response *response =
	        ttrpc__response__unpack(allocator, frame->length, frame->message);

	if (!response || frame->stream != stream)
		return fail(f, CNI_DECODE, "an answer cannot be decoded, or is to no request",
		            unspoken);
	if (response->status && response->status->code)
		return fail(f, CNI_OTHER, response->status->message, "%s", what);
	return 0;
}
