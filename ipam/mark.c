/* SPDX-License-Identifier: Apache-2.0 */
/* Marks, as extended attributes keep them. */
#include "ipam/mark.h"

#include "base/hash.h"

#include <string.h>
#include <sys/xattr.h>

static const char attribute[] = "user.podtap";

struct mark mark_of(const struct life *life, const char *holder)
{
	return (struct mark){
		.boot = *life->boot ? (uint32_t)text_hash(life->boot) | 1 : 0,
		.life = life->id,
		.holder = text_hash(holder),
	};
}

bool mark_write(int fd, const struct mark *mark)
{
	return fsetxattr(fd, attribute, mark, sizeof *mark, 0) == 0;
}

bool mark_read(int fd, const char *holder, struct mark *mark)
{
	return fgetxattr(fd, attribute, mark, sizeof *mark) == (ssize_t)sizeof *mark &&
	       mark->holder == text_hash(holder);
}

bool mark_set(int fd, const struct mark *mark)
{
	struct mark there;

	return (fgetxattr(fd, attribute, &there, sizeof there) == (ssize_t)sizeof there &&
	        memcmp(&there, mark, sizeof there) == 0) ||
	       mark_write(fd, mark);
}
