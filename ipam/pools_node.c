/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the directory of the pools. */
#include "ipam/pools_node.h"

#include "base/entries.h"
#include "base/errno_text.h"
#include "base/file.h"
#include "base/json.h"
#include "ipam/held_view.h"
#include "ipam/held_wait.h"
#include "ipam/range.h"
#include "ipam/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

enum { VIEW_MAX = 1 << 20, SPANS_MAX = 512 };

static void pool_free(struct node_pool *p)
{
	json_release(&p->file);
	json_release(&p->view);
	text_release(&p->store);
}

void node_pools_release(struct node_pools *all)
{
	for (size_t i = 0; i < all->n; i++)
		pool_free(&all->pool[i]);
	free(all->pool);
	*all = (struct node_pools){ .n = 0 };
}

/* Reads a file's JSON. A missing one is no failure: NULL. */
static cJSON *document_read(int directory, const char *name, struct failure *f)
{
	size_t length;
	OWNED(text_release) char *text = file_read(directory, name, VIEW_MAX, &length);

	if (text)
		return json_parse(text, length, name, f);
	if (errno != ENOENT)
		fail(f, CNI_IO, file_read_reason(errno), "read %s of the pools", name);
	return NULL;
}

/* The ranges of the pool's file, as spans. */
struct spans {
	struct span at[SPANS_MAX];
	size_t n;
};

static void range_note(const cJSON *range, struct spans *spans)
{
	const char *first = json_string(json_member(range, "rangeStart"));
	const char *last = json_string(json_member(range, "rangeEnd"));
	struct ip from, to;

	if (spans->n < SPANS_MAX && first && last && ip_parse(first, &from) &&
	    ip_parse(last, &to) && from.family == to.family && ip_compare(&from, &to) <= 0)
		spans->at[spans->n++] =
		        (struct span){ ip_number(&from), ip_number(&to), from.family };
}

static void spans_read(const cJSON *file, struct spans *spans)
{
	const cJSON *set, *range;

	cJSON_ArrayForEach(set, json_member(file, "ranges"))
	{
		cJSON_ArrayForEach(range, set)
		{
			range_note(range, spans);
		}
	}
}

static bool spans_have(const struct spans *spans, const struct ip *ip)
{
	const number at = ip_number(ip);

	for (size_t i = 0; i < spans->n; i++)
		if (spans->at[i].family == ip->family && at >= spans->at[i].first &&
		    at <= spans->at[i].last)
			return true;
	return false;
}

/* Counts the reservations of the pool's network that are in the node's ranges. */
static uint64_t used_count(const struct spans *spans, const char *store)
{
	OWNED(entries_release) struct entries names;
	uint64_t n = 0;
	struct ip ip;

	entries_begin(&names, openat(AT_FDCWD, store, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	for (const char *name; names.fd >= 0 && (name = entries_next(&names));)
		n += store_name_parse(name, &ip) && spans_have(spans, &ip);
	return n;
}

static void store_find(struct node_pool *p, const char *root)
{
	char path[PATH_MAX];

	if (held_store(p->name, path) > 0 && asprintf(&p->store, "%s%s", root, path) < 0)
		p->store = NULL;
}

/* Returns whether a process has a file locked. */
static bool is_locked(int directory, const char *name)
{
	OWNED(fd_release)
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

static int pool_fill(struct node_pool *p, int directory, const char *root, struct failure *f)
{
	struct spans *spans = calloc(1, sizeof *spans);
	char name[POOL_NAME + 16];
	struct failure ignored = { 0 };

	snprintf(name, sizeof name, "%s.json", p->name);
	p->file = spans ? document_read(directory, name, f) : NULL;
	if (!spans || (!p->file && f->code)) {
		free(spans);
		return f->code ? -1 : fail_errno(f, ENOMEM, "read the pools");
	}
	snprintf(name, sizeof name, "%s" HELD_VIEW, p->name);
	p->view = document_read(directory, name, &ignored);
	const cJSON *size = json_member(p->file, "addresses");
	p->size = cJSON_IsNumber(size) ? size->valuedouble : 0;
	p->why = json_string(json_member(p->file, "problem"));
	store_find(p, root);
	spans_read(p->file, spans);
	for (size_t i = 0; i < spans->n; i++)
		p->held += (uint64_t)(spans->at[i].last - spans->at[i].first) + 1;
	p->used = p->store ? used_count(spans, p->store) : 0;
	free(spans);
	return 0;
}

static int pool_add(struct node_pools *all, const char *name, size_t length)
{
	struct node_pool *grown = realloc(all->pool, (all->n + 1) * sizeof *grown);

	if (!grown)
		return -1;
	all->pool = grown;
	struct node_pool *p = &grown[all->n++];
	*p = (struct node_pool){ .size = 0 };
	memcpy(p->name, name, length);
	return pool_name_valid(p->name) ? 0 : (all->n--, 0);
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct node_pool *)a)->name, ((const struct node_pool *)b)->name);
}

