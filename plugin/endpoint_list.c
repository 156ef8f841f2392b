/* SPDX-License-Identifier: Apache-2.0 */
/* Going through all endpoint records of the host. */
#include "cni/request.h"
#include "plugin/endpoint.h"
#include "plugin/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

static void directory_release(DIR **directory)
{
	if (*directory)
		closedir(*directory);
	*directory = NULL;
}

/* A directory stream over a descriptor, which it takes over; NULL with errno. */
static DIR *directory_stream(int fd)
{
	DIR *directory = fdopendir(fd);
	if (!directory)
		fd_release(&fd);
	return directory;
}

/* Cuts ".json" off a record's file name; false for any other name. */
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
	int found = endpoint_read(container_id, ifname, &e, &error);

	if (found == 0) /* gone since the directory was read */
		return 0;
	if (found < 0)
		e = (struct endpoint){ .container_id = container_id, .ifname = ifname };
	return v->visit(&e, found < 0 ? &error : NULL, v->data);
}

static int visit_container(int all, const char *container_id, const struct endpoint_visit *v,
                           struct failure *f)
{
	char ifname[16];
	struct failure foreign = { 0 }; /* what is no directory is none of ours */
	int fd = state_open_below(all, container_id, false, &foreign);
	if (fd < 0)
		return 0;
	OWNED(directory_release) DIR *records = directory_stream(fd);
	if (!records)
		return fail(f, CNI_IO, strerror(errno), "list the endpoints of %s", container_id);
	for (const struct dirent *entry; (entry = readdir(records));) {
		int stop = ifname_of(entry->d_name, ifname, sizeof ifname)
		                   ? visit_record(container_id, ifname, v)
		                   : 0;
		if (stop)
			return stop;
	}
	return 0;
}

int endpoint_each(const struct endpoint_visit *v, struct failure *f)
{
	int fd = state_open("endpoints", false, f);
	if (fd < 0)
		return f->code ? -1 : 0;
	OWNED(directory_release) DIR *containers = directory_stream(fd);
	if (!containers)
		return fail(f, CNI_IO, strerror(errno), "list the endpoints below %s",
		            state_path());
	for (const struct dirent *entry; (entry = readdir(containers));) {
		if (!identifier_valid(entry->d_name))
			continue;
		int stop = visit_container(dirfd(containers), entry->d_name, v, f);
		if (stop)
			return stop;
	}
	return 0;
}

void endpoint_sweep(void)
{
	struct failure ignored = { 0 };
	int fd = state_open("endpoints", false, &ignored);
	OWNED(directory_release) DIR *containers = fd < 0 ? NULL : directory_stream(fd);

	for (const struct dirent *entry; containers && (entry = readdir(containers));)
		if (identifier_valid(entry->d_name))
			unlinkat(dirfd(containers), entry->d_name, AT_REMOVEDIR);
}
