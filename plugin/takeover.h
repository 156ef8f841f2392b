/* SPDX-License-Identifier: Apache-2.0 */
/* Taking over the macvtap on the host that a deviceID names, instead of creating a link. KubeVirt's
 * device plugin creates such links. */
#ifndef PLUGIN_TAKEOVER_H
#define PLUGIN_TAKEOVER_H

#include "base/found.h"
#include "netns/host.h"
#include "netns/link.h"
#include "record/endpoint.h"

struct takeover {
	struct link link; /* on the host; index 0: no link is taken over */
	dev_t number;     /* the device number of its tap there */
};

/* Find the macvtap on the host that a deviceID names: by the hashed name that KubeVirt's device
 * plugin gives it, then, if the deviceID is one of a resource, by the deviceID itself, as older
 * versions name it. Ignore links of other kinds. Returns 1, 0 or -1. */
enum found takeover_find_link(struct rtnl *host, const char *device_id, struct link *link,
                              struct failure *f) MUST_CHECK;

/* Find the link as takeover_find_link() does, and the number of its tap. Enters namespaces:
 * PRIVILEGE_OPENING. Returns 1, 0 or -1. */
enum found takeover_find(struct host *host, const char *device_id, struct takeover *t,
                         struct failure *f) MUST_CHECK;

enum takeover_moved {
	MOVE_FAILED = -1,
	MOVE_IN_USE = 0, /* the index or the name of its tap; the link is still on the host */
	MOVED = 1,
};

/* Move the link into the wanted namespace. `devices` is the directory of device nodes, `inside` a
 * socket in that namespace. Returns MOVED with the index in *index, which kernels before 5.13
 * choose, MOVE_IN_USE or MOVE_FAILED. */
enum takeover_moved takeover_move(const struct takeover *t, struct rtnl *host, struct rtnl *inside,
                                  int devices, const struct link_want *want, uint32_t *index,
                                  struct failure *f) MUST_CHECK;

/* Delete the link on the host that the record of an unfinished ADD names, if it still is the same
 * one. Do nothing for any other record. Returns 0 or -1. */
int takeover_undo(const struct endpoint *e, struct rtnl *host, struct failure *f) MUST_CHECK;

#endif
