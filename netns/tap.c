/* SPDX-License-Identifier: Apache-2.0 */
/* Finding, creating and removing the tap node of a macvtap link. */
#include "netns/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

void tap_name(uint32_t ifindex, char name[static TAP_NAME_MAX])
{
	snprintf(name, TAP_NAME_MAX, "tap%" PRIu32, ifindex);
}

static bool number_parse(const char *text, dev_t *number)
{
	char *colon, *end;
	const unsigned long class = strtoul(text, &colon, 10);

	if (colon == text || *colon != ':')
		return false;
	const unsigned long one = strtoul(colon + 1, &end, 10);
	*number = makedev((unsigned)class, (unsigned)one);
	return end > colon + 1;
}

enum found tap_number(int sysfs, uint32_t ifindex, dev_t *number, struct failure *f)
{
	char path[64], text[32] = "";

	snprintf(path, sizeof path, "class/macvtap/tap%" PRIu32 "/dev", ifindex);
	OWNED(fd_release) int fd = openat(sysfs, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return FOUND_NONE;
	if (fd < 0 || read(fd, text, sizeof text - 1) < 0)
		return fail_errno(f, errno, "read the device number of tap%" PRIu32, ifindex);
	if (!number_parse(text, number))
		return fail(f, CNI_OTHER, "the kernel's answer is no device number",
		            "read the device number of tap%" PRIu32, ifindex);
	return FOUND;
}

int tap_look(int directory, uint32_t ifindex, struct tap_node *node, struct failure *f)
{
	char name[TAP_NAME_MAX];
	struct stat st;

	*node = (struct tap_node){ .exists = false };
	tap_name(ifindex, name);
	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fail_errno(f, errno, "look at the tap node %s", name);
	*node = (struct tap_node){
		.exists = true,
		.device = S_ISCHR(st.st_mode),
		.number = st.st_rdev,
		.access = { st.st_uid, st.st_gid, st.st_mode & 07777 },
	};
	return 0;
}

/* Open the object with the name, without opening the device. Returns 1, 0 if it is not ours, or -1.
 */
static int node_open(int directory, const char *name, dev_t number, int *node, struct failure *f)
{
	OWNED(fd_release) int fd = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_errno(f, errno, "look at the tap node %s", name);
	if (!S_ISCHR(st.st_mode) || st.st_rdev != number)
		return 0;
	*node = fd_take(&fd);
	return 1;
}

static bool access_equal(const struct tap_access *a, const struct tap_access *b)
{
	return a->uid == b->uid && a->gid == b->gid && a->mode == b->mode;
}

static int access_set(int node, const char *name, const struct tap_access *access,
                      struct failure *f)
{
	char self[32];

	snprintf(self, sizeof self, "/proc/self/fd/%d", node);
	if (fchownat(node, "", access->uid, access->gid, AT_EMPTY_PATH) < 0)
		return fail_errno(f, errno, "give the tap node %s to %u:%u", name, access->uid,
		                  access->gid);
	if (chmod(self, access->mode) < 0)
		return fail_errno(f, errno, "set the mode of the tap node %s to %04o", name,
		                  access->mode);
	return 0;
}

int tap_provide(int directory, uint32_t ifindex, dev_t number, const struct tap_node *seen,
                const struct tap_access *access, struct failure *f)
{
	char name[TAP_NAME_MAX];
	OWNED(fd_release) int node = -1;

	if (seen->exists && (!seen->device || seen->number != number))
		return 0;
	if (seen->exists && access_equal(&seen->access, access))
		return 1;
	tap_name(ifindex, name);
	if (!seen->exists && mknodat(directory, name, S_IFCHR | 0600, number) < 0 &&
	    errno != EEXIST)
		return fail_errno(f, errno, "make the tap node %s", name);
	int ours = node_open(directory, name, number, &node, f);
	if (ours <= 0)
		return ours;
	return access_set(node, name, access, f) < 0 ? -1 : 1;
}

int tap_remove(int directory, uint32_t ifindex, dev_t number, struct failure *f)
{
	char name[TAP_NAME_MAX];
	struct tap_node node;

	tap_name(ifindex, name);
	if (tap_look(directory, ifindex, &node, f) < 0)
		return -1;
	if (!node.device || node.number != number)
		return 0;
	if (unlinkat(directory, name, 0) < 0 && errno != ENOENT)
		return fail_errno(f, errno, "remove the tap node %s", name);
	return 0;
}