/* Counts an ADD that waits, by the pool's name in "want-POOL.NUMBER", or "bind-POOL.NUMBER" where
 * the address belongs to an owner. */
static void waits_count(struct node_pools *all, int directory, const char *name)
{
	const size_t before =
	        strncmp(name, WANT_PREFIX, strlen(WANT_PREFIX)) == 0   ? strlen(WANT_PREFIX)
	        : strncmp(name, BIND_PREFIX, strlen(BIND_PREFIX)) == 0 ? strlen(BIND_PREFIX)
	                                                               : 0;
	const char *pool = name + before, *dot = before ? strrchr(pool, '.') : NULL;

	for (size_t i = 0; dot && i < all->n; i++)
		if (strlen(all->pool[i].name) == (size_t)(dot - pool) &&
		    strncmp(all->pool[i].name, pool, (size_t)(dot - pool)) == 0)
			all->pool[i].waits += is_locked(directory, name);
}

static int names_walk(struct node_pools *all, int directory, const char *only, bool wants)
{
	OWNED(entries_release) struct entries names;
	const char *name;

	entries_begin(&names, openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	while (names.fd >= 0 && (name = entries_next(&names))) {
		const char *dot = strrchr(name, '.');
		const size_t length = dot ? (size_t)(dot - name) : 0;
		if (wants)
			waits_count(all, directory, name);
		else if (length && length < POOL_NAME && strcmp(dot, ".json") == 0 &&
		         (!only || (strlen(only) == length && strncmp(only, name, length) == 0)) &&
		         pool_add(all, name, length) < 0)
			return -1;
	}
	return 0;
}

static void program_look(struct node_pools *all, int directory)
{
	struct stat st;

	all->runs = is_locked(directory, HELD_CONTACT);
	if (fstatat(directory, HELD_CONTACT, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size)
		all->contact = st.st_mtim.tv_sec;
}

int node_pools_read(struct node_pools *all, const char *only, const char *root, struct failure *f)
{
	char path[PATH_MAX];
	OWNED(fd_release)
	int directory = held_directory(path)
	                        ? openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
	                        : -1;

	if (directory < 0)
		return errno == ENOENT ? 0 : fail(f, CNI_IO, errno_text(errno), "read %s", path);
	program_look(all, directory);
	if (names_walk(all, directory, only, false) < 0)
		return fail_errno(f, ENOMEM, "read the pools");
	for (size_t i = 0; i < all->n; i++)
		if (pool_fill(&all->pool[i], directory, root, f) < 0)
			return -1;
	if (all->n)
		qsort(all->pool, all->n, sizeof *all->pool, compare);
	return names_walk(all, directory, only, true);
}

bool node_pool_is_bad(const struct node_pools *all, const struct node_pool *p)
{
	return !all->runs || p->why || json_member(p->file, "cameBack");
}

const char *node_pool_state(const struct node_pools *all, const struct node_pool *p)
{
	if (!all->runs)
		return "stopped";
	if (p->why)
		return "short";
	if (json_member(p->file, "cameBack"))
		return "lost";
	return json_member(p->file, "nearlyFull") ? "nearly full" : "ok";
}
