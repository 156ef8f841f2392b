/* SPDX-License-Identifier: Apache-2.0 */
/* Writing and removing CDI specifications. */
#include "plugin/cdi.h"

#include "base/errno_text.h"
#include "base/file.h"
#include "record/state.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { CDI_NAME_MAX = 200 }; /* bytes in a file's name; a damaged record may have more */

/* Open the directory of specifications. Returns -1 with ENOENT and without a failure if the
 * directory is missing and `make` is false. */
static int directory_open(bool make, struct failure *f)
{
	const char *path = cdi_path();

	if (make && directory_make(path, f) < 0)
		return -1;
	const int fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 || (errno == ENOENT && !make))
		return fd;
	return fail(f, CNI_IO, errno_text(errno), "open the directory of CDI devices %s", path);
}

/* Take the lock if possible. Removing continues where no lock can be made. */
static void lock_try(int *lock)
{
	struct failure refusal = { 0 };

	*lock = state_lock(&refusal);
	if (*lock < 0)
		fprintf(stderr, "podtap: %s: %s: going on without\n", refusal.msg, refusal.details);
}

static void file_name(const struct endpoint *e, char name[static NAME_MAX + 1])
{
	snprintf(name, NAME_MAX + 1, "podtap.dev-tap_%.*s.json", CDI_NAME_MAX, e->cdi);
}

/* Name the file that is being written. A runtime reads only names that end in .json or .yaml. */
static void fresh_name(const struct endpoint *e, char name[static NAME_MAX + 1])
{
	snprintf(name, NAME_MAX + 1, "podtap.dev-tap_%.*s.%u", CDI_NAME_MAX, e->cdi, e->ifindex);
}

enum found cdi_find(const struct endpoint *e, struct cdi_tap *tap, struct failure *f)
{
	char name[NAME_MAX + 1];
	OWNED(fd_release) int directory = directory_open(false, f);

	if (directory < 0)
		return f->code ? FOUND_FAILED : FOUND_NONE;
	file_name(e, name);
	const int found = cdi_spec_read(directory, name, tap);
	if (found < 0)
		return fail(f, CNI_IO, errno_text(errno), "read the CDI device %s/%s", cdi_path(),
		            name);
	return found ? FOUND : FOUND_NONE;
}

int cdi_holder(const struct endpoint *e, uint32_t *ifindex, struct failure *f)
{
	struct cdi_tap tap;
	const enum found found = cdi_find(e, &tap, f);

	*ifindex = 0;
	if (found != FOUND || tap.ifindex == e->ifindex)
		return found == FOUND_FAILED ? -1 : 0;
	*ifindex = tap.ifindex;
	return 1;
}

int cdi_write(const struct endpoint *e, uint32_t former, struct failure *f)
{
	char name[NAME_MAX + 1], fresh[NAME_MAX + 1], text[CDI_SPEC_MAX];
	uint32_t holder;

	if (!e->cdi)
		return 0;
	OWNED(fd_release) int lock = state_lock(f);
	OWNED(fd_release) int directory = lock < 0 ? -1 : directory_open(true, f);
	if (directory < 0 || cdi_holder(e, &holder, f) < 0)
		return -1;
	if (holder && holder != former)
		return fail(f, CNI_AGAIN, "another endpoint took it meanwhile", "the CDI device %s",
		            e->cdi);
	file_name(e, name);
	fresh_name(e, fresh);
	if (file_replace(directory, name, fresh, 0644, text, cdi_spec_text(e, text)) == 0)
		return 0;
	return fail(f, CNI_IO, errno_text(errno), "write the CDI device %s/%s", cdi_path(), name);
}

/* Remove a specification if its tap has that index. Returns 1 with the tap in *tap, 0 or -1. */
static int own_remove(int directory, const char *name, uint32_t ifindex, struct cdi_tap *tap,
                      struct failure *f)
{
	const int found = cdi_spec_read(directory, name, tap);

	if (found == 0 || (found > 0 && tap->ifindex != ifindex))
		return 0;
	if (found > 0 && (unlinkat(directory, name, 0) == 0 || errno == ENOENT))
		return 1;
	return fail(f, CNI_IO, errno_text(errno), "remove the CDI device %s/%s", cdi_path(), name);
}

int cdi_remove(const struct endpoint *e, struct failure *f)
{
	char name[NAME_MAX + 1];
	struct cdi_tap tap;

	if (!e->cdi || !*e->cdi || strchr(e->cdi, '/'))
		return 0;
	OWNED(fd_release) int directory = directory_open(false, f);
	if (directory < 0)
		return f->code ? -1 : 0;
	OWNED(fd_release) int lock = -1;
	lock_try(&lock);
	fresh_name(e, name);
	unlinkat(directory, name, 0);
	file_name(e, name);
	return own_remove(directory, name, e->ifindex, &tap, f) < 0 ? -1 : 0;
}

/* Visit the files of the directory that may be podtap's specifications. Returns 0; -1 if visit()
 * returned that for one of them, or the directory cannot be listed. */
static int files_each(int directory, int (*visit)(int directory, const char *name, void *data),
                      void *data, struct failure *f)
{
	OWNED(stream_release) DIR *stream = directory_stream(fcntl(directory, F_DUPFD_CLOEXEC, 0));
	const struct dirent *entry;
	int failed = 0;

	while (stream && (entry = entry_next(stream)))
		if (fnmatch("podtap.dev-tap_*", entry->d_name, 0) == 0)
			failed |= visit(directory, entry->d_name, data);
	if (!stream || errno)
		return fail(f, CNI_IO, errno_text(errno), "list the CDI devices in %s", cdi_path());
	return failed;
}

struct search {
	uint32_t ifindex;
	dev_t *number;
	struct failure *failure;
};

static int visit_removing(int directory, const char *name, void *data)
{
	const struct search *s = data;
	struct cdi_tap tap;
	const int removed = own_remove(directory, name, s->ifindex, &tap, s->failure);

	if (removed > 0)
		*s->number = tap.number;
	return removed < 0 ? -1 : 0;
}

int cdi_remove_unrecorded(uint32_t ifindex, dev_t *number, struct failure *f)
{
	struct search search = { ifindex, number, f };
	OWNED(fd_release) int directory = directory_open(false, f);

	*number = 0;
	if (directory < 0)
		return f->code ? -1 : 0;
	OWNED(fd_release) int lock = -1;
	lock_try(&lock);
	return files_each(directory, visit_removing, &search, f);
}

struct taps_visit {
	void (*on_tap)(const struct cdi_tap *tap, void *data);
	void *data;
};

/* Skips a file that cannot be read. */
static int visit_tap(int directory, const char *name, void *data)
{
	const struct taps_visit *v = data;
	struct cdi_tap tap;

	if (cdi_spec_read(directory, name, &tap) > 0)
		v->on_tap(&tap, v->data);
	return 0;
}

int cdi_each(void (*on_tap)(const struct cdi_tap *tap, void *data), void *data, struct failure *f)
{
	struct taps_visit visit = { on_tap, data };
	OWNED(fd_release) int directory = directory_open(false, f);

	if (directory < 0)
		return f->code ? -1 : 0;
	return files_each(directory, visit_tap, &visit, f);
}
