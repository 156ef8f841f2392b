/* SPDX-License-Identifier: Apache-2.0 */
/* The directories of podtap's state and of device nodes, opened safely. */
#ifndef RECORD_STATE_H
#define RECORD_STATE_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stddef.h>

/* Open a directory below the state directory ($PODTAP_STATE_DIR or /run/podtap), such as
 * "endpoints". With `make`, create missing directories (0755). Do not follow symlinks below the
 * state directory. Returns the descriptor, which the caller owns, or -1: without a failure and with
 * errno ENOENT if the directory is missing and `make` is false. */
int state_open(const char *name, bool make, struct failure *f) MUST_CHECK;

/* Open a directory within another one by the same rules. */
int state_open_below(int directory, const char *name, bool make, struct failure *f) MUST_CHECK;

/* Open the lock file, and create it if it is missing. Only root can open it, because a process that
 * can might hold the lock forever. With `make`, create the state directory, too. Returns the
 * descriptor, which the caller owns, or -1: CNI_IO with errno, or ENOENT without a failure if there
 * is no state directory and `make` is false. */
int state_lock_open(bool make, struct failure *f) MUST_CHECK;

/* Lock the state against other podtap processes until the descriptor is closed, so that an object
 * that was examined is still the same when it is removed or replaced. Returns the descriptor, which
 * the caller owns, or -1: CNI_IO, or CNI_AGAIN after LOCK_WAIT_S. */
int state_lock(struct failure *f) MUST_CHECK;

/* Like state_lock(), by a descriptor of state_lock_open() that no other thread uses, until
 * state_unlock(): this costs an ADD less. Returns 0 or -1. */
int state_lock_by(int fd, struct failure *f) MUST_CHECK;
void state_unlock(int fd);

/* Returns the path of the state directory, for messages and listings. */
const char *state_path(void);

/* Create a directory and its missing parents (0755). Returns 0, also if it exists, or -1. */
int directory_make(const char *path, struct failure *f) MUST_CHECK;

/* Returns the directory of CDI specifications: $PODTAP_CDI_DIR or /var/run/cdi. */
const char *cdi_path(void);

/* Returns the directory of device nodes, $PODTAP_DEV_DIR or /dev. device_open() opens it; the
 * caller owns the descriptor. */
const char *device_path(void);
int device_open(struct failure *f) MUST_CHECK;

#endif
