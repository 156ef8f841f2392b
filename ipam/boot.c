/* SPDX-License-Identifier: Apache-2.0 */
/* Identify the node's life, compare lives, and keep a network's stamp. */
#include "ipam/boot.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/random.h"
#include "ipam/run_number.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

enum { STAT_TEXT = 1024, STAMP_TEXT = 256, FIELDS_TO_START = 20 };

/* How far the clock of a living node may be set, in seconds. */
enum { CLOCK_STEP = 60 };

/* The constant is missing from headers before Linux 5.14. */
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

static void boot_read(char boot[static BOOT_TEXT])
{
	OWNED(fd_release)
	int fd = openat(AT_FDCWD, "/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	const ssize_t length = fd < 0 ? -1 : read(fd, boot, BOOT_TEXT - 1);

	boot[length > 0 ? length : 0] = '\0';
	boot[strspn(boot, "0123456789abcdef-")] = '\0';
}

/* Reads the cookie, which no other namespace has until the next boot. A kernel without cookies has
 * only inode numbers, and it reuses them. Then a restart can stay unseen. */
static uint64_t space_read(void)
{
	uint64_t cookie = 0;
	socklen_t size = sizeof cookie;
	struct stat st;
	OWNED(fd_release) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) == 0)
		return cookie;
	return fd >= 0 && errno == ENOPROTOOPT && stat("/proc/self/ns/net", &st) == 0 ? st.st_ino
	                                                                              : 0;
}

static uint32_t id_even(uint64_t hash)
{
	return ((uint32_t)(hash ^ hash >> 32) | 2) & ~1u;
}

void life_read(struct life *now)
{
	*now = (struct life){ .space = now->space ? now->space : space_read() };
	boot_read(now->boot);
	if (*now->boot && now->space)
		now->id = id_even(bytes_hash(now->boot, strlen(now->boot), now->space));
}

/* Reads field 22 of /proc/1/stat. The name of the process, in parentheses, may contain any
 * character. */
static uint64_t start_read(void)
{
	char text[STAT_TEXT];
	OWNED(fd_release) int fd = openat(AT_FDCWD, "/proc/1/stat", O_RDONLY | O_CLOEXEC);

	if (file_text(fd, text, sizeof text) < 0)
		return 0;
	const char *at = strrchr(text, ')');
	for (int i = 0; at && i < FIELDS_TO_START; i++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

void life_complete(struct life *now)
{
	struct timespec up = { 0 }, clock = { 0 };
	uint64_t hash = 0;

	now->start = start_read();
	if (clock_gettime(CLOCK_BOOTTIME, &up) == 0)
		now->uptime = (uint64_t)up.tv_sec;
	if (!*now->boot) {
		now->run = run_number();
		if (clock_gettime(CLOCK_REALTIME, &clock) == 0 && clock.tv_sec > up.tv_sec)
			now->booted = (uint64_t)(clock.tv_sec - up.tv_sec);
	}
	if (now->id == 0 && random_draw(&hash, sizeof hash))
		now->id = id_even(hash);
}

static bool started_apart(const struct life *a, const struct life *b)
{
	const uint64_t between =
	        a->booted > b->booted ? a->booted - b->booted : b->booted - a->booted;

	return a->run && b->run && a->run != b->run && a->booted && b->booted &&
	       between > CLOCK_STEP;
}

bool life_is_over(const struct life *former, const struct life *now)
{
	const bool known = *former->boot && *now->boot;

	if (known && strcmp(former->boot, now->boot) != 0)
		return true;
	if (former->space && now->space && former->space != now->space && former->start &&
	    now->start > former->start)
		return true;
	return !known && (now->uptime < former->uptime || started_apart(former, now));
}

static uint64_t number_take(char **at)
{
	return strtoull(*at, at, 10);
}

/* The boot id is the first line. Older generations read and write only this line. */
bool life_stamp_read(const struct own_directory *p, struct life *stamp)
{
	char text[STAMP_TEXT];
	OWNED(fd_release) int fd = own_directory_open(p, "boot", O_RDONLY);

	*stamp = (struct life){ 0 };
	if (file_text(fd, text, sizeof text) < 0)
		return false;
	const size_t length = strspn(text, "0123456789abcdef-");
	char *at = text + length;
	if (length >= BOOT_TEXT)
		return false;
	memcpy(stamp->boot, text, length);
	stamp->space = number_take(&at);
	stamp->start = number_take(&at);
	stamp->uptime = number_take(&at);
	stamp->id = (uint32_t)number_take(&at) & ~1u;
	stamp->run = number_take(&at);
	stamp->booted = number_take(&at);
	return *stamp->boot || stamp->id;
}

int life_stamp_write(const struct own_directory *p, const struct life *stamp)
{
	char text[STAMP_TEXT];
	const int n = snprintf(text, sizeof text,
	                       "%s\n%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu32 " %" PRIu64
	                       " %" PRIu64 "\n",
	                       stamp->boot, stamp->space, stamp->start, stamp->uptime, stamp->id,
	                       stamp->run, stamp->booted);

	return own_directory_write(p, "boot", text, (size_t)n);
}
