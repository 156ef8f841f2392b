/* SPDX-License-Identifier: Apache-2.0 */
/* Drawing interface indices, and one symlink each to say whose they are. */
#include "plugin/ifindex.h"

#include "record/state.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { FIRST = 0x100000, LAST = 0xffffff };

int ifindex_draw(uint32_t *index, struct failure *f)
{
	uint32_t drawn;
	if (getrandom(&drawn, sizeof drawn, 0) != sizeof drawn)
		return fail_errno(f, errno, "draw an interface index");
	*index = FIRST + drawn % (LAST - FIRST + 1);
	return 0;
}

/* The link's text says whose the index is; nothing ever follows it. */
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
		return fail(f, CNI_IO, strerror(errno), "claim the interface index %s", name);
	return 0;
}

enum note { NOTE_UNKNOWN = -1, NOTE_NONE, NOTE_OURS, NOTE_OTHERS };

/* What is no directory, or no link, is none of ours. */
static bool is_absence(int err)
{
	return err == ENOENT || err == ENOTDIR || err == ELOOP || err == EINVAL;
}

/* Opens the notes' directory too, which is the caller's; -1 in it goes with NOTE_NONE or
 * NOTE_UNKNOWN. */
static enum note note_read(uint32_t index, const char *container_id, const char *ifname,
                           int *directory, struct failure *f)
{
	struct failure refusal = { 0 };
	char name[16], text[PATH_MAX], found[PATH_MAX];

	*directory = state_open("indices", false, &refusal);
	if (*directory < 0 && is_absence(errno))
		return NOTE_NONE;
	if (*directory < 0)
		return (enum note)failure_pass(f, &refusal);
	snprintf(name, sizeof name, "%" PRIu32, index);
	const ssize_t length = readlinkat(*directory, name, found, sizeof found - 1);
	if (length < 0 && is_absence(errno))
		return NOTE_NONE;
	if (length < 0)
		return (enum note)fail(f, CNI_IO, strerror(errno),
		                       "read whose interface index %s is", name);
	found[length] = '\0';
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
	return fail(f, CNI_IO, strerror(errno), "release the interface index %s", name);
}
