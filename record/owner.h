/* SPDX-License-Identifier: Apache-2.0 */
/* One attachment has one owner at a time: the call that adds it, deletes it or collects it. The
 * kernel ends an ownership with the process, so that a killed call never keeps one, and nothing is
 * left on the disk: ownership is a lock on one byte of <state>/lock, far behind its end. Which byte
 * follows from a hash of the attachment, in a space so large that two never share one. */
#ifndef RECORD_OWNER_H
#define RECORD_OWNER_H

#include "base/failure.h"
#include "base/owned.h"

enum { OWNER_WAIT_S = 20 }; /* how long ADD and DEL wait for another call */

/* Opens what ownership is taken of; closing the descriptor ends every ownership taken by it. The
 * caller owns it. CNI_IO. */
int owner_open(struct failure *f) MUST_CHECK;

/* The same for a call that undoes, which makes no state directory. -1 without a failure: there is
 * none, or no place for a lock in it, such as on a disk that is read-only. No ADD is past that
 * either, so undoing goes on without. */
int owner_open_undoing(struct failure *f) MUST_CHECK;

/* Waits at most so many seconds, or not at all, until no other call owns the attachment. 1: it is
 * ours; 0: another call goes on owning it; -1. */
int owner_become(int fd, const char *container_id, const char *ifname, unsigned seconds,
                 struct failure *f) MUST_CHECK;

/* Ends an ownership before the descriptor is closed. */
void owner_resign(int fd, const char *container_id, const char *ifname);

/* ADD and GC of one network pass a gate. ADDs pass side by side, each for the moment in which its
 * record appears; GC closes the gate while it takes as free what no record tells of. Each waits at
 * most OWNER_WAIT_S for the other: CNI_AGAIN. */
int owner_gate_enter(int fd, const char *network, struct failure *f) MUST_CHECK;
int owner_gate_close(int fd, const char *network, struct failure *f) MUST_CHECK;
void owner_gate_leave(int fd, const char *network);

/* Says that another call owns the attachment. CNI_AGAIN; returns -1. */
int owner_refuse(const char *container_id, const char *ifname, struct failure *f);

#endif
