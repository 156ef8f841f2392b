/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing marks as extended attributes. */
#include "ipam/mark.h"

#include "base/hash.h"
#include "ipam/former.h"

#include <string.h>
#include <sys/xattr.h>

static const char attribute[] = "user.podtap";

static uint32_t boot_of(uint64_t hash)
{
	return (uint32_t)hash | 1;
}

struct mark mark_of(const struct life *life, const char *holder)
{
	return (struct mark){
		.boot = *life->boot ? boot_of(text_hash(life->boot)) : 0,
		.life = life->id,
		.holder = text_hash(holder),
	};
}

bool mark_write(int fd, const struct mark *mark)
{
	return fsetxattr(fd, attribute, mark, sizeof *mark, 0) == 0;
}

bool mark_read(int fd, const struct life *now, const char *holder, struct mark *mark)
{
	if (fgetxattr(fd, attribute, mark, sizeof *mark) != (ssize_t)sizeof *mark)
		return false;
	if (mark->holder == text_hash(holder))
		return true;
	if (mark->holder != former_text_hash(holder))
		return false;
	/* The mark is of an older generation. Its hash of this boot becomes our hash. A hash of
	 * another boot stays different. */
	if (*now->boot && mark->boot == boot_of(former_text_hash(now->boot)))
		mark->boot = boot_of(text_hash(now->boot));
	return true;
}

bool mark_set(int fd, const struct mark *mark)
{
	struct mark there;

	return (fgetxattr(fd, attribute, &there, sizeof there) == (ssize_t)sizeof there &&
	        memcmp(&there, mark, sizeof there) == 0) ||
	       mark_write(fd, mark);
}
