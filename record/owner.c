/* SPDX-License-Identifier: Apache-2.0 */
/* Owning attachments, by the kernel's locks of bytes that belong to an open file. */
#include "record/owner.h"

#include "base/errno_text.h"
#include "base/hash.h"
#include "record/state.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

int owner_open(struct failure *f)
{
	return state_lock_open(true, f);
}

/* Whether an errno is permanent: no later attempt succeeds, and an ADD fails by it, too. */
static bool is_lasting(int err)
{
	static const int lasting[] = { ENOTDIR, EROFS, ENOSPC, EDQUOT, EACCES,
		                       EPERM,   ELOOP, EISDIR, ENXIO,  EEXIST };

	for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++)
		if (err == lasting[i])
			return true;
	return false;
}

int owner_open_undoing(struct failure *f)
{
	struct failure refusal;

	failure_clear(&refusal);
	const int fd = state_lock_open(false, &refusal);
	if (fd >= 0 || !refusal.code)
		return fd;
	if (!is_lasting(errno))
		return failure_pass(f, &refusal);
	fprintf(stderr, "podtap: %s: %s: going on without\n", refusal.msg, refusal.details);
	return -1;
}

/* The byte of a lock follows from the hash of a text, in one of two halves of the offset's range.
 */
enum half { ATTACHMENTS, NETWORKS };

static struct flock byte_of(enum half half, const char *text, short type)
{
	const uint64_t at = (uint64_t)half << 62 | text_hash(text) >> 2;

	return (struct flock){
		.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)at, .l_len = 1
	};
}

static struct flock attachment_byte(const char *container_id, const char *ifname, short type)
{
	char text[PATH_MAX];

	snprintf(text, sizeof text, "%s/%s", container_id, ifname);
	return byte_of(ATTACHMENTS, text, type);
}

/* Unlock. A failure is harmless, because the lock ends with the call. */
static void unlock(int fd, struct flock *byte)
{
	const int saved = errno;

	if (fd >= 0 && fcntl(fd, F_OFD_SETLK, byte) < 0)
		errno = saved;
}

static int lock_failed(const char *container_id, const char *ifname, struct failure *f)
{
	return fail(f, CNI_IO, errno_text(errno), "lock interface %s of container %s in %s/lock",
	            ifname, container_id, state_path());
}

int owner_become(int fd, const char *container_id, const char *ifname, unsigned seconds,
                 struct failure *f)
{
	struct flock byte = attachment_byte(container_id, ifname, F_WRLCK);
	const int locked = lock_bytes(fd, &byte, seconds);

	return locked < 0 ? lock_failed(container_id, ifname, f) : locked;
}

void owner_resign(int fd, const char *container_id, const char *ifname)
{
	struct flock byte = attachment_byte(container_id, ifname, F_UNLCK);

	unlock(fd, &byte);
}

static int gate_pass(int fd, const char *network, short type, struct failure *f)
{
	struct flock byte = byte_of(NETWORKS, network, type);
	const int locked = lock_bytes(fd, &byte, LOCK_WAIT_S);

	if (locked > 0)
		return 0;
	if (locked == 0)
		return fail(f, CNI_AGAIN,
		            "a GC of it is still running: try again when it has ended",
		            "network %s", network);
	return fail(f, CNI_IO, errno_text(errno), "lock network %s in %s/lock", network,
	            state_path());
}

int owner_gate_enter(int fd, const char *network, struct failure *f)
{
	return gate_pass(fd, network, F_RDLCK, f);
}

int owner_gate_close(int fd, const char *network, struct failure *f)
{
	return gate_pass(fd, network, F_WRLCK, f);
}

void owner_gate_leave(int fd, const char *network)
{
	struct flock byte = byte_of(NETWORKS, network, F_UNLCK);

	unlock(fd, &byte);
}

int owner_refuse(const char *container_id, const char *ifname, struct failure *f)
{
	return fail(f, CNI_AGAIN,
	            "another call for it is still running: try again when it has ended",
	            "interface %s of container %s", ifname, container_id);
}
