/* SPDX-License-Identifier: Apache-2.0 */
/* The messages that a plugin sends: protobuf in ttrpc in NRI's frames. A send fails if the runtime
 * does not accept it within the socket's time limit. */
#ifndef EXPOSE_NRI_NRI_ANSWER_H
#define EXPOSE_NRI_NRI_ANSWER_H

#include "base/failure.h"
#include "base/owned.h"
#include "record/taps.h"

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>

struct Nri__ContainerRequest;

int request_send(int fd, uint32_t stream, const char *service, const char *method,
                 const ProtobufCMessage *message, struct failure *f) MUST_CHECK;

/* Answers a request. The message may be NULL: the answer is empty. */
int answer_send(int fd, uint32_t stream, const ProtobufCMessage *message,
                struct failure *f) MUST_CHECK;

/* Refuses a request with one of gRPC's codes. */
int answer_refuse(int fd, uint32_t stream, int code, struct failure *f) MUST_CHECK;

/* Answers with the devices of the container being created, and logs it. Runtimes add the permission
 * to open a device together with its node. */
int answer_devices(int fd, uint32_t stream, const struct Nri__ContainerRequest *request,
                   const struct taps *taps, struct failure *f) MUST_CHECK;

#endif
