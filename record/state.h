/* SPDX-License-Identifier: Apache-2.0 */
/* Where podtap keeps what it knows, and where it finds devices: directories, opened safely. */
#ifndef RECORD_STATE_H
#define RECORD_STATE_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stddef.h>

/* Opens a directory of ours below the state directory ($PODTAP_STATE_DIR or /run/podtap), such as
 * "endpoints". With `make`, what is missing is made (0755). -1 with errno ENOENT and no failure
 * recorded where it is missing and not to be made. Below the state directory no symlink is
 * followed. The caller owns the descriptor. */
int state_open(const char *name, bool make, struct failure *f) MUST_CHECK;

/* Opens a directory within another one by the same rules. */
int state_open_below(int directory, const char *name, bool make, struct failure *f) MUST_CHECK;

/* Reads a regular file of `max` bytes at most, whole, into memory the caller owns; NULL with errno,
 * EBADMSG where it is something else or longer. */
char *file_read(int directory, const char *name, size_t max, size_t *length) MUST_CHECK;

/* Opens the file that we lock, which only root can open: who can, can lock it and never let go. It
 * is made where it is missing; with `make` the state directory is too, else its absence is -1 with
 * ENOENT and no failure. The caller owns the descriptor. CNI_IO, with errno. */
int state_lock_open(bool make, struct failure *f) MUST_CHECK;

/* Keeps others of us from what its holders change until it is closed: what one looked at is still
 * there when it is removed or replaced. The caller owns the descriptor. CNI_IO. */
int state_lock(struct failure *f) MUST_CHECK;

/* The state directory's path, for messages and listings. */
const char *state_path(void);

/* DIRECTORY/NAME, which the caller owns; NULL with errno, ENAMETOOLONG where it is no path. */
char *path_join(const char *directory, const char *name) MUST_CHECK;

/* Makes a directory and the parents it lacks (0755); one that is there is success. */
int directory_make(const char *path, struct failure *f) MUST_CHECK;

/* The directory of CDI specifications: $PODTAP_CDI_DIR or /var/run/cdi. */
const char *cdi_path(void);

/* The directory of device nodes: $PODTAP_DEV_DIR or /dev. The caller owns the descriptor. */
const char *device_path(void);
int device_open(struct failure *f) MUST_CHECK;

#endif
