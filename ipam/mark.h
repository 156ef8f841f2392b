/* SPDX-License-Identifier: Apache-2.0 */
/* A reservation's mark: an extended attribute of its file. It says in which life of the node
 * podtap-ipam made the reservation, or saw it first. host-local neither writes marks nor copies
 * them, so a file that it wrote anew has no mark. */
#ifndef IPAM_MARK_H
#define IPAM_MARK_H

#include "ipam/boot.h"

struct mark {            /* the attribute's value; small, so that the inode has room for it */
	uint32_t boot;   /* a hash of the boot id; 0: unknown */
	uint32_t life;   /* its id */
	uint64_t holder; /* a hash of the reservation's text */
};

struct mark mark_of(const struct life *life, const char *holder);

/* Marks an open file. False: its file system cannot keep the mark. */
bool mark_write(int fd, const struct mark *mark);

/* Read a file's mark, also one that an older generation wrote. Returns false if the file has no
 * mark, or that of another holder. */
bool mark_read(int fd, const struct life *now, const char *holder, struct mark *mark);

/* Marks an open file unless it has that mark already. */
bool mark_set(int fd, const struct mark *mark);

#endif
