/* SPDX-License-Identifier: Apache-2.0 */
/* Reading stores and directories that CNI calls change. */
#include "expose/addresses/usage.h"

#include "base/entries.h"
#include "base/errno_text.h"
#include "base/file.h"
#include "ipam/held_wait.h"
#include "ipam/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>

static int directory_watch(const struct usage *u, const char *path, struct failure *f)
{
	const uint32_t events = IN_CREATE | IN_DELETE | IN_CLOSE_WRITE | IN_ONLYDIR;

	if (path_make(path) == 0 && inotify_add_watch(u->inotify, path, events) >= 0)
		return 0;
	return fail_errno(f, errno, "watch %s", path);
}

int usage_open(struct usage *u, struct failure *f)
{
	if (!held_directory(u->pools) || !held_registers(u->registers))
		return fail_errno(f, ENAMETOOLONG, "find the directories of pools");
	u->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (u->inotify < 0)
		return fail_errno(f, errno, "watch %s", u->pools);
	return directory_watch(u, u->pools, f) < 0 ? -1 : directory_watch(u, u->registers, f);
}

void usage_release(struct usage *u)
{
	fd_release(&u->inotify);
}

void usage_drain(const struct usage *u)
{
	char events[4096] __attribute__((aligned(8)));

	while (read(u->inotify, events, sizeof events) > 0)
		continue;
}

/* Removes the file of an ADD that was killed: nobody holds its lock. */
static bool want_lives(int directory, const char *name)
{
	OWNED(fd_release)
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	unlinkat(directory, name, 0);
	return false;
}

uint32_t usage_waiting(const struct usage *u, const char *pool)
{
	OWNED(entries_release) struct entries e;
	char prefix[POOL_NAME + 16];
	const char *name;
	uint32_t n = 0;

	const int length = snprintf(prefix, sizeof prefix, WANT_PREFIX "%s.", pool);
	OWNED(fd_release)
	int directory = openat(AT_FDCWD, u->pools, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	entries_begin(&e, openat(AT_FDCWD, u->pools, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	while (e.fd >= 0 && (name = entries_next(&e)))
		n += strncmp(name, prefix, (size_t)length) == 0 && want_lives(directory, name);
	return n;
}

/* Returns the store's path with its last component cut off, or NULL if nobody has the pool. */
static const char *store_split(const struct claimer *c, char path[static PATH_MAX],
                               struct failure *f)
{
	const ssize_t length = held_store(c->name, path);
	char *slash = length > 0 ? strrchr(path, '/') : NULL;

	if (length < 0 || (length > 0 && (*path != '/' || !slash || !slash[1])))
		fail(f, CNI_IO, length < 0 ? errno_text(errno) : "it names no directory",
		     "find the network that has pool %s", c->name);
	if (!slash)
		return NULL;
	*slash = '\0';
	return slash + 1;
}

struct used {
	struct sticky *sticky;
	mask *stakes; /* of each stake */
	uint32_t strays;
};

static bool is_of_pool(const struct claimer *c, const struct ip *first, unsigned bit)
{
	for (size_t i = 0; c->pool && i < c->pool->n_sets; i++)
		if (set_usable(&c->pool->sets[i], first) >> bit & 1)
			return true;
	return false;
}

static void used_note(const struct claimer *c, const struct ip *ip, struct used *used)
{
	const number at = ip_number(ip);
	const unsigned bit = (unsigned)(at % BLOCK_SIZE);
	const struct ip first = number_ip(ip->family, at - bit);
	const struct stake *s = claimer_find(c, &first);

	if (sticky_use(used->sticky, ip))
		return;
	if (s)
		used->stakes[s - c->stakes] |= (mask)(1u << bit);
	if (!(s && (claimer_own_any(c, &s->block) >> bit & 1)) && is_of_pool(c, &first, bit))
		used->strays++;
}

/* Collects the names in a directory that are addresses. */
static int used_collect(const struct claimer *c, int directory, struct used *used)
{
	OWNED(entries_release) struct entries e;
	const char *name;
	struct ip ip;

	entries_begin(&e, directory);
	while ((name = entries_next(&e)))
		if (store_name_parse(name, &ip))
			used_note(c, &ip, used);
	return errno ? -1 : 0;
}

static void masks_release(mask **masks)
{
	free(*masks);
}

int usage_read(const struct usage *u, struct claimer *c, struct sticky *s, int64_t now,
               uint32_t *strays, struct failure *f)
{
	const uint32_t events = IN_CREATE | IN_DELETE | IN_MOVE | IN_ONLYDIR | IN_DONT_FOLLOW;
	OWNED(masks_release) mask *stakes = calloc(c->n_stakes + 1, sizeof *stakes);
	struct used used = { .sticky = s, .stakes = stakes };
	char path[PATH_MAX];

	if (!stakes)
		return fail_errno(f, ENOMEM, "read what is used of pool %s", c->name);
	const char *network = store_split(c, path, f);
	if (!network && f->code)
		return -1;
	c->wanted = network != NULL;
	if (network) {
		path[strlen(path)] = '/';
		inotify_add_watch(u->inotify, path, events);
		const int directory =
		        openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (directory < 0 ? errno != ENOENT : used_collect(c, directory, &used) < 0)
			return fail(f, CNI_IO, errno_text(errno), "read %s", path);
	}
	for (size_t i = 0; i < c->n_stakes; i++)
		claimer_use(&c->stakes[i], network ? used.stakes[i] : 0xffff, now);
	sticky_use_end(s, network, now);
	*strays = used.strays;
	return 0;
}

/* Returns the addresses that are leaving, and that the store has nevertheless. */
static mask leaving_used(const struct store *s, const struct stake *h)
{
	char holder[HOLDER_MAX + 1];
	mask used = 0;

	for (unsigned i = 0; i < BLOCK_SIZE; i++) {
		const struct ip ip = block_ip(&h->block.first, i);
		if ((h->leaving >> i & 1) && store_read(s, &ip, holder) != HOLDING_NONE)
			used |= (mask)(1u << i);
	}
	return used;
}

/* Returns FOUND if there is a store, with its lock held. Fails if nobody says where it is: an ADD
 * says so before addresses are claimed for it. */
static enum found store_begin(const struct claimer *c, struct store *s, struct failure *f)
{
	char path[PATH_MAX];
	const char *network = store_split(c, path, f);

	if (!network)
		return fail(f, CNI_IO, "the file is gone that names it",
		            "find the network that has pool %s", c->name);
	const enum found open = store_open(s, path, network, STORE_CHANGE, f);
	return open == FOUND ? store_lock(s, f) : open;
}

int usage_has(const struct claimer *c, const struct ip *ip, struct failure *f)
{
	OWNED(store_release) struct store s = STORE_CLOSED;
	const enum found open = store_begin(c, &s, f);
	char holder[HOLDER_MAX + 1];

	if (open != FOUND)
		return open == FOUND_NONE ? 0 : -1;
	return store_read(&s, ip, holder) != HOLDING_NONE;
}

int usage_prove(struct claimer *c, struct failure *f)
{
	OWNED(store_release) struct store s = STORE_CLOSED;
	const enum found open = store_begin(c, &s, f);

	for (size_t i = 0; i < c->n_stakes; i++) {
		struct stake *h = &c->stakes[i];
		if (open == FOUND_FAILED)
			claimer_prove(h, 0xffff);
		else if (h->leaving)
			claimer_prove(h, open == FOUND ? leaving_used(&s, h) : 0);
	}
	return open == FOUND_FAILED ? -1 : 0;
}
