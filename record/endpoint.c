/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping endpoint records: one file for each attachment, complete or absent at every instant. */
#include "record/endpoint.h"

#include "base/bytes.h"
#include "base/errno_text.h"
#include "base/file.h"
#include "base/json.h"
#include "base/name.h"
#include "record/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { RECORD_MAX = 1 << 20, TRIES = 16 }; /* bytes; times */

/* A network configuration may hold a secret of its IPAM plugin. */
enum { RECORD_MODE = 0600 };

static const char suffix[] = ".json";

void endpoint_release(struct endpoint *e)
{
	json_release(&e->source);
}

/* Open the directory of a container's records. Returns -1 with ENOENT and without a failure if it
 * is missing. */
static int container_open(const char *container_id, bool make, struct failure *f)
{
	OWNED(fd_release) int all = state_open("endpoints", make, f);
	if (all < 0)
		return -1;
	return state_open_below(all, container_id, make, f);
}

/* Whether the errno means that a foreign object has the name of our directory. Such an object holds
 * no record, and stays. */
static bool is_foreign(int err)
{
	return err == ENOTDIR || err == ELOOP;
}

static void record_name(const char *ifname, char name[static NAME_MAX])
{
	snprintf(name, NAME_MAX, "%s%s", ifname, suffix);
}

static enum found record_read(int directory, const char *name, struct endpoint *e,
                              struct failure *f)
{
	size_t length;
	OWNED(text_release) char *text = file_read(directory, name, RECORD_MAX, &length);

	*e = (struct endpoint){ .source = NULL };
	if (!text && errno == ENOENT)
		return FOUND_NONE;
	if (!text) {
		/* A link, a pipe or a directory is permanent. Other errors may be temporary. */
		const bool foreign = errno == ELOOP || errno == ENXIO || errno == EBADMSG;
		return fail(f, foreign ? CNI_DECODE : CNI_IO, file_read_reason(errno),
		            "read the endpoint record %s", name);
	}
	cJSON *json = json_parse(text, length, "the endpoint record", f);
	if (!json)
		return FOUND_FAILED;
	if (endpoint_from_json(json, e, f) < 0) {
		endpoint_release(e);
		return FOUND_FAILED;
	}
	return FOUND;
}

enum found endpoint_read_in(int directory, const char *container_id, const char *ifname,
                            struct endpoint *e, struct failure *f)
{
	char name[NAME_MAX];

	record_name(ifname, name);
	enum found found = record_read(directory, name, e, f);
	/* The path names what a call undoes, so the record must agree with it. */
	if (found == FOUND &&
	    (strcmp(e->container_id, container_id) != 0 || strcmp(e->ifname, ifname) != 0)) {
		endpoint_release(e);
		return fail(f, CNI_DECODE, "it tells of another attachment",
		            "read the endpoint record %s", name);
	}
	return found;
}

enum found endpoint_read(const char *container_id, const char *ifname, struct endpoint *e,
                         struct failure *f)
{
	struct failure refusal = { 0 };
	OWNED(fd_release) int directory = container_open(container_id, false, &refusal);

	*e = (struct endpoint){ .source = NULL };
	if (directory < 0 && !refusal.code)
		return FOUND_NONE;
	if (directory < 0)
		return fail(f, is_foreign(errno) ? CNI_DECODE : refusal.code, refusal.details, "%s",
		            refusal.msg);
	return endpoint_read_in(directory, container_id, ifname, e, f);
}

/* Make the record's text. The caller frees it. Returns NULL with errno on failure. */
static char *record_text(const struct endpoint *e)
{
	OWNED(json_release) cJSON *json = endpoint_to_json(e);
	OWNED(text_release) char *text = json_text(json);

	errno = text ? EFBIG : ENOMEM;
	return text && strlen(text) <= RECORD_MAX ? text_take(&text) : NULL;
}

/* Whether a container's directory was removed. The kernel refuses a file in a removed directory
 * with ENOENT, ext4 with EPERM. */
static bool is_removed(int directory)
{
	struct stat st;

	return fstat(directory, &st) == 0 && st.st_nlink == 0;
}

/* Write a file without a name, then name it: a kill between the two leaves nothing. */
static int record_make(int directory, const struct endpoint *e, struct failure *f)
{
	char name[NAME_MAX];
	OWNED(text_release) char *text = record_text(e);
	OWNED(fd_release)
	int fd = text ? openat(directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, RECORD_MODE) : -1;

	record_name(e->ifname, name);
	if (fd >= 0 && bytes_write(fd, text, strlen(text)) == 0 &&
	    file_link(fd, directory, name) == 0)
		return 0;
	int err = errno;
	if (is_removed(directory))
		err = ENOENT;
	fail(f, CNI_IO, errno_text(err), "make the endpoint record %s below %s", name,
	     state_path());
	errno = err;
	return -1;
}

