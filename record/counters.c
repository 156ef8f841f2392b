/* SPDX-License-Identifier: Apache-2.0 */
/* Counting calls in a file that is mapped into memory. */
#include "record/counters.h"

#include "base/errno_text.h"
#include "base/file.h"
#include "record/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { COUNTERS_VERSION = 1 };

const char *const counted_verbs[COUNTED_VERBS] = { "ADD", "DEL", "CHECK", "GC", "STATUS" };

const int counted_codes[COUNTED_CODES] = {
	CNI_VERSION, CNI_ENV,         CNI_IO, CNI_DECODE, CNI_CONFIG, CNI_OWN_NETNS,
	CNI_AGAIN,   CNI_UNAVAILABLE, 51,     100,        CNI_OTHER,  0,
};

const uint32_t counted_times[COUNTED_TIMES] = {
	1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 2500000, 10000000, 0,
};

static bool is_valid(const struct counters *c)
{
	return c->version == COUNTERS_VERSION && c->size == sizeof *c;
}

/* Returns the file, mapped to be read, or (PROT_WRITE) also written; or NULL. */
static struct counters *counters_map(int fd, int writing)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    st.st_size != sizeof(struct counters))
		return NULL;
	struct counters *c = mmap(NULL, sizeof *c, PROT_READ | writing, MAP_SHARED, fd, 0);
	return c == MAP_FAILED ? NULL : c;
}

/* Several calls count at once. Nothing depends on the order of these additions. */
static void add(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

static void call_count(struct verb_counters *v, int code, uint64_t microseconds)
{
	size_t class = 0, which = 0;

	while (counted_times[class] && microseconds > counted_times[class])
		class ++;
	while (counted_codes[which] && counted_codes[which] != code)
		which++;
	add(&v->took[class], 1);
	add(&v->microseconds, microseconds);
	if (code)
		add(&v->failed[which], 1);
}

static int verb_place(const char *verb)
{
	for (int i = 0; i < COUNTED_VERBS; i++)
		if (strcmp(counted_verbs[i], verb) == 0)
			return i;
	return -1;
}

void counters_add(const char *verb, int code, int64_t microseconds)
{
	const int place = verb_place(verb);
	OWNED(text_release) char *path = place < 0 ? NULL : path_join(state_path(), "counters");
	OWNED(fd_release)
	int fd = path ? openat(AT_FDCWD, path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
	struct counters *c = counters_map(fd, PROT_WRITE);

	if (!c)
		return;
	if (is_valid(c))
		call_count(&c->verb[place], code, microseconds > 0 ? (uint64_t)microseconds : 0);
	munmap(c, sizeof *c);
}

/* Returns whether there are valid counters, which were then read. */
static bool counters_look(int directory, struct counters *into)
{
	OWNED(fd_release)
	int fd = openat(directory, "counters", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct counters *c = counters_map(fd, 0);

	if (!c)
		return false;
	*into = *c;
	munmap(c, sizeof *c);
	return is_valid(into);
}

int counters_read(struct counters *c, struct failure *f)
{
	OWNED(fd_release) int directory = state_open("", true, f);

	if (directory < 0)
		return -1;
	if (counters_look(directory, c))
		return 0;
	*c = (struct counters){ .version = COUNTERS_VERSION, .size = sizeof *c };
	if (file_replace(directory, "counters", "counters.new", 0600, c, sizeof *c) < 0)
		return fail_errno(f, errno, "begin to count calls in %s/counters", state_path());
	return 0;
}
