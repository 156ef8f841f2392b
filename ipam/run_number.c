/* SPDX-License-Identifier: Apache-2.0 */
/* The number of the state directory, which says what a boot id would say. */
#include "ipam/run_number.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/random.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { RUN_TEXT = 32 };

static uint64_t run_parse(int directory)
{
	char text[RUN_TEXT];
	OWNED(fd_release)
	int fd = openat(directory, "boot", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return file_text(fd, text, sizeof text) < 0 ? 0 : strtoull(text, NULL, 16);
}

/* Makes the file without a moment in which it is empty. Of several calls, the first one's stays. */
static void run_make(int directory)
{
	uint64_t number = 0;
	char text[RUN_TEXT], fresh[RUN_TEXT];

	if (!random_draw(&number, sizeof number))
		return;
	const int n = snprintf(text, sizeof text, "%016" PRIx64 "\n", number | 1);
	snprintf(fresh, sizeof fresh, "boot.%016" PRIx64, number);
	OWNED(fd_release)
	int fd = openat(directory, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	if (bytes_write(fd, text, (size_t)n) == 0)
		(void)!linkat(directory, fresh, directory, "boot", 0);
	unlinkat(directory, fresh, 0);
}

uint64_t run_number(void)
{
	const char *root = getenv("PODTAP_STATE_DIR");
	const char *path = root && *root ? root : "/run/podtap";
	OWNED(fd_release)
	int directory = path_make(path) < 0
	                        ? -1
	                        : openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0)
		return 0;
	if (run_parse(directory) == 0)
		run_make(directory);
	return run_parse(directory);
}
