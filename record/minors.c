/* SPDX-License-Identifier: Apache-2.0 */
/* The file of minors. It has a slot of fixed size for each minor, so no slot must be searched or
 * removed. A slot whose namespace is gone is void. */
#include "record/minors.h"

#include "base/errno_text.h"
#include "base/file.h"
#include "record/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct slot {
	uint64_t dev, inode;
	char path[496]; /* "": no namespace has it, or the path is too long */
};

static off_t slot_at(dev_t number)
{
	return (off_t)minor(number) * (off_t)sizeof(struct slot);
}

/* Open the file. Returns the descriptor, or -1 with errno. */
static int minors_open(int flags)
{
	OWNED(text_release) char *path = path_join(state_path(), "minors");

	return path ? openat(AT_FDCWD, path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600)
	            : -1;
}

/* Whether a slot's namespace lives. A path that cannot be examined counts as gone: if its process
 * ended, another process may have its id. */
static bool is_alive(const struct slot *s)
{
	struct stat st;

	return s->path[0] && stat(s->path, &st) == 0 && st.st_dev == s->dev &&
	       st.st_ino == s->inode;
}

int minor_note(dev_t number, const struct netns_id *id, const char *path, struct failure *f)
{
	struct slot slot = { .dev = id->dev, .inode = id->inode };
	OWNED(fd_release) int fd = minors_open(O_WRONLY | O_CREAT);

	if (strlen(path) < sizeof slot.path)
		memcpy(slot.path, path, strlen(path));
	if (fd < 0 || pwrite(fd, &slot, sizeof slot, slot_at(number)) != sizeof slot)
		return fail(f, CNI_IO, errno_text(errno), "write %s/minors", state_path());
	return 0;
}

int minor_is_free(dev_t number, const struct netns_id *id, struct failure *f)
{
	struct slot slot = { .path = "" };
	OWNED(fd_release) int fd = minors_open(O_RDONLY);

	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd < 0 || pread(fd, &slot, sizeof slot, slot_at(number)) < 0)
		return fail(f, CNI_IO, errno_text(errno), "read %s/minors", state_path());
	slot.path[sizeof slot.path - 1] = '\0';
	return (slot.dev == id->dev && slot.inode == id->inode) || !is_alive(&slot);
}
