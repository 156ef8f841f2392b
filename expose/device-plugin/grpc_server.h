/* SPDX-License-Identifier: Apache-2.0 */
/* A gRPC service at a unix socket of its own, for the few clients it is meant for. */
#ifndef EXPOSE_DEVICE_PLUGIN_GRPC_SERVER_H
#define EXPOSE_DEVICE_PLUGIN_GRPC_SERVER_H

#include "expose/device-plugin/grpc_session.h"
#include "expose/device-plugin/grpc_wire.h"

#include <sys/stat.h>

/* Clients at a time: the one there should be, the one it replaces, and two to look. */
enum { GRPC_CLIENTS_MAX = 4 };

/* A client that leaves no call open has this long, in seconds, to make its next one. */
enum { GRPC_IDLE_MAX = 5 };

struct grpc_server {
	struct loop *loop;
	struct grpc_service service;
	char path[sizeof((struct sockaddr_un *)0)->sun_path];
	struct watch listener, timer; /* closed: descriptors -1 */
	struct stat bound;            /* the socket's file as we made it */
	struct grpc_peer *clients;
	size_t open; /* calls that stay open, of all clients */
	/* Told when the first of these came and when the last has gone. */
	void (*changed)(void *owner);
	void *owner;
};

/* Where the socket's file is: there as we made it; not there; or another one in its place. */
enum grpc_place { GRPC_PLACE_OURS, GRPC_PLACE_EMPTY, GRPC_PLACE_TAKEN };

/* Begins a server that does not listen yet, at an address that does not change. -1: the path is too
 * long, or no timer is to be had. */
int grpc_server_begin(struct grpc_server *g, struct loop *loop, const char *path,
                      const struct grpc_service *service, struct failure *f) MUST_CHECK;

/* Listens at its path, 0600, in place of what is there. The socket it listened at before is closed,
 * but clients stay. */
int grpc_server_listen(struct grpc_server *g, struct failure *f) MUST_CHECK;

enum grpc_place grpc_server_place(const struct grpc_server *g);

/* Answers anew the calls that stay open. */
void grpc_server_renew(struct grpc_server *g);

/* Closes the clients that have a call which stays open. Whether there were any. */
bool grpc_server_end(struct grpc_server *g);

/* Closes everything, and removes the socket's file if it is the one we made. */
void grpc_server_release(struct grpc_server *g);

#endif
