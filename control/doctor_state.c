/* SPDX-License-Identifier: Apache-2.0 */
/* Examining the directories of podtap's state: who may write them, and whether podtap can. */
#include "control/doctor.h"

#include "base/file.h"
#include "ipam/place.h"
#include "record/state.h"

#include <linux/magic.h>
#include <sys/vfs.h>

static const struct finding_kind fine = { LEVEL_OK, "state", NULL, NULL };
static const struct finding_kind owned = {
	LEVEL_ERROR, "state-owner",
	"whoever can write there decides what podtap removes and gives out",
	"chown root, and chmod go-w"
};
static const struct finding_kind no_directory = { LEVEL_ERROR, "state-no-directory",
	                                          "podtap needs a directory there", "remove it" };
static const struct finding_kind kept = {
	LEVEL_WARN, "state-not-tmpfs",
	"its records outlive a boot, and then name what other programs have",
	"put it on a tmpfs, such as /run"
};
static const struct finding_kind closed = { LEVEL_ERROR, "state-closed", NULL,
	                                    "make it writable for root" };

static const struct finding_kind full = {
	LEVEL_ERROR, "state-full",
	"each endpoint needs a few files there; an ADD without room for them fails",
	"find what fills it: df -h, df -i"
};

/* Less than 16 endpoints need. */
enum { ROOM_BLOCKS = 16, ROOM_FILES = 64 };

/* Returns whether nothing is wrong with it. */
static bool examine_owner(struct doctor *d, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return true; /* the first ADD makes it */
	if (!S_ISDIR(st.st_mode))
		finding_add(d->findings, &no_directory, NULL, "%s is no directory", path);
	else if (st.st_uid != 0 || (st.st_mode & 022))
		finding_add(d->findings, &owned, NULL, "%s belongs to %u, with mode %04o", path,
		            st.st_uid, st.st_mode & 07777);
	else
		return true;
	return false;
}

static bool examine_tmpfs(struct doctor *d, const char *path)
{
	struct statfs st;

	if (statfs(path, &st) < 0 || st.f_type == TMPFS_MAGIC || st.f_type == RAMFS_MAGIC)
		return true;
	finding_add(d->findings, &kept, NULL, "%s is on no tmpfs", path);
	return false;
}

/* A file system without a limit has no blocks, or no files. */
static bool examine_room(struct doctor *d, const char *path)
{
	struct statfs st;

	if (statfs(path, &st) < 0 || ((!st.f_blocks || st.f_bavail >= ROOM_BLOCKS) &&
	                              (!st.f_files || st.f_ffree >= ROOM_FILES)))
		return true;
	finding_add(d->findings, &full, NULL, "%s has %llu KiB and %llu files left", path,
	            (unsigned long long)st.f_bavail * (unsigned long long)st.f_bsize / 1024,
	            (unsigned long long)st.f_ffree);
	return false;
}

static bool examine_place(struct doctor *d, const char *what, const char *path)
{
	struct failure why = { 0 };

	if (place_check(what, path, NULL, &why) == 0)
		return true;
	finding_add(d->findings, &closed, why.details, "%s", why.msg);
	return false;
}

void doctor_state(struct doctor *d)
{
	OWNED(text_release) char *records = path_join(state_path(), "endpoints");

	if (!records) {
		d->findings->failed = true;
		return;
	}
	const bool owner = examine_owner(d, state_path()) && examine_owner(d, records);
	const bool tmpfs = examine_tmpfs(d, state_path());
	const bool place = examine_place(d, "the endpoint records", records);
	const bool room = examine_room(d, state_path());
	if (owner && tmpfs && place && room)
		finding_add(d->findings, &fine, NULL, "%s", state_path());
	if (examine_owner(d, cdi_path())) {
		examine_place(d, "the CDI devices", cdi_path());
		examine_room(d, cdi_path());
	}
	examine_owner(d, device_path());
}
