/* SPDX-License-Identifier: Apache-2.0 */
/* What a plugin sends: protobuf in ttrpc in NRI's frames. A send that the runtime does not take
 * within the socket's time limit fails. */
#ifndef EXPOSE_NRI_NRI_ANSWER_H
#define EXPOSE_NRI_NRI_ANSWER_H

#include "base/failure.h"
#include "base/owned.h"
#include "record/taps.h"

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>

struct Nri__CreateContainerRequest;

/* A text as a message's field that is only packed: protobuf-c's fields are not const. */
static inline char *text_lend(const char *text)
{
	return (char *)(uintptr_t)text;
}

int request_send(int fd, uint32_t stream, const char *service, const char *method,
                 const ProtobufCMessage *message, struct failure *f) MUST_CHECK;

/* Answers a request; without a message by an empty one. */
int answer_send(int fd, uint32_t stream, const ProtobufCMessage *message,
                struct failure *f) MUST_CHECK;

/* Answers that it will not be done, by a code of gRPC's. */
int answer_refuse(int fd, uint32_t stream, int code, struct failure *f) MUST_CHECK;

/* Answers with the devices of the container being created, and logs it. Runtimes add the permission
 * to open a device together with its node. */
int answer_devices(int fd, uint32_t stream, const struct Nri__CreateContainerRequest *request,
                   const struct taps *taps, struct failure *f) MUST_CHECK;

#endif
