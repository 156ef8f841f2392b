/* SPDX-License-Identifier: Apache-2.0 */
/* Which resources there are, and whether the interface of each is there. */
#include "expose/device-plugin/offers.h"

#include "expose/device-plugin/resources_file.h"

#include <string.h>

/* The file tells CNI calls; one that cannot be written is said, and tried again at the next news.
 */
static void file_write(struct offers *all)
{
	struct failure f = { 0 };
	const struct dp_entry *entries[DP_ENTRIES_MAX];

	for (size_t i = 0; i < all->n; i++)
		entries[i] = &all->offer[i]->entry;
	all->told = resources_file_write(entries, all->n, all->name_space, &f) == 0;
	if (!all->told)
		say_failure(&f);
}

static struct offer *offers_add(struct offers *all, const struct dp_entry *entry, struct failure *f)
{
	struct offer *o = offer_make(all->loop, &all->kubelet, all->name_space, entry, f);

	if (!o)
		return NULL;
	all->offer[all->n++] = o;
	all->told = false;
	return o;
}

static void look_up(struct offers *all, struct offer *o)
{
	struct failure f = { 0 };
	struct link link;
	const int found = link_by_name(&all->nl, o->entry.lower, &link, &f);

	if (found < 0)
		say_failure(&f);
	else
		offer_lower(o, found ? link.index : 0);
}

static struct offer *offer_of(const struct offers *all, const char *lower)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->offer[i]->entry.lower, lower) == 0)
			return all->offer[i];
	return NULL;
}

/* A port nothing is offered on yet becomes a resource. */
static void port_add(struct offers *all, const struct link *link)
{
	struct failure f = { 0 };
	struct dp_entry entry;

	if (offer_of(all, link->name))
		return;
	if (!dp_entry_of_link(link->name, &entry)) {
		say("%s is not offered: its name cannot be a resource's", link->name);
		return;
	}
	if (all->n == DP_ENTRIES_MAX) {
		if (!all->full)
			say("%s is not offered, nor what comes after it: there are %zu already",
			    link->name, all->n);
		all->full = true;
		return;
	}
	struct offer *o = offers_add(all, &entry, &f);
	if (!o) {
		say_failure(&f);
		return;
	}
	offer_lower(o, link->index);
	offer_register(o);
}

/* An interface is there, or was; whom that concerns is looked up, since a name may be an
 * alternative one, and news may be old. */
static void on_link(const struct link *link, bool gone, void *data)
{
	struct offers *all = data;

	for (size_t i = 0; i < all->n; i++) {
		const uint32_t lower = all->offer[i]->lower;
		if (lower ? lower == link->index : !gone)
			look_up(all, all->offer[i]);
	}
	if (all->ports && !gone && link_is_port(link))
		port_add(all, link);
}

static int look_at_all(struct offers *all, struct failure *f)
{
	OWNED(rtnl_release) struct rtnl dump = { .fd = -1 }; /* what it tells of is looked up */

	for (size_t i = 0; i < all->n; i++)
		look_up(all, all->offer[i]);
	if (!all->ports)
		return 0;
	return rtnl_open(&dump, f) < 0 ? -1 : link_each(&dump, on_link, all, f);
}

static void on_news(void *data, uint32_t events)
{
	struct offers *all = data;
	struct failure f = { 0 };
	const int read = link_watch_read(&all->news, on_link, all, &f);

	(void)events;
	if (read < 0 || (read == 0 && look_at_all(all, &f) < 0))
		say_failure(&f);
	if (!all->told)
		file_write(all);
}

static void on_kubelet(void *owner, bool anew)
{
	struct offers *all = owner;

	for (size_t i = 0; i < all->n; i++)
		offer_attend(all->offer[i], anew);
}

static int links_begin(struct offers *all, struct failure *f)
{
	if (link_watch_open(&all->news, f) < 0 || rtnl_open(&all->nl, f) < 0)
		return -1;
	all->watch = (struct watch){ all->news.nl.fd, on_news, all };
	return loop_watch(all->loop, &all->watch, EPOLLIN, f);
}

int offers_begin(struct offers *all, struct loop *loop, const struct dp_config *config,
                 const char *folder, struct failure *f)
{
	*all = (struct offers){ .loop = loop,
		                .name_space = config->name_space,
		                .ports = config->n == 0,
		                .kubelet.await = AWAIT_CLOSED,
		                .nl.fd = -1,
		                .news.nl.fd = -1 };
	if (kubelet_open(&all->kubelet, loop, folder, f) < 0 || links_begin(all, f) < 0)
		return -1;
	for (size_t i = 0; i < config->n; i++)
		if (!offers_add(all, &config->entries[i], f))
			return -1;
	if (look_at_all(all, f) < 0)
		return -1;
	file_write(all);
	for (size_t i = 0; i < all->n; i++)
		if (!all->offer[i]->lower)
			say("%s: there is no %s yet", all->offer[i]->resource,
			    all->offer[i]->entry.lower);
	return 0;
}

void offers_register(struct offers *all)
{
	all->kubelet.changed = on_kubelet;
	all->kubelet.owner = all;
	for (size_t i = 0; i < all->n; i++)
		offer_register(all->offer[i]);
}

void offers_release(struct offers *all)
{
	for (size_t i = 0; i < all->n; i++)
		offer_free(all->offer[i]);
	all->n = 0;
	kubelet_release(&all->kubelet);
	link_watch_release(&all->news);
	rtnl_release(&all->nl);
}
