/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the IPPools that have addresses of a pool. Two of whereabouts' ranges may overlap. It
 * keeps them apart by a reservation of each address, which its reconciler removes unless a living
 * pod has it. So we have no such reservations: our entries are in every IPPool that overlaps. */
#include "expose/addresses/sharing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LIST_PATH = 256 };

static void partner_release(struct partner *p)
{
	free(p->places);
}

void sharing_release(struct sharing *s)
{
	for (size_t i = 0; i < s->n; i++)
		partner_release(&s->partners[i]);
	free(s->partners);
}

struct partner *sharing_find(const struct sharing *s, const char *pool)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->partners[i].pool, pool) == 0)
			return &s->partners[i];
	return NULL;
}

/* Returns room for one more partner, which is zero, or NULL without memory. */
static struct partner *partner_add(struct sharing *s)
{
	struct partner *grown = realloc(s->partners, (s->n + 1) * sizeof *grown);

	if (!grown)
		return NULL;
	s->partners = grown;
	grown[s->n] = (struct partner){ .n_own = 0 };
	return &grown[s->n++];
}

static bool is_known(const struct partner *p, const char *name)
{
	for (size_t i = 0; i < p->n_places; i++)
		if (strcmp(p->places[i].name, name) == 0)
			return true;
	return false;
}

/* Adds an IPPool, unless it is known. Returns false without memory. */
static bool place_add(struct partner *p, struct kube_client *client, const char *name,
                      const struct cidr *subnet)
{
	if (is_known(p, name))
		return true;
	struct ippool_place *grown = realloc(p->places, (p->n_places + 1) * sizeof *grown);
	if (!grown)
		return false;
	p->places = grown;
	struct ippool_place *place = &grown[p->n_places++];
	*place = (struct ippool_place){ .client = client, .subnet = *subnet };
	memcpy(place->namespace, p->shared.namespace, sizeof place->namespace);
	snprintf(place->name, sizeof place->name, "%s", name);
	return true;
}

static bool is_same(const struct partner *known, const struct address_pool *p)
{
	bool same = known->n_own == p->n_sets &&
	            strcmp(known->shared.namespace, p->shared.namespace) == 0 &&
	            strcmp(known->shared.network_name, p->shared.network_name) == 0;

	for (size_t i = 0; same && i < p->n_sets; i++) {
		const struct cidr *a = &known->places[i].subnet, *b = &p->sets[i].range.subnet;
		same = a->prefix == b->prefix && ip_equal(&a->ip, &b->ip);
	}
	return same;
}

bool sharing_note(struct sharing *s, struct kube_client *client, const struct address_pool *p)
{
	struct partner *known = sharing_find(s, p->name);
	char name[IPPOOL_NAME];

	if (!p->shared.with_whereabouts) {
		if (known) {
			partner_release(known);
			*known = s->partners[--s->n];
		}
		return true;
	}
	if (known && is_same(known, p))
		return true;
	if (known)
		partner_release(known);
	else
		known = partner_add(s);
	if (!known)
		return false;
	*known = (struct partner){ .shared = p->shared };
	memcpy(known->pool, p->name, sizeof known->pool);
	for (size_t i = 0; i < p->n_sets; i++) {
		const struct cidr *subnet = &p->sets[i].range.subnet;
		if (!place_add(known, client, ippool_name(p->shared.network_name, subnet, name),
		               subnet))
			return false;
	}
	known->n_own = known->n_places;
	return true;
}

bool place_covers(const struct ippool_place *p, const struct ip *first)
{
	const struct span all = cidr_span(&p->subnet);
	const number at = ip_number(first);

	return all.family == first->family && at + BLOCK_SIZE > all.first && at <= all.last;
}

static bool overlaps(const struct partner *p, const struct cidr *subnet)
{
	const struct span a = cidr_span(subnet);

	for (size_t i = 0; i < p->n_own; i++) {
		const struct span b = cidr_span(&p->places[i].subnet);
		if (a.family == b.family && a.first <= b.last && b.first <= a.last)
			return true;
	}
	return false;
}

static struct kube_client *client_of(const struct partner *p)
{
	return p->places[0].client;
}

static const char look_what[] = "look for IPPools of whereabouts that overlap";

static enum engine_answer list_get(const struct partner *p, const char *resource,
                                   enum kube_accept accept, cJSON **list, struct failure *f)
{
	char path[LIST_PATH];
	const struct kube_request r = { look_what, "GET", path, NULL, accept };

	snprintf(path, sizeof path, IPPOOL_API "%s/%s", p->shared.namespace, resource);
	return kube_call(client_of(p), &r, list, f);
}

static enum engine_answer looked(bool added, enum engine_answer got, struct failure *f)
{
	if (added)
		return got == ENGINE_NONE ? ENGINE_OK : got;
	fail_errno(f, ENOMEM, "%s", look_what);
	return ENGINE_REFUSED;
}

static bool place_offer(struct partner *p, const char *name)
{
	struct cidr subnet;

	return !name || !ippool_name_parse(p->shared.network_name, name, &subnet) ||
	       !overlaps(p, &subnet) || place_add(p, client_of(p), name, &subnet);
}

/* A table has the names alone, where an IPPool may have a megabyte. */
static enum engine_answer ranges_look(struct partner *p, struct failure *f)
{
	OWNED(json_release) cJSON *list = NULL;
	const enum engine_answer got =
	        list_get(p, "ippools?includeObject=None", KUBE_TABLE, &list, f);
	const cJSON *item;
	bool added = true;

	cJSON_ArrayForEach(item, json_member(list, "rows"))
	{
		added = added &&
		        place_offer(p,
		                    json_string(cJSON_GetArrayItem(json_member(item, "cells"), 0)));
	}
	return looked(added, got, f);
}

/* The IPPool of a node's part is named by the node. It may not exist yet. */
static bool slice_offer(struct partner *p, const cJSON *allocation)
{
	const char *node = json_string(json_member(allocation, "nodeName"));
	const char *range = json_string(json_member(allocation, "sliceRange"));
	const char *network_name = p->shared.network_name;
	char before[POOL_NAME + NODE_NAME], name[IPPOOL_NAME];
	struct cidr subnet;

	if (!node || !*node || !range || !kube_name_valid(node) || !cidr_parse(range, &subnet) ||
	    !overlaps(p, &subnet))
		return true;
	snprintf(before, sizeof before, "%s%s%.253s", network_name, *network_name ? "-" : "", node);
	return place_add(p, client_of(p), ippool_name(before, &subnet, name), &subnet);
}

static enum engine_answer slices_look(struct partner *p, struct failure *f)
{
	OWNED(json_release) cJSON *list = NULL;
	const enum engine_answer got = list_get(p, "nodeslicepools", KUBE_OPTIONAL, &list, f);
	const char *wanted = p->shared.network_name;
	const cJSON *item, *allocation;
	bool added = true;

	cJSON_ArrayForEach(item, json_member(list, "items"))
	{
		const char *name = json_string(json_member(json_member(item, "metadata"), "name"));
		if (*wanted && name && strcmp(name, wanted) != 0)
			continue;
		cJSON_ArrayForEach(allocation,
		                   json_member(json_member(item, "status"), "allocations"))
		{
			added = added && slice_offer(p, allocation);
		}
	}
	return looked(added, got, f);
}

/* Those of former times stay: their entries are still given back. */
enum engine_answer sharing_look(struct partner *p, struct failure *f)
{
	enum engine_answer got = ranges_look(p, f);

	if (got == ENGINE_OK)
		got = slices_look(p, f);
	p->looked |= got == ENGINE_OK;
	return got;
}
