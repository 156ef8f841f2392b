/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the tap node of an interface, by its name and by its device number. */
#include "tools/vnic_node.h"

#include "netns/tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool path_write(const char *directory, const char *name, char *path, size_t size)
{
	const int length = snprintf(path, size, "%s/%s", directory, name);

	if (length >= 0 && (size_t)length < size)
		return true;
	errno = ENAMETOOLONG;
	return false;
}

/* Reads the device number that the kernel gave the interface's tap. The sysfs of a container has
 * its own interfaces only. */
static bool number_read(uint32_t ifindex, dev_t *number)
{
	OWNED(fd_release) int sysfs = openat(AT_FDCWD, "/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct failure ignored;

	failure_clear(&ignored);
	return sysfs >= 0 && tap_number(sysfs, ifindex, number, &ignored) == FOUND;
}

static bool is_tap_name(const char *name)
{
	static const char tap[] = "tap";
	const size_t length = sizeof tap - 1;

	return strncmp(name, tap, length) == 0 && name[length] &&
	       strspn(name + length, "0123456789") == strlen(name + length);
}

static void directory_release(DIR **directory)
{
	if (*directory)
		closedir(*directory);
	*directory = NULL;
}

/* Writes the path of a tap node with this device number, if there is one. */
static void node_seek(dev_t number, const char *directory, char *path, size_t size)
{
	OWNED(directory_release) DIR *entries = opendir(directory);
	const struct dirent *entry;
	struct stat st;

	while (entries && (entry = readdir(entries))) {
		if (!is_tap_name(entry->d_name) ||
		    fstatat(dirfd(entries), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISCHR(st.st_mode) || st.st_rdev != number)
			continue;
		if (strlen(directory) + strlen(entry->d_name) + 1 < size)
			path_write(directory, entry->d_name, path, size);
		return;
	}
}

bool vnic_node(uint32_t ifindex, const char *directory, char *path, size_t size)
{
	char name[TAP_NAME_MAX];
	dev_t number;

	tap_name(ifindex, name);
	if (!path_write(directory, name, path, size))
		return false;
	if (access(path, F_OK) < 0 && errno == ENOENT && number_read(ifindex, &number))
		node_seek(number, directory, path, size);
	return true;
}
