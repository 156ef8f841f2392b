/* SPDX-License-Identifier: Apache-2.0 */
/* Visiting all endpoint records of the host. */
#include "base/entries.h"
#include "base/errno_text.h"
#include "base/name.h"
#include "record/endpoint.h"
#include "record/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Remove ".json" from a record's file name. Returns false for any other name. */
static bool ifname_of(const char *file, char *ifname, size_t size)
{
	static const char suffix[] = ".json";
	size_t length = strlen(file);

	if (length <= strlen(suffix) || length - strlen(suffix) >= size ||
	    strcmp(file + length - strlen(suffix), suffix) != 0)
		return false;
	memcpy(ifname, file, length - strlen(suffix));
	ifname[length - strlen(suffix)] = '\0';
	return true;
}

static int visit_record(int directory, const char *container_id, const char *ifname,
                        const struct endpoint_visit *v)
{
	OWNED(endpoint_release) struct endpoint e = { .source = NULL };
	struct failure error;

	if (v->matters && !v->matters(container_id, ifname, v->data))
		return 0;
	failure_clear(&error);
	enum found found = endpoint_read_in(directory, container_id, ifname, &e, &error);
	if (found == FOUND_NONE) /* it was removed after the directory was read */
		return 0;
	if (found == FOUND_FAILED)
		e = (struct endpoint){ .container_id = container_id, .ifname = ifname };
	return v->on_record(&e, found == FOUND_FAILED ? &error : NULL, v->data);
}

/* The directory of all containers' directories. */
struct containers {
	int fd;       /* borrowed */
	bool at_once; /* see entries_come_at_once() */
};

/* Visit the records in a container's directory. Returns what on_record() returned, with the number
 * of entries in *count. */
static int visit_records(struct entries *records, const char *container_id,
                         const struct endpoint_visit *v, size_t *count, struct failure *missed)
{
	const char *name;
	char ifname[16];

	*count = 0;
	while ((name = entries_next(records))) {
		++*count;
		int stop = ifname_of(name, ifname, sizeof ifname)
		                   ? visit_record(records->fd, container_id, ifname, v)
		                   : 0;
		if (stop)
			return stop;
	}
	if (errno)
		fail(missed, CNI_IO, errno_text(errno), "list the endpoints of %s", container_id);
	return 0;
}

/* Visit the records of one container. An unreadable container is reported in *missed; the walk
 * continues. Returns what on_record() returned. */
static int visit_container(const struct containers *all, const char *container_id,
                           const struct endpoint_visit *v, struct failure *missed)
{
	OWNED(entries_release) struct entries records;
	size_t count;
	struct failure refusal;

	failure_clear(&refusal);
	int fd = state_open_below(all->fd, container_id, false, &refusal);

	entries_begin(&records, fd);
	records.at_once = all->at_once;
	/* It was removed meanwhile, or it is not a directory of podtap: another object, or a link.
	 */
	if (fd < 0 &&
	    (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG))
		return 0;
	if (fd < 0) {
		failure_join(missed, &refusal);
		return 0;
	}
	const int stop = visit_records(&records, container_id, v, &count, missed);
	if (count == 0 && v->sweep)
		unlinkat(all->fd, container_id, AT_REMOVEDIR);
	return stop;
}

int endpoint_each(const struct endpoint_visit *v, struct failure *f)
{
	int fd = state_open("endpoints", false, f);
	if (fd < 0)
		return f->code ? -1 : 0;
	OWNED(entries_release) struct entries containers;
	const struct containers all = { fd, entries_come_at_once(fd) };
	struct failure missed = { 0 };
	int stop = 0;
	const char *name;
	entries_begin(&containers, fd);
	while (!stop && (name = entries_next(&containers)))
		if (identifier_valid(name))
			stop = visit_container(&all, name, v, &missed);
	if (stop)
		return stop;
	if (errno)
		fail(&missed, CNI_IO, errno_text(errno), "list the endpoints below %s",
		     state_path());
	return missed.code ? failure_join(f, &missed) : 0;
}

int endpoint_each_of(const char *container_id, const struct endpoint_visit *v, struct failure *f)
{
	struct failure missed = { 0 };
	OWNED(fd_release) int all = state_open("endpoints", false, f);

	if (all < 0)
		return f->code ? -1 : 0;
	const int stop =
	        visit_container(&(struct containers){ all, false }, container_id, v, &missed);
	if (stop)
		return stop;
	return missed.code ? failure_join(f, &missed) : 0;
}

bool endpoint_any(void)
{
	struct failure ignored = { 0 };
	const int fd = state_open("endpoints", false, &ignored);
	OWNED(entries_release) struct entries containers;
	const char *name;

	entries_begin(&containers, fd);
	containers.room = ENTRIES_FEW;
	while ((name = entries_next(&containers)))
		if (identifier_valid(name))
			return true;
	return ignored.code || errno;
}
