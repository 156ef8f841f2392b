/* SPDX-License-Identifier: Apache-2.0 */
/* One call of netavark's as the request that podtap's verbs take. */
#ifndef NETAVARK_CALL_H
#define NETAVARK_CALL_H

#include "cni/request.h"

enum { CALL_ARGS = 512 };

struct call {
	char *text;             /* stdin; owned */
	cJSON *json;            /* of stdin; owned */
	char args[CALL_ARGS];   /* CNI_ARGS, with the container's name */
	char *config;           /* the configuration as text; owned */
	struct request request; /* for the verbs; its json is owned, the rest is borrowed */
};

void call_release(struct call *c);

/* Read stdin. Returns 0, or -1: CNI_IO or CNI_DECODE. The caller releases c in any case. */
int call_read(struct call *c, struct failure *f) MUST_CHECK;

/* Make the request for a network and the namespace at a path. If `leniently`, invalid values count
 * as absent, except what names the attachment. Returns 0, or -1. */
int call_attach(struct call *c, const char *netns, bool leniently, struct failure *f) MUST_CHECK;

/* Find the network's name. Returns 0, or -1 (CNI_CONFIG). */
int call_network(const cJSON *network, const char **name, struct failure *f) MUST_CHECK;

/* Refuse rootless podman, whose containers have no interface of the host below them. Returns 0, or
 * -1 (CNI_CONFIG). */
int rootless_refuse(struct failure *f) MUST_CHECK;

#endif
