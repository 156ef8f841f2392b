/* SPDX-License-Identifier: Apache-2.0 */
/* Finding what has no record. The objects are listed before the records are read: a call records
 * an object before it makes it, so one without a record is nobody's. */
#include "control/leftovers.h"

#include "base/file.h"
#include "control/host_entries.h"
#include "netns/char_link.h"
#include "netns/tap.h"
#include "plugin/cdi.h"
#include "record/ifindex.h"
#include "record/owner.h"
#include "record/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct sweep {
	bool remove;
	size_t n;
	int devices; /* owned; -1: there is no directory of devices */
	int owner;   /* owned; -1: no call can own an attachment */
	struct failure *failure;
};

static void sweep_release(struct sweep *s)
{
	fd_release(&s->devices);
	fd_release(&s->owner);
}

static void told(struct sweep *s, const char *what, const char *name)
{
	s->n++;
	printf("%s %s: %s\n", what, name, s->remove ? "removed" : "left behind");
}

/* Interface indices: of CDI devices, or of records. */
struct indices {
	uint32_t *at; /* owned */
	size_t n;
	bool failed;
};

static void indices_release(struct indices *i)
{
	free(i->at);
}

static void indices_add(struct indices *i, uint32_t index)
{
	uint32_t *grown = realloc(i->at, (i->n + 1) * sizeof *grown);

	i->failed |= !grown;
	if (!grown)
		return;
	i->at = grown;
	i->at[i->n++] = index;
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static void on_tap(const struct cdi_tap *tap, void *data)
{
	indices_add(data, tap->ifindex);
}

struct records {
	struct indices indices; /* sorted */
	struct failure *failure;
};

static void records_release(struct records *r)
{
	indices_release(&r->indices);
}

static int on_record(const struct endpoint *e, const struct failure *error, void *data)
{
	struct records *r = data;

	if (error)
		return failure_join(r->failure, error);
	indices_add(&r->indices, e->ifindex);
	return 0;
}

/* Collects the indices on record, sorted. Fails if a record cannot be read. */
static int recorded(struct records *r, struct failure *f)
{
	const struct endpoint_visit visitor = { .on_record = on_record, .data = r };

	r->failure = f;
	if (endpoint_each(&visitor, f) < 0)
		return -1;
	if (r->indices.failed)
		return fail_errno(f, ENOMEM, "list the endpoints");
	if (r->indices.n)
		qsort(r->indices.at, r->indices.n, sizeof *r->indices.at, by_number);
	return 0;
}

static bool is_recorded(const struct records *r, uint32_t index)
{
	return r->indices.n &&
	       bsearch(&index, r->indices.at, r->indices.n, sizeof index, by_number);
}

/* Whether a tap has a node: then a link may have it that nothing records. */
static bool has_node(const struct sweep *s, uint32_t ifindex)
{
	struct tap_node node = { .exists = true };
	struct failure ignored = { 0 };

	return s->devices >= 0 &&
	       (tap_look(s->devices, ifindex, &node, &ignored) < 0 || node.exists);
}

static int devices_sweep(struct sweep *s)
{
	OWNED(indices_release) struct indices taps = { .at = NULL };
	OWNED(records_release) struct records r = { .failure = NULL };
	struct failure *f = s->failure;
	char name[32];
	dev_t number;

	if (cdi_each(on_tap, &taps, f) < 0)
		return -1;
	if (taps.failed)
		return fail_errno(f, ENOMEM, "list the CDI devices");
	if (taps.n && recorded(&r, f) < 0)
		return -1;
	for (size_t i = 0; i < taps.n; i++) {
		if (is_recorded(&r, taps.at[i]) || has_node(s, taps.at[i]))
			continue;
		if (s->remove && cdi_remove_unrecorded(taps.at[i], &number, f) < 0)
			return -1;
		snprintf(name, sizeof name, "of tap%u", taps.at[i]);
		told(s, "CDI device", name);
	}
	return 0;
}

struct claims {
	struct claim {
		uint32_t index;
		struct attachment_name owner;
	} * at; /* owned */
	size_t n;
	bool failed;
};

static void claims_release(struct claims *c)
{
	free(c->at);
}

static void on_claim(uint32_t index, const struct attachment_name *owner, void *data)
{
	struct claims *c = data;
	struct claim *grown = realloc(c->at, (c->n + 1) * sizeof *grown);

	c->failed |= !grown;
	if (!grown)
		return;
	c->at = grown;
	c->at[c->n++] = (struct claim){ index, *owner };
}

/* Whether the claim's attachment has no record, or has another index on it. */
static bool is_left(const struct claim *c)
{
	OWNED(endpoint_release) struct endpoint e = { .source = NULL };
	struct failure unreadable = { 0 };
	const enum found found =
	        endpoint_read(c->owner.container_id, c->owner.ifname, &e, &unreadable);

	return found == FOUND_NONE || (found == FOUND && e.ready && e.ifindex != c->index);
}

/* Decides it again while no call can work on the attachment. */
static int claim_sweep(struct sweep *s, const struct claim *c)
{
	const char *id = c->owner.container_id, *ifname = c->owner.ifname;
	struct failure *f = s->failure;
	char name[16];

	if (!is_left(c))
		return 0;
	const int ours = s->owner < 0 ? 1 : owner_become(s->owner, id, ifname, 0, f);
	if (ours <= 0)
		return ours;
	const bool left = is_left(c);
	const int released = left && s->remove ? ifindex_release(c->index, id, ifname, f) : 0;
	if (s->owner >= 0)
		owner_resign(s->owner, id, ifname);
	snprintf(name, sizeof name, "%u", c->index);
	if (left && released == 0)
		told(s, "interface index", name);
	return released;
}

static int claims_sweep(struct sweep *s)
{
	OWNED(claims_release) struct claims all = { .at = NULL };

	if (ifindex_each(on_claim, &all, s->failure) < 0)
		return -1;
	if (all.failed)
		return fail_errno(s->failure, ENOMEM, "list the interface indices");
	for (size_t i = 0; i < all.n; i++)
		if (claim_sweep(s, &all.at[i]) < 0)
			return -1;
	return 0;
}

struct links {
	struct sweep *sweep;
	struct records records;
};

static void links_release(struct links *l)
{
	records_release(&l->records);
}

static bool link_is_left(const char *name, uint32_t ifindex, void *data)
{
	const struct links *l = data;

	if (is_recorded(&l->records, ifindex))
		return false;
	told(l->sweep, "link of the device number", name);
	return l->sweep->remove;
}

static int links_sweep(struct sweep *s)
{
	OWNED(links_release) struct links l = { .sweep = s };

	if (s->devices < 0)
		return 0;
	if (recorded(&l.records, s->failure) < 0)
		return -1;
	return char_link_sweep(s->devices, link_is_left, &l, s->failure);
}

struct entries {
	struct sweep *sweep;
	struct left_entry {
		const struct host_program *program;
		uint32_t master;
		struct mac mac;
	} * at; /* owned */
	size_t n;
};

static void entries_free(struct entries *e)
{
	free(e->at);
}

static int on_entry(const struct host_program *program, const struct link *master,
                    const struct mac *mac, void *data)
{
	struct entries *e = data;
	struct left_entry *grown = realloc(e->at, (e->n + 1) * sizeof *grown);

	if (!grown)
		return fail_errno(e->sweep->failure, ENOMEM, "list the entries of masters");
	e->at = grown;
	e->at[e->n++] = (struct left_entry){ program, master->index, *mac };
	return 0;
}

/* No call can add an entry meanwhile: it takes the lock of the state for that. */
static int entries_sweep(struct sweep *s)
{
	OWNED(entries_free) struct entries e = { .sweep = s };
	OWNED(rtnl_release) struct rtnl nl = { .fd = -1 };
	OWNED(fd_release) int lock = s->remove ? state_lock(s->failure) : -1;
	const struct host_entries_visit visit = { .on_entry = on_entry, .data = &e, .whole = true };
	char mac[MAC_TEXT], what[48];

	if ((s->remove && lock < 0) || rtnl_open(&nl, s->failure) < 0 ||
	    host_entries_unrecorded(&visit, s->failure) < 0)
		return -1;
	for (size_t i = 0; i < e.n; i++) {
		const struct left_entry *left = &e.at[i];
		if (s->remove &&
		    left->program->remove(&nl, left->master, &left->mac, s->failure) < 0)
			return -1;
		snprintf(what, sizeof what, "entry of %s", left->program->key);
		told(s, what, mac_format(&left->mac, mac));
	}
	return 0;
}

static bool matters(const char *container_id, const char *ifname, void *data)
{
	(void)container_id, (void)ifname, (void)data;
	return false;
}

/* A killed call may leave a container's empty directory. */
static int directories_sweep(struct sweep *s)
{
	const struct endpoint_visit visitor = { .matters = matters, .sweep = true };

	return s->remove ? endpoint_each(&visitor, s->failure) : 0;
}

int leftovers_sweep(bool remove, size_t *n, struct failure *f)
{
	static int (*const sweeps[])(struct sweep *) = { devices_sweep, claims_sweep, links_sweep,
		                                         entries_sweep, directories_sweep };
	OWNED(sweep_release) struct sweep s = { .remove = remove, .devices = -1, .owner = -1 };
	struct failure none = { 0 }, why = { 0 };

	s.devices = device_open(&none);
	s.owner = owner_open_undoing(&why);
	for (size_t i = 0; i < sizeof sweeps / sizeof *sweeps; i++) {
		s.failure = &why;
		if (why.code || sweeps[i](&s) < 0)
			failure_join(f, &why);
		failure_clear(&why);
	}
	*n = s.n;
	return f->code ? -1 : 0;
}
