/* SPDX-License-Identifier: Apache-2.0 */
/* Reading host-local's directory, which may contain anything. */
#include "ipam/store.h"

#include "base/errno_text.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Opens a file so that no file type in the directory can harm us. */
static int name_open(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static bool is_blank(char c)
{
	return c == '\0' ||
	       strchr(" \t\r\n\v\f", c) != NULL; /* NUL: blocks that a crash left unwritten */
}

static enum holding holding_of(char *text, size_t length)
{
	size_t begin = 0;

	while (length > 0 && is_blank(text[length - 1]))
		length--;
	while (begin < length && is_blank(text[begin]))
		begin++;
	if (begin == length)
		return HOLDING_NOBODY;
	if (memchr(text + begin, '\0', length - begin))
		return HOLDING_FOREIGN;
	memmove(text, text + begin, length - begin);
	text[length - begin] = '\0';
	return HOLDING_SOMEONE;
}

/* Reads the holder from a file; fd is -1 if the open failed. */
static enum holding read_holder(int fd, char holder[static HOLDER_MAX + 1])
{
	const ssize_t n = file_text(fd, holder, HOLDER_MAX + 1);

	if (n >= 0)
		return holding_of(holder, (size_t)n);
	if (errno == ENOENT)
		return HOLDING_NONE;
	/* A link, a pipe, a socket, a file that is too long, or no regular file. */
	if (errno == ELOOP || errno == ENXIO || errno == EFBIG || errno == EINVAL)
		return HOLDING_FOREIGN;
	return HOLDING_UNKNOWN;
}

enum holding store_read(const struct store *s, const struct ip *ip,
                        char holder[static HOLDER_MAX + 1])
{
	char name[IP_TEXT];
	OWNED(fd_release) int fd = name_open(s->dir, ip_format(ip, name));

	return read_holder(fd, holder);
}

/* Opens the file with the last address of a set, and notes its length. */
static void last_open(struct store *s, size_t set, int flags, char *text, size_t size)
{
	char name[64];

	fd_release(&s->last.fd);
	snprintf(name, sizeof name, "last_reserved_ip.%zu", set);
	s->last.fd = openat(s->dir, name,
	                    flags | O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	s->last.set = set;
	const ssize_t length = file_text(s->last.fd, text, size);
	s->last.length = length < 0 ? SIZE_MAX : (size_t)length;
	if (length < 0 && errno != EFBIG) /* it is no file */
		fd_release(&s->last.fd);
}

struct ip store_last(struct store *s, size_t set)
{
	char text[64] = "";
	struct ip ip = { .family = 0 };

	last_open(s, set, 0, text, sizeof text);
	if (*text)
		ip_parse(text, &ip);
	return ip;
}

/* Writes in place, without emptying the file first. If we are killed between the two calls, the
 * file contains an address or no address. Both are acceptable. */
void store_last_write(struct store *s, size_t set, const struct ip *ip)
{
	char text[64];

	if (s->last.fd < 0 || s->last.set != set)
		last_open(s, set, O_CREAT, text, sizeof text);
	const size_t length = strlen(ip_format(ip, text));
	if (s->last.fd < 0 || pwrite(s->last.fd, text, length, 0) != (ssize_t)length ||
	    s->last.length <= length)
		return; /* setting the size always costs a transaction, needed or not */
	if (ftruncate(s->last.fd, (off_t)length) < 0)
		return;
}

bool store_name_parse(const char *name, struct ip *ip)
{
	char text[IP_TEXT];

	return strchr(".0123456789abcdef:", name[0]) && ip_parse(name, ip) &&
	       strcmp(ip_format(ip, text), name) == 0;
}

static int name_visit(const struct store *s, const char *name, const struct store_visit *v)
{
	char holder[HOLDER_MAX + 1];
	struct ip ip;

	if (!store_name_parse(name, &ip))
		return 0;
	OWNED(fd_release) int fd = name_open(s->dir, name);
	const enum holding holding = read_holder(fd, holder);
	const struct reservation r = { &ip, holding, holder, fd };
	return holding == HOLDING_NONE ? 0 : v->visit(&r, v->data);
}

int store_each(const struct store *s, const struct store_visit *v, struct failure *f)
{
	const struct dirent *entry;
	OWNED(stream_release)
	DIR *stream = directory_stream(openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (!stream)
		return fail(f, CNI_IO, errno_text(errno), "list %s", s->path);
	while ((entry = entry_next(stream))) {
		const int result = name_visit(s, entry->d_name, v);
		if (result < 0)
			return result;
	}
	if (errno)
		return fail(f, CNI_IO, errno_text(errno), "list %s", s->path);
	return 0;
}
