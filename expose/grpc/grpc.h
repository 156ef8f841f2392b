/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC over unix sockets: messages, a service, and calls of another's service. All else in this
 * directory is private to it. */
#ifndef EXPOSE_GRPC_GRPC_H
#define EXPOSE_GRPC_GRPC_H

#include "base/failure.h"
#include "base/owned.h"
#include "expose/common/loop.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/un.h>

/* Bytes of a sentence that explains a code. */
enum { GRPC_TEXT = 256 };

/* The status codes of gRPC that are sent or looked for here. */
enum grpc_code {
	GRPC_OK = 0,
	GRPC_UNKNOWN = 2,
	GRPC_INVALID_ARGUMENT = 3,
	GRPC_NOT_FOUND = 5,
	GRPC_RESOURCE_EXHAUSTED = 8,
	GRPC_UNIMPLEMENTED = 12,
	GRPC_INTERNAL = 13,
};

/* Unpacks a message. Bounds the memory that it takes. Returns the message, which the caller
 * releases by grpc_unpacked_release(); NULL: it is not of this type, or takes too much memory. */
ProtobufCMessage *grpc_unpack(const ProtobufCMessageDescriptor *type, const uint8_t *bytes,
                              size_t length) MUST_CHECK;
void grpc_unpacked_release(ProtobufCMessage *message);

/* Packs a message in its frame. Returns *length bytes, which the caller frees; NULL: out of memory.
 */
uint8_t *grpc_frame_pack(const ProtobufCMessage *message, size_t *length) MUST_CHECK;

/* The answer to a call: a framed message, or a code and a sentence. */
struct grpc_answer {
	enum grpc_code code;
	char text[GRPC_TEXT]; /* where the code is not GRPC_OK */
	uint8_t *frame;       /* owned by the holder of the answer; made by grpc_frame_pack() */
	size_t length;
};

struct grpc_method {
	const char *path; /* such as "/v1beta1.DevicePlugin/Allocate" */
	/* The call stays open. Each grpc_server_renew() answers it again. */
	bool stream;
	/* Answers a request's message, which lives as long as the call. */
	void (*call)(void *service, const uint8_t *request, size_t length, struct grpc_answer *);
};

struct grpc_service {
	const struct grpc_method *methods; /* ends with a row without path */
	void *data;                        /* the first argument of the methods */
};

/* A service at a unix socket of its own, for a few clients. */
struct grpc_server {
	struct loop *loop;
	struct grpc_service service;
	char path[sizeof((struct sockaddr_un *)0)->sun_path];
	struct watch listener, timer; /* closed: descriptors -1 */
	struct stat bound;            /* the socket's file as this server made it */
	struct grpc_peer *clients;
	size_t open; /* calls that stay open, of all clients */
	/* Called when the first of these calls came, and when the last one ended. */
	void (*changed)(void *owner);
	void *owner;
};

/* The socket's file: as this server made it; missing; or replaced by another program. */
enum grpc_place { GRPC_PLACE_OURS, GRPC_PLACE_EMPTY, GRPC_PLACE_TAKEN };

/* Initializes a server that does not listen yet. *g must not move. Fails if the path is too long or
 * no timer can be made. */
int grpc_server_begin(struct grpc_server *g, struct loop *loop, const char *path,
                      const struct grpc_service *service, struct failure *f) MUST_CHECK;

/* Listens at the path with mode 0600 and replaces the file there. Closes the former socket, but
 * keeps the clients. */
int grpc_server_listen(struct grpc_server *g, struct failure *f) MUST_CHECK;

enum grpc_place grpc_server_place(const struct grpc_server *g);

/* Answers again all calls that stay open. */
void grpc_server_renew(struct grpc_server *g);

/* Closes the clients that have a call which stays open. Returns whether there were any. */
bool grpc_server_end(struct grpc_server *g);

/* Closes everything. Removes the socket's file if this server made it. */
void grpc_server_release(struct grpc_server *g);

/* Bytes between a unix socket and an HTTP/2 session. Private to this directory. */
struct grpc_transport {
	struct loop *loop;
	struct watch watch; /* of the socket, which the transport's owner owns */
	struct nghttp2_session *http;
	const uint8_t *unsent; /* the session's, until it is asked for more */
	size_t left;
	uint32_t events; /* that the loop waits for */
	int error;       /* nghttp2's, or 0 */
};

/* The end of a call. */
struct grpc_outcome {
	int code; /* GRPC_OK; the code of the answer; -1: no answer */
	char text[GRPC_TEXT];
};

/* A call of a service at a unix socket, on a connection of its own. Zeroed: no call is running. */
struct grpc_client_call {
	struct grpc_transport transport;
	bool running;
	const char *path; /* the method's; borrowed */
	uint8_t *frame;   /* owned */
	size_t length, sent;
	struct grpc_outcome outcome;
	const char *breach; /* the peer's error in HTTP/2; NULL: none */
	void (*ended)(void *owner, const struct grpc_outcome *); /* may begin the next call */
	void *owner;
};

/* Calls a method at a socket with a framed message, and frees the message. Does not wait: calls
 * ended() once, later. Ignores the message of the answer. Returns -1, without calling ended(), if
 * the socket cannot be connected to. */
int grpc_call_begin(struct grpc_client_call *c, struct loop *loop, const char *socket_path,
                    const char *method, uint8_t *frame, size_t length,
                    struct failure *f) MUST_CHECK;

/* Drops a running call without calling ended(). Does nothing if no call is running. */
void grpc_call_release(struct grpc_client_call *c);

#endif
