/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing the entries of every master with the records. */
#include "control/host_entries.h"

#include "netns/link_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	const struct host_program *program;
	uint32_t ifindex; /* of the master */
	struct mac mac;
};

/* A master that has a program. */
struct guarded {
	const struct host_program *program;
	struct link link;
};

struct comparison {
	const struct host_entries_visit *visit;
	struct rtnl nl;
	struct guarded *masters; /* owned */
	size_t n_masters;
	struct entry *recorded; /* owned, sorted */
	size_t n;
	const struct guarded *master; /* whose entries are compared now */
	bool failed;
	struct failure *failure;
};

static void comparison_release(struct comparison *c)
{
	rtnl_release(&c->nl);
	free(c->masters);
	free(c->recorded);
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->program != y->program)
		return x->program < y->program ? -1 : 1;
	if (x->ifindex != y->ifindex)
		return x->ifindex < y->ifindex ? -1 : 1;
	return memcmp(x->mac.byte, y->mac.byte, sizeof x->mac.byte);
}

static int no_memory(const struct comparison *c)
{
	return fail_errno(c->failure, ENOMEM, "list the entries of masters");
}

/* Note a link that has a program. A kernel without eBPF has none. */
static int program_note(struct comparison *c, const struct host_program *program,
                        const struct link *link)
{
	struct failure why;

	failure_clear(&why);
	const enum found found = program->each(&c->nl, link->index, NULL, NULL, &why);
	if (found == FOUND_FAILED && errno != ENOSYS)
		return failure_pass(c->failure, &why);
	if (found != FOUND)
		return 0;
	struct guarded *grown = realloc(c->masters, (c->n_masters + 1) * sizeof *grown);
	if (!grown)
		return no_memory(c);
	c->masters = grown;
	c->masters[c->n_masters++] = (struct guarded){ program, *link };
	return 0;
}

static void on_link(const struct link *link, bool gone, void *data)
{
	struct comparison *c = data;

	for (size_t i = 0; i < HOST_PROGRAMS && !gone && !c->failed; i++)
		c->failed = program_note(c, &host_programs[i], link) < 0;
}

static int on_record(const struct endpoint *e, const struct failure *error, void *data)
{
	struct comparison *c = data;

	if (error && c->visit->whole)
		return failure_pass(c->failure, error);
	for (size_t i = 0; i < HOST_PROGRAMS && !error; i++) {
		const uint32_t master = host_programs[i].recorded(e);
		if (!master)
			continue;
		struct entry *grown = realloc(c->recorded, (c->n + 1) * sizeof *grown);
		if (!grown)
			return no_memory(c);
		c->recorded = grown;
		c->recorded[c->n++] = (struct entry){ &host_programs[i], master, e->mac };
	}
	return 0;
}

static void on_mac(const struct mac *mac, uint64_t owner, void *data)
{
	struct comparison *c = data;
	const struct guarded *m = c->master;
	const struct entry entry = { m->program, m->link.index, *mac };

	(void)owner;
	if (!c->failed && (!c->n || !bsearch(&entry, c->recorded, c->n, sizeof entry, compare)))
		c->failed = c->visit->on_entry(m->program, &m->link, mac, c->visit->data) < 0;
}

static int master_compare(struct comparison *c, const struct guarded *m)
{
	c->master = m;
	const enum found found = m->program->each(&c->nl, m->link.index, on_mac, c, c->failure);
	return found == FOUND_FAILED || c->failed ? -1 : 0;
}

int host_entries_unrecorded(const struct host_entries_visit *v, struct failure *f)
{
	OWNED(comparison_release)
	struct comparison c = { .visit = v, .nl = { .fd = -1 }, .failure = f };
	OWNED(rtnl_release) struct rtnl links = { .fd = -1 };
	const struct endpoint_visit visitor = { .on_record = on_record, .data = &c };
	struct failure unreadable = { 0 };

	if (rtnl_open(&links, f) < 0 || rtnl_open(&c.nl, f) < 0 ||
	    link_each(&links, NULL, on_link, &c, f) < 0 || c.failed)
		return -1;
	/* On most hosts no master has a program: then all records need not be read once more. */
	if (!c.n_masters)
		return 0;
	if (endpoint_each(&visitor, &unreadable) < 0 && (f->code || v->whole))
		return f->code ? -1 : failure_pass(f, &unreadable);
	if (c.n)
		qsort(c.recorded, c.n, sizeof *c.recorded, compare);
	for (size_t i = 0; i < c.n_masters; i++)
		if (master_compare(&c, &c.masters[i]) < 0)
			return -1;
	return 0;
}
