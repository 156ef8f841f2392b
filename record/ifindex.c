/* SPDX-License-Identifier: Apache-2.0 */
/* Drawing interface indices, and one symlink for each that names its attachment. */
#include "record/ifindex.h"
#include "base/random.h"

#include "base/errno_text.h"
#include "base/file.h"
#include "base/name.h"
#include "record/state.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { FIRST = 0x100000, LAST = 0xffffff };

int ifindex_draw(uint32_t *index, struct failure *f)
{
	uint32_t drawn;
	if (!random_draw(&drawn, sizeof drawn))
		return fail_errno(f, errno, "draw an interface index");
	*index = FIRST + drawn % (LAST - FIRST + 1);
	return 0;
}

/* Write the link's text, which names the attachment of the index. No program follows the link. */
static void claim_text(const char *container_id, const char *ifname, char text[static PATH_MAX])
{
	snprintf(text, PATH_MAX, "%s/%s", container_id, ifname);
}

int ifindex_claim(uint32_t index, const char *container_id, const char *ifname, struct failure *f)
{
	char name[16], text[PATH_MAX];
	OWNED(fd_release) int directory = state_open("indices", true, f);

	if (directory < 0)
		return -1;
	snprintf(name, sizeof name, "%" PRIu32, index);
	claim_text(container_id, ifname, text);
	if (symlinkat(text, directory, name) == 0)
		return 1;
	if (errno != EEXIST)
		return fail(f, CNI_IO, errno_text(errno), "claim the interface index %s", name);
	return 0;
}

enum note { NOTE_UNKNOWN = -1, NOTE_NONE, NOTE_OURS, NOTE_OTHERS };

/* Whether the errno means that there is no note: a foreign object is not a directory, or not a
 * symbolic link. */
static bool is_absence(int err)
{
	return err == ENOENT || err == ENOTDIR || err == ELOOP || err == EINVAL;
}

/* Open the notes' directory. Returns 1, 0 if it is missing, or -1. */
static int notes_open(int *directory, struct failure *f)
{
	struct failure refusal = { 0 };

	*directory = state_open("indices", false, &refusal);
	if (*directory >= 0)
		return 1;
	return is_absence(errno) ? 0 : failure_pass(f, &refusal);
}

/* Read the text of a note. Returns 1, 0 if it is missing, or -1. */
static int text_read(int directory, const char *name, char text[static PATH_MAX], struct failure *f)
{
	const ssize_t length = readlinkat(directory, name, text, PATH_MAX - 1);

	if (length < 0 && is_absence(errno))
		return 0;
	if (length < 0)
		return fail(f, CNI_IO, errno_text(errno), "read whose interface index %s is", name);
	text[length] = '\0';
	return 1;
}

/* Read the note of an index. Opens the notes' directory, too. The caller owns it; it is -1 with
 * NOTE_NONE or NOTE_UNKNOWN. */
static enum note note_read(uint32_t index, const char *container_id, const char *ifname,
                           int *directory, struct failure *f)
{
	char name[16], text[PATH_MAX], found[PATH_MAX];
	int read = notes_open(directory, f);

	snprintf(name, sizeof name, "%" PRIu32, index);
	if (read > 0)
		read = text_read(*directory, name, found, f);
	if (read <= 0)
		return read < 0 ? NOTE_UNKNOWN : NOTE_NONE;
	claim_text(container_id, ifname, text);
	return strcmp(found, text) == 0 ? NOTE_OURS : NOTE_OTHERS;
}

int ifindex_is_others(uint32_t index, const char *container_id, const char *ifname,
                      struct failure *f)
{
	OWNED(fd_release) int directory = -1;
	const enum note note = note_read(index, container_id, ifname, &directory, f);

	return note == NOTE_UNKNOWN ? -1 : note == NOTE_OTHERS;
}

int ifindex_is_claimed(uint32_t index, const char *container_id, const char *ifname,
                       struct failure *f)
{
	OWNED(fd_release) int directory = -1;
	const enum note note = note_read(index, container_id, ifname, &directory, f);

