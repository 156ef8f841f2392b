/* SPDX-License-Identifier: Apache-2.0 */
/* One attachment has one owner at a time: the call that adds it, deletes it or collects it. An
 * ownership is a lock on one byte of <state>/lock, far behind the end of the file. The kernel ends
 * it with the process, so a killed call keeps no ownership and leaves nothing on the disk. A hash
 * of the attachment chooses the byte, in a range so large that two attachments never share one. */
#ifndef RECORD_OWNER_H
#define RECORD_OWNER_H

#include "base/lock.h"

/* Open the file whose locks are the ownerships. Closing the descriptor ends all ownerships that it
 * holds. Returns the descriptor, which the caller owns, or -1: CNI_IO. */
int owner_open(struct failure *f) MUST_CHECK;

/* Like owner_open(), for a call that undoes: do not create the state directory. Returns -1 without
 * a failure if there is no state directory, or no lock can be made in it, such as on a read-only
 * disk. An ADD fails then, too, so undoing needs no ownership. */
int owner_open_undoing(struct failure *f) MUST_CHECK;

/* Become the owner of the attachment. Wait at most so many seconds for another owner. Returns 1, 0
 * if another call still owns it, or -1. */
int owner_become(int fd, const char *container_id, const char *ifname, unsigned seconds,
                 struct failure *f) MUST_CHECK;

/* End an ownership before the descriptor is closed. */
void owner_resign(int fd, const char *container_id, const char *ifname);

/* Let ADD and GC of one network pass a gate. ADDs pass side by side, each while its record is
 * created. GC closes the gate while it frees addresses without a record. Each waits at most
 * LOCK_WAIT_S for the other. Returns 0, or -1: CNI_AGAIN. */
int owner_gate_enter(int fd, const char *network, struct failure *f) MUST_CHECK;
int owner_gate_close(int fd, const char *network, struct failure *f) MUST_CHECK;
void owner_gate_leave(int fd, const char *network);

/* Report that another call owns the attachment. Returns -1: CNI_AGAIN. */
int owner_refuse(const char *container_id, const char *ifname, struct failure *f);

#endif
