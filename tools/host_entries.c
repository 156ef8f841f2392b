/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing the entries of every master with the records. */
#include "tools/host_entries.h"

#include "netns/host_access.h"
#include "netns/link_watch.h"
#include "record/endpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	uint32_t ifindex; /* of the master */
	struct mac mac;
};

struct comparison {
	const struct host_entries_visit *visit;
	struct rtnl nl;
	struct entry *recorded; /* owned, sorted */
	size_t n;
	const struct link *master; /* whose entries are compared now */
	bool failed;
	struct failure *failure;
};

static void comparison_release(struct comparison *c)
{
	rtnl_release(&c->nl);
	free(c->recorded);
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->ifindex != y->ifindex)
		return x->ifindex < y->ifindex ? -1 : 1;
	return memcmp(x->mac.byte, y->mac.byte, sizeof x->mac.byte);
}

static int on_record(const struct endpoint *e, const struct failure *error, void *data)
{
	struct comparison *c = data;

	if (error || !e->host_access)
		return 0;
	struct entry *grown = realloc(c->recorded, (c->n + 1) * sizeof *grown);
	if (!grown)
		return fail_errno(c->failure, ENOMEM, "list the entries of hostAccess");
	c->recorded = grown;
	c->recorded[c->n++] = (struct entry){ e->host_access, e->mac };
	return 0;
}

static void on_mac(const struct mac *mac, uint64_t owner, void *data)
{
	struct comparison *c = data;
	const struct entry entry = { c->master->index, *mac };

	(void)owner;
	if (!c->failed && (!c->n || !bsearch(&entry, c->recorded, c->n, sizeof entry, compare)))
		c->failed = c->visit->on_entry(c->master, mac, c->visit->data) < 0;
}

static void on_link(const struct link *link, bool gone, void *data)
{
	struct comparison *c = data;
	OWNED(host_access_release) struct host_access access = HOST_ACCESS_CLOSED;

	if (gone || c->failed)
		return;
	c->master = link;
	const enum found found = host_access_find(&access, &c->nl, link->index, c->failure);
	if (found == FOUND_FAILED ||
	    (found == FOUND && host_access_each(&access, on_mac, c, c->failure) < 0))
		c->failed = true;
}

int host_entries_unrecorded(const struct host_entries_visit *v, struct failure *f)
{
	OWNED(comparison_release)
	struct comparison c = { .visit = v, .nl = { .fd = -1 }, .failure = f };
	OWNED(rtnl_release) struct rtnl links = { .fd = -1 };
	const struct endpoint_visit visitor = { .on_record = on_record, .data = &c };
	struct failure unreadable = { 0 }, none = { 0 };

	if (host_access_supported(&none) < 0 && errno == ENOSYS)
		return 0;
	if (endpoint_each(&visitor, &unreadable) < 0 && f->code)
		return -1;
	if (c.n)
		qsort(c.recorded, c.n, sizeof *c.recorded, compare);
	if (rtnl_open(&links, f) < 0 || rtnl_open(&c.nl, f) < 0 ||
	    link_each(&links, NULL, on_link, &c, f) < 0)
		return -1;
	return c.failed ? -1 : 0;
}
