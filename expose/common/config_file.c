/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a configuration file. */
#include "expose/common/config_file.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>

enum { CONFIG_FILE_MAX = 1 << 20 }; /* bytes */

char *config_file_read(const char *path, size_t *length, struct failure *f)
{
	OWNED(fd_release) int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	OWNED(text_release) char *text = NULL;

	if (fd >= 0 && file_read_all(fd, CONFIG_FILE_MAX, &text, length) == 0)
		return text_take(&text);
	if (errno == EFBIG)
		fail(f, CNI_DECODE, "it has more than 1 MiB", "read the configuration %s", path);
	else
		fail_errno(f, errno, "read the configuration %s", path);
	return NULL;
}
