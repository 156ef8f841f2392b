/* SPDX-License-Identifier: Apache-2.0 */
/* A reservation's mark: an extended attribute of its file. It tells the life of the node in which
 * podtap-ipam made the reservation, or saw it first. host-local neither writes nor copies marks, so
 * a file that it wrote again has no mark. */
#ifndef IPAM_MARK_H
#define IPAM_MARK_H

#include "ipam/boot.h"

struct mark {            /* the value of the attribute; small, so that it fits into the inode */
	uint32_t boot;   /* a hash of the boot id; 0: unknown */
	uint32_t life;   /* the id of the life */
	uint64_t holder; /* a hash of the reservation's text */
};

struct mark mark_of(const struct life *life, const char *holder);

/* Mark an open file. Returns false if its file system cannot keep the mark. */
bool mark_write(int fd, const struct mark *mark);

/* Read the mark of a file, also one that an older generation wrote. Returns false if the file has
 * no mark, or the mark of another holder. */
bool mark_read(int fd, const struct life *now, const char *holder, struct mark *mark);

/* Mark an open file, unless it already has that mark. */
bool mark_set(int fd, const struct mark *mark);

#endif
