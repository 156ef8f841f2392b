/* SPDX-License-Identifier: Apache-2.0 */
/* The server of one resource: its socket, its registration with the kubelet, and the health of its
 * devices. */
#ifndef EXPOSE_DEVICE_PLUGIN_RESOURCE_SERVER_H
#define EXPOSE_DEVICE_PLUGIN_RESOURCE_SERVER_H

#include "expose/device-plugin/device_pool.h"
#include "expose/device-plugin/dp_config.h"
#include "expose/device-plugin/kubelet.h"
#include "expose/grpc/grpc.h"

enum resource_state {
	RESOURCE_WAITING,    /* for the kubelet, or for the next attempt */
	RESOURCE_ENDING,     /* the former streams are closed: the kubelet must see that */
	RESOURCE_ASKING,     /* the registration is under way */
	RESOURCE_REGISTERED, /* the open streams belong to this registration */
};

struct resource_server {
	struct dp_entry entry;
	char resource[256 + DP_NAME_TEXT]; /* with its namespace */
	uint32_t lower;                    /* the interface's index; 0: it does not exist */
	struct device_pool pool;
	struct grpc_server server;
	struct grpc_client_call registration;
	enum resource_state state;
	char why[256];        /* it is not registered: the reason, "": none is known */
	struct backoff again; /* the next registration, unless the kubelet listens by then */
	struct watch timer;
	struct loop *loop;
	const struct kubelet *kubelet;
};

/* Makes a server. It has no socket until it is registered. Returns NULL with the failure. */
struct resource_server *resource_server_make(struct loop *loop, const struct kubelet *kubelet,
                                             const char *name_space, const struct dp_entry *entry,
                                             struct failure *f) MUST_CHECK;

/* Ends the service and removes the socket. */
void resource_server_free(struct resource_server *s);

/* Makes the socket if it is missing, and registers after the kubelet has seen the end of the former
 * streams. */
void resource_server_register(struct resource_server *s);

/* Registers if that is due: the kubelet is a new one (`anew`), or the socket has gone. */
void resource_server_attend(struct resource_server *s, bool anew);

/* Sets the interface's index, 0 if it does not exist. The devices' health follows. */
void resource_server_lower(struct resource_server *s, uint32_t index);

#endif
