/* SPDX-License-Identifier: Apache-2.0 */
/* Visiting all endpoint records of the host. */
#include "base/errno_text.h"
#include "base/file.h"
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

static int visit_record(const char *container_id, const char *ifname,
                        const struct endpoint_visit *v)
{
	OWNED(endpoint_release) struct endpoint e = { .source = NULL };
	struct failure error = { 0 };
	enum found found = endpoint_read(container_id, ifname, &e, &error);

	if (found == FOUND_NONE) /* it was removed after the directory was read */
		return 0;
	if (found == FOUND_FAILED)
		e = (struct endpoint){ .container_id = container_id, .ifname = ifname };
	return v->on_record(&e, found == FOUND_FAILED ? &error : NULL, v->data);
}

/* Visit the records of one container. An unreadable container is reported in *missed; the walk
 * continues. Returns what on_record() returned. */
static int visit_container(int all, const char *container_id, const struct endpoint_visit *v,
                           struct failure *missed)
{
	char ifname[16];
	struct failure refusal = { 0 };
	int fd = state_open_below(all, container_id, false, &refusal);
	/* It was removed meanwhile, or it is not a directory of podtap: another object, or a link.
	 */
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return 0;
	if (fd < 0) {
		failure_join(missed, &refusal);
		return 0;
	}
	OWNED(stream_release) DIR *records = directory_stream(fd);
	const struct dirent *entry;
	while (records && (entry = entry_next(records))) {
		int stop = ifname_of(entry->d_name, ifname, sizeof ifname)
		                   ? visit_record(container_id, ifname, v)
		                   : 0;
		if (stop)
			return stop;
	}
	if (errno)
		fail(missed, CNI_IO, errno_text(errno), "list the endpoints of %s", container_id);
	return 0;
}

int endpoint_each(const struct endpoint_visit *v, struct failure *f)
{
	int fd = state_open("endpoints", false, f);
	if (fd < 0)
		return f->code ? -1 : 0;
	OWNED(stream_release) DIR *containers = directory_stream(fd);
	if (!containers)
		return fail(f, CNI_IO, errno_text(errno), "list the endpoints below %s",
		            state_path());
	struct failure missed = { 0 };
	int stop = 0;
	const struct dirent *entry;
	while (!stop && (entry = entry_next(containers)))
		if (identifier_valid(entry->d_name))
			stop = visit_container(dirfd(containers), entry->d_name, v, &missed);
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
	const int stop = visit_container(all, container_id, v, &missed);
	if (stop)
		return stop;
	return missed.code ? failure_join(f, &missed) : 0;
}

void endpoint_sweep(void)
{
	struct failure ignored = { 0 };
	int fd = state_open("endpoints", false, &ignored);
	OWNED(stream_release) DIR *containers = directory_stream(fd);

	for (const struct dirent *entry; containers && (entry = readdir(containers));)
		if (identifier_valid(entry->d_name))
			unlinkat(dirfd(containers), entry->d_name, AT_REMOVEDIR);
}
