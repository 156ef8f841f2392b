/* SPDX-License-Identifier: Apache-2.0 */
/* Answering podtapctl by files. */
#include "expose/addresses/view.h"

#include "base/clock.h"
#include "base/file.h"
#include "expose/addresses/census.h"
#include "expose/common/daemon.h"
#include "ipam/held_view.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

enum {
	CONTACT_MS = 1000, /* between two writes */
	NODES_MAX = 4096,  /* of a pool; those beyond are counted as one */
	LOOK_MS = 10,
	LOOKS = 100,
};

/* podtapctl locks the file for a moment, to see whether we run. Returns 0, or -1 with errno.
 * EWOULDBLOCK: another one has the lock all the time. */
static int lock_get(int fd)
{
	const struct timespec moment = { .tv_nsec = LOOK_MS * 1000000 };
	int looks = 0;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK || looks++ == LOOKS)
			return -1;
		nanosleep(&moment, NULL);
	}
	return 0;
}

int view_open(struct view *v, const char *directory, struct failure *f)
{
	OWNED(text_release) char *path = path_join(directory, HELD_CONTACT);

	v->contact =
	        path ? openat(AT_FDCWD, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644) : -1;
	if (v->contact < 0)
		return fail_errno(f, errno, "open %s/" HELD_CONTACT, directory);
	/* What the one takes out of a pool's file, the other would write again. */
	if (lock_get(v->contact) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return fail(f, CNI_AGAIN, "another podtap-addresses runs", "lock %s", path);
	return fail_errno(f, errno, "lock %s", path);
}

void view_release(struct view *v)
{
	fd_release(&v->contact);
}

void view_contact(struct view *v)
{
	const int64_t now = clock_milliseconds();

	if (v->contact < 0 || (v->told_at && now - v->told_at < CONTACT_MS))
		return;
	v->told_at = now;
	/* What it says is nothing new; its time is. */
	if (lseek(v->contact, 0, SEEK_SET) < 0 || write(v->contact, "\n", 1) < 0)
		log_event("the time of the engine's last answer cannot be written");
}

bool view_wanted(const char *directory, const char *pool)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof path, "%s/" HELD_LOOK "%s", directory, pool) < PATH_MAX &&
	       unlink(path) == 0;
}

static void on_block(const struct address_block *b, void *data)
{
	census_count(data, b);
}

static cJSON *view_json(const struct address_pool *p, const struct census *all)
{
	cJSON *object = cJSON_CreateObject();
	char now[UTC_TEXT];

	cJSON_AddStringToObject(object, "at", utc_now(now));
	cJSON_AddNumberToObject(object, "claimed", (double)all->claimed);
	cJSON *nodes = cJSON_AddArrayToObject(object, "nodes");
	for (size_t i = 0; i < all->n; i++) {
		cJSON *node = cJSON_CreateObject();
		cJSON_AddStringToObject(node, "node", all->holders[i].node);
		cJSON_AddNumberToObject(node, "claimed", all->holders[i].count);
		cJSON_AddItemToArray(nodes, node);
	}
	if (all->others)
		cJSON_AddNumberToObject(object, "others", all->others);
	cJSON *waiting = cJSON_AddArrayToObject(object, "waiting");
	for (size_t i = 0; i < p->n_waiting; i++)
		cJSON_AddItemToArray(waiting, cJSON_CreateString(p->waiting[i].node));
	return object;
}

static cJSON *failure_json(const struct failure *why)
{
	cJSON *object = cJSON_CreateObject();
	char now[UTC_TEXT], text[512];

	snprintf(text, sizeof text, "%.200s: %.250s", why->msg, why->details);
	cJSON_AddStringToObject(object, "at", utc_now(now));
	cJSON_AddStringToObject(object, "failure", text);
	return object;
}

enum engine_answer view_write(struct engine *e, const struct address_pool *p, const char *directory,
                              struct failure *f)
{
	OWNED(census_release) struct census all = { .most = NODES_MAX };
	const struct block_visit v = { on_block, &all };
	char name[POOL_NAME + 16], fresh[POOL_NAME + 16];

	const enum engine_answer answer = e->kind->blocks(e, p->name, NULL, &v, f);
	OWNED(json_release)
	cJSON *object = answer == ENGINE_OK ? view_json(p, &all) : failure_json(f);
	OWNED(text_release) char *text = json_text(object);
	OWNED(fd_release) int fd = openat(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(name, sizeof name, "%s" HELD_VIEW, p->name);
	snprintf(fresh, sizeof fresh, ".%s" HELD_VIEW, p->name);
	if (!text || fd < 0 || file_replace(fd, name, fresh, 0644, text, strlen(text)) < 0)
		log_event("the nodes of pool %s cannot be written to %s", p->name, directory);
	return answer;
}
