/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for locks that other processes hold, no longer than a bound. */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include "base/failure.h"
#include "base/owned.h"

#include <fcntl.h>

/* How long a call waits for another process that has a lock. */
enum { LOCK_WAIT_S = 20 };

/* Lock bytes of an open file (F_OFD_SETLK), or the whole file by flock() if `bytes` is NULL, until
 * the descriptor is closed. Wait so many seconds. Returns 1; 0 if another process still has the
 * lock; or -1 with errno. */
int lock_bytes(int fd, struct flock *bytes, unsigned seconds) MUST_CHECK;

/* Lock the whole file `lock` of a directory, as lock_bytes() does. Returns 0, or -1: CNI_AGAIN if
 * another process still has the lock, with its name if the kernel tells it; or CNI_IO. */
int lock_file(int fd, const char *directory, unsigned seconds, struct failure *f) MUST_CHECK;

#endif
