/* SPDX-License-Identifier: Apache-2.0 */
/* Finding endpoints without their links, by their records and namespaces. */
#include "control/broken.h"

#include "base/name.h"
#include "record/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct search {
	struct broken *found;
	const struct broken_choice *choice;
	struct host host;
	struct failure *failure;
};

static void search_release(struct search *s)
{
	host_release(&s->host);
}

void broken_release(struct broken *b)
{
	for (size_t i = 0; i < b->n; i++)
		text_release(&b->list[i].container_id);
	free(b->list);
}

static bool is_chosen(const char *container_id, const char *ifname, void *data)
{
	const struct search *s = data;

	(void)container_id;
	return !s->choice->ifname || strcmp(s->choice->ifname, ifname) == 0;
}

/* Whether a repair may help. The repair itself decides, when it owns the attachment. */
static bool is_broken(const struct search *s, const struct endpoint *e)
{
	OWNED(sandbox_release) struct sandbox sandbox = SANDBOX_CLOSED;
	struct failure ignored = { 0 };
	struct link link;

	if (endpoint_is_newer(e) || (!e->ready && !e->repairing) ||
	    endpoint_sandbox(e, NULL, &s->host, 0, &sandbox, &ignored) != FOUND)
		return false;
	return e->repairing || endpoint_link(e, &sandbox, &link, &ignored) == FOUND_NONE;
}

static int visit(const struct endpoint *e, const struct failure *error, void *data)
{
	struct search *s = data;
	struct broken *b = s->found;
	const char *master = s->choice->master;

	if (error || (master && (!e->master || strcmp(e->master, master) != 0)))
		return 0;
	b->seen++;
	if (!is_broken(s, e))
		return 0;
	struct broken_endpoint *grown = realloc(b->list, (b->n + 1) * sizeof *grown);
	if (grown)
		b->list = grown;
	char *id = grown ? strdup(e->container_id) : NULL;
	if (!id)
		return fail_errno(s->failure, ENOMEM, "list the endpoints");
	struct broken_endpoint *it = &b->list[b->n++];
	*it = (struct broken_endpoint){ .container_id = id,
		                        .tap = e->tap.path ? e->tap.number : 0 };
	snprintf(it->ifname, sizeof it->ifname, "%s", e->ifname);
	snprintf(it->master, sizeof it->master, "%s", e->master ? e->master : "");
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct broken_endpoint *x = a, *y = b;

	return x->tap < y->tap ? -1 : x->tap > y->tap;
}

int broken_find(struct broken *b, const struct broken_choice *choice, struct failure *missed,
                struct failure *f)
{
	OWNED(search_release)
	struct search s = { .found = b, .choice = choice, .host = HOST_CLOSED, .failure = f };
	const struct endpoint_visit visitor = { .on_record = visit,
		                                .data = &s,
		                                .matters = is_chosen };
	const char *id = choice->container_id;

	*b = (struct broken){ .list = NULL };
	if (host_open(&s.host, f) < 0)
		return -1;
	const int visited = !id                    ? endpoint_each(&visitor, missed)
	                    : identifier_valid(id) ? endpoint_each_of(id, &visitor, missed)
	                                           : 0;
	if (visited < 0 && f->code)
		return -1;
	if (b->n)
		qsort(b->list, b->n, sizeof *b->list, compare);
	return 0;
}
