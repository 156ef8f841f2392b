/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a pool's file, and reading what a former process wrote. */
#include "expose/addresses/pool_file.h"

#include "base/errno_text.h"
#include "base/file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

void pool_file_release(struct pool_file *p)
{
	text_release(&p->text);
}

static void address_add(cJSON *object, const char *name, const struct ip *ip)
{
	char text[IP_TEXT];

	cJSON_AddStringToObject(object, name, ip_format(ip, text));
}

cJSON *pool_range_json(const struct pool_set *set, const struct ip *first, const struct ip *last)
{
	cJSON *range = cJSON_CreateObject();
	char text[CIDR_TEXT];

	cJSON_AddStringToObject(range, "subnet", cidr_format(&set->range.subnet, text));
	address_add(range, "rangeStart", first);
	address_add(range, "rangeEnd", last);
	if (set->range.gateway.family)
		address_add(range, "gateway", &set->range.gateway);
	return range;
}

static int stake_compare(const void *a, const void *b)
{
	const struct ip *x = &(*(const struct stake *const *)a)->block.first;
	const struct ip *y = &(*(const struct stake *const *)b)->block.first;

	return x->family == y->family ? ip_compare(x, y) : x->family - y->family;
}

/* Adds the ranges of a set; neighbours are one range. */
static void ranges_add(cJSON *list, const struct claimer *c, const struct stake *const *sorted,
                       size_t set)
{
	const struct pool_set *s = &c->pool->sets[set];
	number first = 0, last = 0;
	bool open = false;

	for (size_t i = 0; i < c->n_stakes; i++) {
		const mask served = claimer_served_of(c, sorted[i], set);
		for (unsigned k = 0; k < BLOCK_SIZE; k++) {
			const number at = ip_number(&sorted[i]->block.first) + k;
			if (!(served >> k & 1))
				continue;
			if (open && at != last + 1) {
				const struct ip from = number_ip(s->range.start.family, first);
				const struct ip to = number_ip(s->range.start.family, last);
				cJSON_AddItemToArray(list, pool_range_json(s, &from, &to));
			}
			first = open && at == last + 1 ? first : at;
			last = at;
			open = true;
		}
	}
	if (!open)
		return;
	const struct ip from = number_ip(s->range.start.family, first);
	const struct ip to = number_ip(s->range.start.family, last);
	cJSON_AddItemToArray(list, pool_range_json(s, &from, &to));
}

static cJSON *sets_json(const struct claimer *c)
{
	const struct stake **sorted = calloc(c->n_stakes + 1, sizeof *sorted);
	cJSON *sets = cJSON_CreateArray();

	for (size_t i = 0; sorted && i < c->n_stakes; i++)
		sorted[i] = &c->stakes[i];
	if (sorted)
		qsort(sorted, c->n_stakes, sizeof *sorted, stake_compare);
	for (size_t i = 0; sorted && c->pool && i < c->pool->n_sets; i++) {
		cJSON *set = cJSON_CreateArray();
		ranges_add(set, c, sorted, i);
		cJSON_AddItemToArray(sets, set);
	}
	free(sorted);
	return sets;
}

/* Adds the addresses whose first use needs a proof. Returns whether there are any. */
static bool unproved_add(cJSON *object, const struct claimer *c, const struct sticky *s)
{
	cJSON *list = cJSON_CreateArray();
	bool any = false;
	char text[IP_TEXT];

	for (size_t i = 0; i < c->n_stakes; i++)
		for (unsigned k = 0; k < BLOCK_SIZE; k++) {
			const struct ip ip = block_ip(&c->stakes[i].block.first, k);
			if (claimer_unproved(c, &c->stakes[i]) >> k & 1)
				cJSON_AddItemToArray(list,
				                     cJSON_CreateString(ip_format(&ip, text)));
		}
	any = cJSON_GetArraySize(list) > 0;
	if (any)
		cJSON_AddItemToObject(object, "unproved", list);
	else
		cJSON_Delete(list);
	for (size_t i = 0; i < s->n; i++)
		any |= s->bounds[i].unproved;
	return any;
}

static char *file_json(const struct pool_file *p, const struct claimer *c, const struct sticky *s,
                       bool *unproved)
{
	OWNED(json_release) cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "pool", c->name);
	cJSON_AddStringToObject(object, "node", c->me->node);
	cJSON_AddStringToObject(object, "nodeUID", c->me->uid);
	cJSON_AddItemToObject(object, "ranges", sets_json(c));
	*unproved = unproved_add(object, c, s);
	cJSON *bindings = sticky_json(s, claimer_open(c) ? c->pool : NULL);
	if (cJSON_GetArraySize(bindings))
		cJSON_AddItemToObject(object, "bindings", bindings);
	else
		cJSON_Delete(bindings);
	if (c->pool && c->pool->routes)
		cJSON_AddItemReferenceToObject(object, "routes", c->pool->routes);
	if (c->pool && c->pool->dns)
		cJSON_AddItemReferenceToObject(object, "dns", c->pool->dns);
	if (c->pool)
		cJSON_AddNumberToObject(object, "addresses", c->pool->n_addresses);
	if (c->pool && c->pool->nearly_full)
		cJSON_AddTrueToObject(object, "nearlyFull");
	if (c->pool && *c->pool->came_back)
		cJSON_AddStringToObject(object, "cameBack", c->pool->came_back);
	if (*p->problem)
		cJSON_AddStringToObject(object, "problem", p->problem);
	if (*p->holders)
		cJSON_AddStringToObject(object, "holders", p->holders);
	return json_text(object);
}

