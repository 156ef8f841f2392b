/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing a store's reservations with the records. */
#include "control/reservations.h"

#include "base/name.h"
#include "control/runtime_cache.h"
#include "ipam/ipam_config.h"
#include "ipam/store.h"
#include "record/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct search {
	struct reservations *all;
	const struct request *request;
	struct failure *failure;
};

void reservations_release(struct reservations *r)
{
	free(r->at);
	r->at = NULL;
	r->n = 0;
}

/* Parses "<containerID>\r\n<ifname>". Returns false for another text, such as that of an old
 * host-local, which names no interface. */
static bool holder_parse(const char *holder, struct reserved *r)
{
	const char *end = strstr(holder, "\r\n");
	const size_t length = end ? (size_t)(end - holder) : 0;

	if (!length || length >= sizeof r->container_id || strlen(end + 2) >= sizeof r->ifname ||
	    strchr(end + 2, '/') || !end[2])
		return false;
	snprintf(r->container_id, sizeof r->container_id, "%.*s", (int)length, holder);
	snprintf(r->ifname, sizeof r->ifname, "%s", end + 2);
	return identifier_valid(r->container_id);
}

/* Whether the attachment may exist: a record that cannot be read counts. */
static bool may_exist(const struct search *s, const struct reserved *r)
{
	OWNED(endpoint_release) struct endpoint e = { .source = NULL };
	struct failure unreadable = { 0 };

	return endpoint_read(r->container_id, r->ifname, &e, &unreadable) != FOUND_NONE ||
	       runtime_cache_has(s->request->name, r->container_id, r->ifname);
}

static int visit(const struct reservation *r, void *data)
{
	const struct search *s = data;
	struct reserved one;

	if (r->holding != HOLDING_SOMEONE || !holder_parse(r->holder, &one) || may_exist(s, &one))
		return 0;
	struct reserved *grown = realloc(s->all->at, (s->all->n + 1) * sizeof *grown);
	if (!grown)
		return fail_errno(s->failure, ENOMEM, "list the reservations");
	ip_format(r->ip, one.address);
	s->all->at = grown;
	s->all->at[s->all->n++] = one;
	return 0;
}

bool reservations_are_kept(const char *type)
{
	return (strcmp(type, "podtap-ipam") == 0 || strcmp(type, "host-local") == 0);
}

int reservations_find(struct reservations *all, const struct request *r, struct failure *f)
{
	OWNED(store_release) struct store store = STORE_CLOSED;
	struct search search = { all, r, f };
	const struct store_visit visitor = { visit, &search };
	const char *data_dir;

	*all = (struct reservations){ .at = NULL };
	if (ipam_data_dir(r->json, &data_dir, f) < 0)
		return -1;
	const enum found open = store_open(&store, data_dir, r->name, STORE_LOOK, f);
	if (open != FOUND)
		return open == FOUND_NONE ? 0 : -1;
	return store_each(&store, &visitor, f);
}
