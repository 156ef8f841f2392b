/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and copying the files of a directory of plugins. */
#include "control/plugin_file.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>

enum { COPY_MAX = 1 << 30, GO_TEXT = 200 };

void plugin_file_fresh(char fresh[static NAME_MAX], const char *name)
{
	snprintf(fresh, NAME_MAX, "%s.podtap-new", name);
}

int plugin_file_target(int directory, const char *name, char target[static PATH_MAX])
{
	const ssize_t n = readlinkat(directory, name, target, PATH_MAX - 1);

	target[n < 0 ? 0 : n] = '\0';
	return n < 0 ? -1 : 0;
}

/* The bytes of a regular file. */
struct content {
	const char *bytes; /* owned; NULL: none */
	size_t size;
	struct stat st;
};

static void content_release(struct content *c)
{
	if (c->bytes)
		munmap((void *)(uintptr_t)c->bytes, c->size);
}

/* Maps a file. Returns false if it is not regular, or not readable. One without bytes has none. */
static bool content_open(struct content *c, int directory, const char *name, int flags)
{
	OWNED(fd_release)
	int fd = openat(directory, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | flags);

	*c = (struct content){ .bytes = NULL };
	if (fd < 0 || fstat(fd, &c->st) < 0 || !S_ISREG(c->st.st_mode))
		return false;
	if (c->st.st_size == 0)
		return true;
	void *bytes = mmap(NULL, (size_t)c->st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return false;
	c->bytes = bytes;
	c->size = (size_t)c->st.st_size;
	return true;
}

int plugin_file_copy(int from, const char *name, int to, const char *copy, mode_t mode)
{
	OWNED(fd_release) int in = openat(from, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	OWNED(fd_release)
	int out = in < 0 ? -1 : openat(to, copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct stat st;
	ssize_t n;

	if (out < 0 || fstat(in, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	while ((n = sendfile(out, in, NULL, COPY_MAX)) > 0)
		;
	return n < 0 || fchmod(out, mode) < 0 || fsync(out) < 0 ? -1 : 0;
}

int plugin_names_settle(int directory)
{
	return fsync(directory) < 0 && errno != EINVAL ? -1 : 0;
}

static bool same_inode(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool plugin_file_same(int a, const char *name_a, int b, const char *name_b)
{
	OWNED(content_release) struct content x = { .bytes = NULL }, y = { .bytes = NULL };
	struct stat s, t;

	if (fstatat(a, name_a, &s, 0) == 0 && fstatat(b, name_b, &t, 0) == 0 && same_inode(&s, &t))
		return true;
	return content_open(&x, a, name_a, 0) && content_open(&y, b, name_b, O_NOFOLLOW) &&
	       x.size == y.size && (!x.size || memcmp(x.bytes, y.bytes, x.size) == 0);
}

/* Each of its plugins reads this variable, and says so in its help. */
static const char mark[] = "PODTAP_STATE_DIR";

bool plugin_file_is_podtap(int directory, const char *name)
{
	OWNED(content_release) struct content c = { .bytes = NULL };

	return content_open(&c, directory, name, O_NOFOLLOW) && c.size > SELFMAG &&
	       memcmp(c.bytes, ELFMAG, SELFMAG) == 0 &&
	       memmem(c.bytes, c.size, mark, sizeof mark - 1);
}

/* Copies a word of a foreign file for a message. Returns what follows it. */
static const char *word_take(const char *at, const char *end, char text[static GO_TEXT])
{
	size_t n = 0;

	for (; at<end && * at> ' ' && *at < 0x7f && n + 1 < GO_TEXT; at++)
		text[n++] = *at;
	text[n] = '\0';
	return at;
}

/* Finds "path<TAB>PACKAGE<NEWLINE>mod<TAB>MODULE<TAB>VERSION", which Go's linker writes. */
static bool go_read(const struct content *c, char package[static GO_TEXT],
                    char version[static GO_TEXT])
{
	static const char key[] = "path\t", module[] = "\nmod\t";
	const char *at = c->bytes, *end = c->bytes + c->size;

	for (; at && (at = memmem(at, (size_t)(end - at), key, sizeof key - 1));) {
		at = word_take(at + sizeof key - 1, end, package);
		*version = '\0';
		if (!strchr(package, '/') || at == end || *at != '\n')
			continue;
		if ((size_t)(end - at) > sizeof module &&
		    memcmp(at, module, sizeof module - 1) == 0) {
			char ignored[GO_TEXT];
			at = word_take(at + sizeof module - 1, end, ignored);
			if (at < end && *at == '\t')
				word_take(at + 1, end, version);
		}
		return true;
	}
	return false;
}

static const char *kind_of(const struct content *c)
{
	if (c->size > SELFMAG && memcmp(c->bytes, ELFMAG, SELFMAG) == 0)
		return "an executable";
	return c->size > 2 && memcmp(c->bytes, "#!", 2) == 0 ? "a script" : "a file";
}

void plugin_file_describe(int directory, const char *name, char text[static PLUGIN_FILE_TEXT])
{
	OWNED(content_release) struct content c = { .bytes = NULL };
	char target[PATH_MAX], package[GO_TEXT], version[GO_TEXT], date[16] = "";
	struct tm tm;

	if (plugin_file_target(directory, name, target) == 0) {
		snprintf(text, PLUGIN_FILE_TEXT, "a link to %.200s", target);
		return;
	}
	if (!content_open(&c, directory, name, O_NOFOLLOW)) {
		snprintf(text, PLUGIN_FILE_TEXT, "a file that cannot be read");
		return;
	}
	if (gmtime_r(&c.st.st_mtime, &tm))
		strftime(date, sizeof date, "%Y-%m-%d", &tm);
	if (c.size && go_read(&c, package, version))
		snprintf(text, PLUGIN_FILE_TEXT, "%s%s%s, %zu bytes of %s", package,
		         *version ? " " : "", version, c.size, date);
	else
		snprintf(text, PLUGIN_FILE_TEXT, "%s, %zu bytes of %s", kind_of(&c), c.size, date);
}