/* Remove a container's directory if it is empty. */
static void container_remove(const char *container_id)
{
	struct failure ignored = { 0 };
	OWNED(fd_release) int all = state_open("endpoints", false, &ignored);

	if (all >= 0)
		unlinkat(all, container_id, AT_REMOVEDIR);
}

int endpoint_create(const struct endpoint *e, bool *exists, struct failure *f)
{
	*exists = false;
	for (int tries = 0;; tries++) {
		struct failure refusal;
		failure_clear(&refusal);
		OWNED(fd_release)
		int directory = container_open(e->container_id, true, &refusal);

		if (directory >= 0 && record_make(directory, e, &refusal) == 0)
			return fd_take(&directory);
		*exists = directory >= 0 && errno == EEXIST;
		/* ENOENT: another call removed the directory, which was empty. */
		if (errno != ENOENT || tries == TRIES) {
			container_remove(e->container_id);
			return failure_pass(f, &refusal);
		}
	}
}

int endpoint_directory(const char *container_id, struct failure *f)
{
	const int directory = container_open(container_id, false, f);

	if (directory < 0 && !f->code)
		return fail(f, CNI_AGAIN, "they were removed meanwhile",
		            "the endpoint records of %s", container_id);
	return directory;
}

/* Write the name that a record has while it replaces the old one. Such a file exists only beside
 * the record itself. */
static void replacement_name(const char *ifname, char name[static NAME_MAX])
{
	snprintf(name, NAME_MAX, "%s.new", ifname);
}

/* Whether the ADD that wrote a record may continue. It must give up if the record is marked or
 * gone. */
static int check_wanted(int directory, const char *name, struct failure *f)
{
	struct stat st;
	const int looked = fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW);

	if (looked == 0 && !(st.st_mode & S_ISVTX))
		return 0;
	if (looked < 0 && errno != ENOENT)
		return fail(f, CNI_IO, errno_text(errno), "look at the endpoint record %s", name);
	return fail(f, CNI_AGAIN, "a DEL for it came before its ADD had ended",
	            "the endpoint record %s", name);
}

int endpoint_cancel(const char *container_id, const char *ifname, struct failure *f)
{
	char name[NAME_MAX];
	struct failure refusal = { 0 };
	OWNED(fd_release) int directory = container_open(container_id, false, &refusal);

	if (directory < 0 && (!refusal.code || is_foreign(errno)))
		return 0;
	if (directory < 0)
		return failure_pass(f, &refusal);
	record_name(ifname, name);
	OWNED(fd_release)
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 ? errno == ENOENT : fchmod(fd, S_ISVTX | RECORD_MODE) == 0)
		return 0;
	return fail(f, CNI_IO, errno_text(errno), "mark the endpoint record %s", name);
}

int endpoint_write(const struct endpoint *e, int directory, struct failure *f)
{
	char name[NAME_MAX], fresh[NAME_MAX];

	record_name(e->ifname, name);
	replacement_name(e->ifname, fresh);
	if (check_wanted(directory, name, f) < 0)
		return -1;
	OWNED(text_release) char *text = record_text(e);
	if (text && file_replace(directory, name, fresh, RECORD_MODE, text, strlen(text)) == 0)
		return 0;
	return fail(f, CNI_IO, errno_text(errno), "replace the endpoint record %s below %s", name,
	            state_path());
}

/* Remove the object with a record's name. A directory with files in it is foreign and stays. */
static int record_unlink(int directory, const char *name, struct failure *f)
{
	if (unlinkat(directory, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno == EISDIR && (unlinkat(directory, name, AT_REMOVEDIR) == 0 || errno == ENOTEMPTY))
		return 0;
	return fail(f, CNI_IO, errno_text(errno), "remove the endpoint record %s", name);
}

int endpoint_remove(const char *container_id, const char *ifname, struct failure *f)
{
	char name[NAME_MAX];
	struct failure refusal = { 0 };
	OWNED(fd_release) int all = state_open("endpoints", false, &refusal);
	OWNED(fd_release)
	int directory = all < 0 ? -1 : state_open_below(all, container_id, false, &refusal);

	if (directory < 0 && (!refusal.code || is_foreign(errno)))
		return 0;
	if (directory < 0)
		return failure_pass(f, &refusal);
	replacement_name(ifname, name);
	unlinkat(directory, name, 0);
	record_name(ifname, name);
	if (record_unlink(directory, name, f) < 0)
		return -1;
	/* rmdir fails if the directory has files. */
	if (unlinkat(all, container_id, AT_REMOVEDIR) < 0 && errno != ENOTEMPTY && errno != ENOENT)
		return fail(f, CNI_IO, errno_text(errno), "remove the endpoint directory %s",
		            container_id);
	return 0;
}
