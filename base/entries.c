/* SPDX-License-Identifier: Apache-2.0 */
/* Reading directories by the system call itself: a stream of the C library costs three more calls
 * and an allocation for each directory. */
#include "base/entries.h"

#include <limits.h>
#include <linux/magic.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

/* The kernel's entry. The structures of the C libraries differ. */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t size; /* of the whole entry */
	uint8_t type;
	char name[];
};

enum { ENTRY_MAX = sizeof(struct entry) + NAME_MAX + 1 + 8 }; /* bytes, aligned */
_Static_assert((int)ENTRIES_FEW >= (int)ENTRY_MAX, "room for a name");

bool entries_come_at_once(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC;
}

static int entries_fill(struct entries *e)
{
	const bool ended = e->fd < 0 || (e->at_once && e->end && e->end <= e->room - ENTRY_MAX);
	const long n = ended ? 0 : syscall(SYS_getdents64, e->fd, e->bytes, e->room);

	e->at = 0;
	e->end = n > 0 ? (size_t)n : 0;
	if (n == 0 || (n < 0 && errno == ENOENT)) /* the end; or the directory was removed */
		errno = 0;
	return n > 0;
}

const char *entries_next(struct entries *e)
{
	while (e->at < e->end || entries_fill(e)) {
		const struct entry *entry = (const struct entry *)(const void *)(e->bytes + e->at);
		e->at += entry->size;
		if (strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0)
			return entry->name;
	}
	return NULL;
}
