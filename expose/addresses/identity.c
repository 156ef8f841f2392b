/* SPDX-License-Identifier: Apache-2.0 */
/* The node's UID as a file: a name of a node may be used again, its UID never. */
#include "expose/addresses/identity.h"
#include "base/random.h"

#include "base/errno_text.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static const char name[] = ".uid"; /* no pool has a dot in its name */

static bool uid_valid(const char *uid)
{
	const size_t length = strlen(uid);

	return length > 0 && length < NODE_UID &&
	       strspn(uid, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") ==
	               length;
}

/* Returns whether an error says that there is no file, or one that is not ours. */
static bool is_none(int err)
{
	return err == ENOENT || err == ELOOP || err == ENXIO || err == EINVAL || err == EFBIG;
}

enum found identity_read(const char *directory, char uid[static NODE_UID], struct failure *f)
{
	OWNED(fd_release) int fd = openat(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	OWNED(fd_release) int file = fd < 0 ? -1 : openat(fd, name, flags);
	const ssize_t length = file < 0 ? -1 : file_text(file, uid, NODE_UID);
	uint8_t r[16];

	if (length < 0 && !is_none(errno)) {
		fail(f, CNI_IO, errno_text(errno), "read %s/%s", directory, name);
		return FOUND_FAILED;
	}
	if (length > 0 && uid_valid(uid))
		return FOUND;
	if (!random_draw(r, sizeof r))
		memset(r, 0, sizeof r);
	snprintf(uid, NODE_UID,
	         "%02x%02x%02x%02x-%02x%02x-4%x%02x-a%x%02x-%02x%02x%02x%02x%02x%02x", r[0], r[1],
	         r[2], r[3], r[4], r[5], r[6] & 15u, r[7], r[8] & 15u, r[9], r[10], r[11], r[12],
	         r[13], r[14], r[15]);
	return FOUND_NONE;
}

int identity_write(const char *directory, const char *uid, struct failure *f)
{
	OWNED(fd_release) int fd = openat(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && file_replace(fd, name, ".uid.new", 0600, uid, strlen(uid)) == 0 &&
	    fsync(fd) == 0)
		return 0;
	return fail(f, CNI_IO, errno_text(errno), "write %s/%s", directory, name);
}
