/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the entries without a record, and removing them. */
#include "plugin/host_sweep.h"

#include "netns/fdb.h"
#include "plugin/host_entry.h"
#include "record/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct entry {
	struct mac mac;
	uint64_t owner;
	bool recorded;
	bool used; /* a link on the master has the MAC address */
};

struct sweep {
	const struct host_program *program;
	struct rtnl *host;
	const struct link *master;
	struct entry *entry; /* owned, sorted by owner */
	size_t n;
	size_t room;
	bool failed; /* there was no memory */
};

static void sweep_release(struct sweep *s)
{
	free(s->entry);
}

static void on_entry(const struct mac *mac, uint64_t owner, void *data)
{
	struct sweep *s = data;

	if (s->n == s->room) {
		const size_t room = s->room ? 2 * s->room : 64;
		struct entry *grown = realloc(s->entry, room * sizeof *grown);
		s->failed |= !grown;
		if (!grown)
			return;
		s->entry = grown;
		s->room = room;
	}
	s->entry[s->n++] = (struct entry){ .mac = *mac, .owner = owner };
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->owner < y->owner ? -1 : x->owner > y->owner;
}

/* The name of a record is enough, so that none is read. An attachment has one entry, but may have
 * left one of a former MAC address. */
static bool on_name(const char *container_id, const char *ifname, void *data)
{
	struct sweep *s = data;
	const struct entry wanted = { .owner = host_entry_owner(container_id, ifname) };
	struct entry *at = s->n ? bsearch(&wanted, s->entry, s->n, sizeof wanted, compare) : NULL;

	while (at && at > s->entry && at[-1].owner == wanted.owner)
		at--;
	for (; at && at < s->entry + s->n && at->owner == wanted.owner; at++)
		at->recorded = true;
	return false;
}

static int on_record(const struct endpoint *e, const struct failure *error, void *data)
{
	(void)e;
	(void)error;
	(void)data;
	return 0;
}

/* List the entries, then the records. Returns the number of entries without a record, or -1. */
static int find_unrecorded(struct sweep *s, struct failure *f)
{
	const struct endpoint_visit visit = { on_record, s, on_name, false };
	int n = 0;

	s->n = 0;
	if (s->program->each(s->host, s->master->index, on_entry, s, f) == FOUND_FAILED)
		return -1;
	if (s->failed)
		return fail_errno(f, ENOMEM, "list the entries of %s", s->program->key);
	if (s->n)
		qsort(s->entry, s->n, sizeof *s->entry, compare);
	if (s->n && endpoint_each(&visit, f) < 0)
		return -1;
	for (size_t i = 0; i < s->n; i++)
		n += !s->entry[i].recorded;
	return n;
}

static void on_mac(const struct mac *mac, void *data)
{
	struct sweep *s = data;

	for (size_t i = 0; i < s->n; i++)
		if (!s->entry[i].recorded && mac_equal(&s->entry[i].mac, mac))
			s->entry[i].used = true;
}

static int remove_stale(struct sweep *s, struct failure *f)
{
	char text[MAC_TEXT];
	int removed = 0;

	if (fdb_each(s->host, s->master->index, on_mac, s, f) < 0)
		return -1;
	for (size_t i = 0; i < s->n; i++) {
		const struct entry *entry = &s->entry[i];
		if (entry->recorded || entry->used)
			continue;
		if (s->program->remove(s->host, s->master->index, &entry->mac, f) < 0)
			return -1;
		fprintf(stderr, "podtap: %s on %s: entry %s of no endpoint: removed\n",
		        s->program->key, s->master->name, mac_format(&entry->mac, text));
		removed++;
	}
	return removed;
}

/* Look without the lock first: nearly always nothing is stale, and ADDs need not wait then. */
int host_sweep(const struct host_program *program, struct rtnl *host, const struct link *master,
               struct failure *f)
{
	OWNED(sweep_release)
	struct sweep s = { .program = program, .host = host, .master = master };
	const int unrecorded = find_unrecorded(&s, f);

	if (unrecorded <= 0)
		return unrecorded;
	OWNED(fd_release) int lock = state_lock(f);
	if (lock < 0 || find_unrecorded(&s, f) < 0)
		return -1;
	return remove_stale(&s, f);
}
