/* SPDX-License-Identifier: Apache-2.0 */
/* Taking over a macvtap that another program (KubeVirt's device plugin) made on the host and that a
 * deviceID names, instead of making one; and leaving none such behind. */
#ifndef RECORD_TAKEOVER_H
#define RECORD_TAKEOVER_H

#include "netns/host.h"
#include "netns/link.h"
#include "record/endpoint.h"

struct taken {
	struct link link; /* on the host; index 0: none */
	dev_t number;     /* its device there */
};

/* Looks on the host for the macvtap a deviceID names: by the hashed name KubeVirt's device plugin
 * gives it, then, where the deviceID has the form of its, by the deviceID itself, as older ones
 * name it. Links of other kinds are as good as absent. 1, 0, -1. */
int takeover_look(struct rtnl *host, const char *device_id, struct link *link,
                  struct failure *f) MUST_CHECK;

/* The same for a link that is to be moved. Enters namespaces: PRIVILEGE_OPENING. */
int takeover_find(struct host *host, const char *device_id, struct taken *taken,
                  struct failure *f) MUST_CHECK;

/* Moves the link into the namespace wanted. 1: it is there as wanted, under the index in *index,
 * which kernels before 5.13 choose; 0: the index or its tap's name is taken, and the link still on
 * the host; -1. `devices` is the directory of device nodes, `inside` a socket in that namespace. */
int takeover_move(const struct taken *taken, struct rtnl *host, struct rtnl *inside, int devices,
                  const struct link_want *want, uint32_t *index, struct failure *f) MUST_CHECK;

/* Deletes the link on the host that the record of an unfinished ADD names, while it is the same one
 * there. By any other record: nothing, with success. */
int takeover_undo(const struct endpoint *e, struct rtnl *host, struct failure *f) MUST_CHECK;

/* Finds the link of such a record in its namespace, whichever of its names and indices it has. 1,
 * 0, -1. */
int takeover_find_moved(const struct endpoint *e, struct rtnl *inside, struct link *link,
                        struct failure *f) MUST_CHECK;

#endif
