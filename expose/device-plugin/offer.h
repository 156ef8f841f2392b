/* SPDX-License-Identifier: Apache-2.0 */
/* One resource as it is offered to kubelet: its socket, whether kubelet listens, and the health of
 * its devices. */
#ifndef EXPOSE_DEVICE_PLUGIN_OFFER_H
#define EXPOSE_DEVICE_PLUGIN_OFFER_H

#include "expose/device-plugin/dp_config.h"
#include "expose/device-plugin/dp_devices.h"
#include "expose/device-plugin/kubelet.h"
#include "expose/grpc/grpc.h"

enum offer_state {
	OFFER_WAITING,    /* for kubelet, or for the next attempt */
	OFFER_ENDING,     /* its former streams are closed, and it has to see that */
	OFFER_ASKING,     /* the registration is under way */
	OFFER_REGISTERED, /* the streams there are came with this registration */
};

struct offer {
	struct dp_entry entry;
	char resource[256 + DP_NAME_TEXT]; /* with its namespace */
	uint32_t lower;                    /* the interface's index; 0: it is not there */
	struct dp_devices devices;
	struct grpc_server server;
	struct grpc_client_call registration;
	enum offer_state state;
	struct backoff again; /* when to register next, unless kubelet listens by then */
	struct watch timer;
	struct loop *loop;
	const struct kubelet *kubelet;
};

/* Makes an offer; it has no socket until it is registered. NULL with the failure. */
struct offer *offer_make(struct loop *loop, const struct kubelet *kubelet, const char *name_space,
                         const struct dp_entry *entry, struct failure *f) MUST_CHECK;

/* Takes it back: its socket is removed. */
void offer_free(struct offer *o);

/* Makes the socket if it is not there, and registers, once kubelet has seen that its former streams
 * have ended. */
void offer_register(struct offer *o);

/* Registers where that is due: kubelet is a new one, or our socket has gone. */
void offer_attend(struct offer *o, bool anew);

/* The interface is there, by this index, or it is not (0): the devices' health follows. */
void offer_lower(struct offer *o, uint32_t index);

#endif
