/* SPDX-License-Identifier: Apache-2.0 */
/* Boot ids: the kernel's, and the one a network was stamped with. */
#include "ipam/boot.h"

#include <fcntl.h>
#include <string.h>

static void text_read(int fd, char boot[static BOOT_TEXT])
{
	const ssize_t n = fd < 0 ? 0 : read(fd, boot, BOOT_TEXT - 1);

	boot[n > 0 ? n : 0] = '\0';
	boot[strspn(boot, "0123456789abcdef-")] = '\0';
}

void boot_read(char boot[static BOOT_TEXT])
{
	OWNED(fd_release)
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	text_read(fd, boot);
}

void boot_stamp_read(const struct folder *p, char boot[static BOOT_TEXT])
{
	OWNED(fd_release) int fd = folder_open(p, "boot", O_RDONLY);
	text_read(fd, boot);
}

int boot_stamp_write(const struct folder *p, const char *boot)
{
	return folder_write(p, "boot", boot, strlen(boot));
}