	return note == NOTE_UNKNOWN ? -1 : note == NOTE_OURS;
}

int ifindex_release(uint32_t index, const char *container_id, const char *ifname, struct failure *f)
{
	char name[16];
	OWNED(fd_release) int directory = -1;
	const enum note note = note_read(index, container_id, ifname, &directory, f);

	if (note != NOTE_OURS)
		return note == NOTE_UNKNOWN ? -1 : 0;
	snprintf(name, sizeof name, "%" PRIu32, index);
	if (unlinkat(directory, name, 0) == 0 || errno == ENOENT)
		return 0;
	return fail(f, CNI_IO, errno_text(errno), "release the interface index %s", name);
}

/* Parse the text of a note. Returns false if podtap did not write it. */
static bool owner_parse(char *text, struct attachment_name *owner)
{
	char *slash = strchr(text, '/');

	if (!slash)
		return false;
	*slash = '\0';
	const char *ifname = slash + 1;
	if (!identifier_valid(text) || strlen(text) >= sizeof owner->container_id || !*ifname ||
	    strlen(ifname) >= sizeof owner->ifname || strchr(ifname, '/'))
		return false;
	memcpy(owner->container_id, text, strlen(text) + 1);
	memcpy(owner->ifname, ifname, strlen(ifname) + 1);
	return true;
}

int ifindex_owner(uint32_t index, struct attachment_name *owner, struct failure *f)
{
	char name[16], text[PATH_MAX];
	OWNED(fd_release) int directory = -1;
	int found = notes_open(&directory, f);

	snprintf(name, sizeof name, "%" PRIu32, index);
	if (found > 0)
		found = text_read(directory, name, text, f);
	return found > 0 ? owner_parse(text, owner) : found;
}

/* Read an entry of the notes' directory. Returns 1, 0 if it is no note, or -1. */
static int entry_read(int directory, const char *name, uint32_t *index, char text[static PATH_MAX],
                      struct failure *f)
{
	char *end;
	const unsigned long number = strtoul(name, &end, 10);

	if (*end || number == 0 || number > INT32_MAX)
		return 0;
	*index = (uint32_t)number;
	return text_read(directory, name, text, f);
}

int ifindex_find(const char *container_id, const char *ifname, uint32_t *index, struct failure *f)
{
	char wanted[PATH_MAX], text[PATH_MAX];
	int directory, found = notes_open(&directory, f);

	if (found <= 0)
		return found;
	OWNED(stream_release) DIR *stream = directory_stream(directory);
	if (!stream)
		return fail(f, CNI_IO, errno_text(errno), "list the interface indices");
	claim_text(container_id, ifname, wanted);
	const struct dirent *entry;
	while ((entry = entry_next(stream))) {
		found = entry_read(dirfd(stream), entry->d_name, index, text, f);
		if (found < 0 || (found > 0 && strcmp(text, wanted) == 0))
			return found;
	}
	return errno ? fail(f, CNI_IO, errno_text(errno), "list the interface indices") : 0;
}

int ifindex_each(void (*on_claim)(uint32_t index, const struct attachment_name *owner, void *data),
                 void *data, struct failure *f)
{
	struct attachment_name owner;
	char text[PATH_MAX];
	uint32_t index;
	int directory, found = notes_open(&directory, f);

	if (found <= 0)
		return found;
	OWNED(stream_release) DIR *stream = directory_stream(directory);
	if (!stream)
		return fail(f, CNI_IO, errno_text(errno), "list the interface indices");
	const struct dirent *entry;
	while ((entry = entry_next(stream))) {
		found = entry_read(dirfd(stream), entry->d_name, &index, text, f);
		if (found < 0)
			return -1;
		if (found > 0 && owner_parse(text, &owner))
			on_claim(index, &owner, data);
	}
	return errno ? fail(f, CNI_IO, errno_text(errno), "list the interface indices") : 0;
}
