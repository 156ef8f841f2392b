/* SPDX-License-Identifier: Apache-2.0 */
/* Drawing interface indices, and one symlink each to say whose they are. */
#include "plugin/ifindex.h"

#include "plugin/state.h"

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

enum note { NOTE_NONE, NOTE_OURS, NOTE_OTHERS };

static enum note note_read(int directory, const char *name, const char *container_id,
                           const char *ifname)
{
	char text[PATH_MAX], found[PATH_MAX];
	ssize_t length = readlinkat(directory, name, found, sizeof found - 1);

	if (length < 0)
		return NOTE_NONE;
	found[length] = '\0';
	claim_text(container_id, ifname, text);
	return strcmp(found, text) == 0 ? NOTE_OURS : NOTE_OTHERS;
}

bool ifindex_is_others(uint32_t index, const char *container_id, const char *ifname)
{
	char name[16];
	struct failure ignored = { 0 };
	OWNED(fd_release) int directory = state_open("indices", false, &ignored);

	snprintf(name, sizeof name, "%" PRIu32, index);
	return directory >= 0 && note_read(directory, name, container_id, ifname) == NOTE_OTHERS;
}

void ifindex_release(uint32_t index, const char *container_id, const char *ifname)
{
	char name[16];
	struct failure ignored = { 0 };
	OWNED(fd_release) int directory = state_open("indices", false, &ignored);

	snprintf(name, sizeof name, "%" PRIu32, index);
	if (directory >= 0 && note_read(directory, name, container_id, ifname) == NOTE_OURS)
		unlinkat(directory, name, 0);
}