/* A CNI call looks for this file before it opens the container's namespace: it is there before the
 * pool's file has such an address, and goes after. */
static void unproved_set(struct pool_file *p, const struct claimer *c, const char *directory,
                         bool unproved)
{
	char path[PATH_MAX + POOL_NAME + 16];

	if (p->text && p->unproved == unproved)
		return;
	snprintf(path, sizeof path, "%s/%s" UNPROVED_SUFFIX, directory, c->name);
	if (!unproved) {
		unlink(path);
	} else {
		int fd = openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
		fd_release(&fd);
	}
	p->unproved = unproved;
}

/* Returns whether the file is as it was written. */
static bool is_intact(const struct pool_file *p, int directory, const char *name)
{
	const struct timespec *then = &p->state.st_ctim;
	struct stat now;

	return p->text && fstatat(directory, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	       now.st_ino == p->state.st_ino && now.st_dev == p->state.st_dev &&
	       now.st_ctim.tv_sec == then->tv_sec && now.st_ctim.tv_nsec == then->tv_nsec;
}

/* Removes an empty directory that has the place of a file. */
static bool place_clear(int directory, const char *name, const char *fresh)
{
	const bool old = unlinkat(directory, name, AT_REMOVEDIR) == 0;

	return unlinkat(directory, fresh, AT_REMOVEDIR) == 0 || old;
}

/* Returns 0, or -1 with errno. */
static int replace(struct pool_file *p, int directory, const char *name, const char *fresh,
                   const char *text)
{
	const size_t length = strlen(text);

	if (file_replace(directory, name, fresh, 0644, text, length) < 0) {
		const int err = errno;
		const bool clear = place_clear(directory, name, fresh);
		errno = err;
		if (!clear || file_replace(directory, name, fresh, 0644, text, length) < 0)
			return -1;
	}
	return fstatat(directory, name, &p->state, AT_SYMLINK_NOFOLLOW);
}

int pool_file_write(struct pool_file *p, const struct claimer *c, const struct sticky *s,
                    const char *directory, struct failure *f)
{
	char name[POOL_NAME + 8], fresh[POOL_NAME + 8];
	bool unproved;
	OWNED(text_release) char *text = file_json(p, c, s, &unproved);

	snprintf(name, sizeof name, "%s.json", c->name);
	snprintf(fresh, sizeof fresh, ".%s.new", c->name);
	if (!text)
		return fail_errno(f, ENOMEM, "write %s/%s", directory, name);
	OWNED(fd_release) int fd = openat(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(f, CNI_IO, errno_text(errno), "write %s/%s", directory, name);
	if (is_intact(p, fd, name) && strcmp(p->text, text) == 0)
		return 0;
	if (unproved)
		unproved_set(p, c, directory, true);
	if (replace(p, fd, name, fresh, text) < 0)
		return fail(f, CNI_IO, errno_text(errno), "write %s/%s", directory, name);
	unproved_set(p, c, directory, unproved);
	text_release(&p->text);
	p->text = text_take(&text);
	return 1;
}

/* Tells what a range of the file has of our blocks. */
static void range_recall(struct claimer *c, const cJSON *range)
{
	const char *start = json_string(json_member(range, "rangeStart"));
	const char *end = json_string(json_member(range, "rangeEnd"));
	struct ip first, last;

	if (!start || !end || !ip_parse(start, &first) || !ip_parse(end, &last))
		return;
	for (size_t i = 0; i < c->n_stakes; i++)
		for (unsigned k = 0; k < BLOCK_SIZE; k++) {
			const struct ip ip = block_ip(&c->stakes[i].block.first, k);
			if (ip.family == first.family && ip.family == last.family &&
			    ip_compare(&first, &ip) <= 0 && ip_compare(&ip, &last) <= 0)
				claimer_vouch(&c->stakes[i], (mask)(1u << k));
		}
}

cJSON *pool_file_read(const char *directory, const char *pool)
{
	OWNED(text_release) char *text = NULL;
	struct failure none = { 0 };
	char path[PATH_MAX];
	size_t length;

	snprintf(path, sizeof path, "%s/%s.json", directory, pool);
	OWNED(fd_release)
	int fd = openat(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || file_read_all(fd, HELD_MAX, &text, &length) < 0)
		return NULL;
	return json_parse(text, length, path, &none);
}

void pool_file_recall(struct claimer *c, const char *directory)
{
	OWNED(json_release) cJSON *json = pool_file_read(directory, c->name);
	const cJSON *set, *range;

	cJSON_ArrayForEach(set, json_member(json, "ranges"))
	{
		cJSON_ArrayForEach(range, set)
		{
			range_recall(c, range);
		}
	}
}

void pool_file_remove(const struct claimer *c, const char *directory)
{
	char path[PATH_MAX + POOL_NAME + 16];

	snprintf(path, sizeof path, "%s/%s.json", directory, c->name);
	unlink(path);
	snprintf(path, sizeof path, "%s/%s" UNPROVED_SUFFIX, directory, c->name);
	unlink(path);
}
