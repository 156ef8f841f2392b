/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping the resources in step with the interfaces. */
#include "expose/device-plugin/inventory.h"

#include "expose/device-plugin/resources_file.h"

#include <stdio.h>
#include <string.h>

/* Writes the file that CNI calls read. Logs a failure once; a timer or the next event tries again.
 */
static void file_write(struct inventory *all)
{
	struct failure f = { 0 };
	const struct dp_entry *entries[DP_ENTRIES_MAX];

	for (size_t i = 0; i < all->n; i++)
		entries[i] = &all->server[i]->entry;
	all->written = resources_file_write(entries, all->n, all->name_space, &f) == 0;
	if (all->written) {
		all->why[0] = '\0';
		backoff_reset(&all->again);
		return;
	}
	if (!*all->why)
		log_failure(&f);
	snprintf(all->why, sizeof all->why, "%.120s: %.120s", f.msg, f.details);
	backoff_start(&all->again);
}

static void on_retry(void *data, uint32_t events)
{
	struct inventory *all = data;

	(void)events;
	backoff_stop(&all->again);
	if (!all->written)
		file_write(all);
}

static struct resource_server *inventory_add(struct inventory *all, const struct dp_entry *entry,
                                             struct failure *f)
{
	struct resource_server *o =
	        resource_server_make(all->loop, &all->kubelet, all->name_space, entry, f);

	if (!o)
		return NULL;
	all->server[all->n++] = o;
	all->written = false;
	return o;
}

static void look_up(struct inventory *all, struct resource_server *o)
{
	struct failure f = { 0 };
	struct link link;
	const int found = link_by_name(&all->nl, o->entry.lower, &link, &f);

	if (found < 0)
		log_failure(&f);
	else
		resource_server_lower(o, found ? link.index : 0);
}

static struct resource_server *server_of(const struct inventory *all, const char *lower)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->server[i]->entry.lower, lower) == 0)
			return all->server[i];
	return NULL;
}

/* Makes a resource of a port that has none yet. */
static void port_add(struct inventory *all, const struct link *link)
{
	struct failure f = { 0 };
	struct dp_entry entry;

	if (server_of(all, link->name))
		return;
	if (!dp_entry_of_link(link->name, &entry)) {
		log_event("%s is not offered: its name cannot be a resource's", link->name);
		return;
	}
	if (all->n == DP_ENTRIES_MAX) {
		if (!all->full)
			log_event(
			        "%s is not offered, nor what comes after it: there are %zu already",
			        link->name, all->n);
		all->full = true;
		return;
	}
	struct resource_server *o = inventory_add(all, &entry, &f);
	if (!o) {
		log_failure(&f);
		return;
	}
	resource_server_lower(o, link->index);
	resource_server_register(o);
}

/* Looks up the interfaces that an event may concern: a configured name may be an alternative name,
 * and an event may be outdated. */
static void on_link(const struct link *link, bool gone, void *data)
{
	struct inventory *all = data;

	for (size_t i = 0; i < all->n; i++) {
		const uint32_t lower = all->server[i]->lower;
		if (lower ? lower == link->index : !gone)
			look_up(all, all->server[i]);
	}
	if (all->ports && !gone && link_is_port(link))
		port_add(all, link);
}

static int look_up_all(struct inventory *all, struct failure *f)
{
	OWNED(rtnl_release)
	struct rtnl dump = { .fd = -1 }; /* its links are looked up by all->nl */

	for (size_t i = 0; i < all->n; i++)
		look_up(all, all->server[i]);
	if (!all->ports)
		return 0;
	return rtnl_open(&dump, f) < 0 ? -1 : link_each(&dump, NULL, on_link, all, f);
}

static void on_news(void *data, uint32_t events)
{
	struct inventory *all = data;
	struct failure f = { 0 };
	const int read = link_watch_read(&all->news, on_link, all, &f);

	(void)events;
	if (read < 0 || (read == 0 && look_up_all(all, &f) < 0))
		log_failure(&f);
	if (!all->written)
		file_write(all);
}

static void kubelet_tell(struct inventory *all)
{
	if (!all->kubelet.there && !all->alone)
		log_event("there is no kubelet at %s: resources are registered when it starts",
		          all->kubelet.socket);
	all->alone = !all->kubelet.there;
}

static void on_kubelet(void *owner, bool anew)
{
	struct inventory *all = owner;

	kubelet_tell(all);
	for (size_t i = 0; i < all->n; i++)
		resource_server_attend(all->server[i], anew);
}

static int links_begin(struct inventory *all, struct failure *f)
{
	if (link_watch_open(&all->news, f) < 0 || rtnl_open(&all->nl, f) < 0)
		return -1;
	all->watch = (struct watch){ all->news.nl.fd, on_news, all };
	return loop_watch(all->loop, &all->watch, EPOLLIN, f);
}

int inventory_begin(struct inventory *all, struct loop *loop, const struct dp_config *config,
                    const char *directory, struct failure *f)
{
	*all = (struct inventory){ .loop = loop,
		                   .name_space = config->name_space,
		                   .ports = config->n == 0,
		                   .kubelet.await = AWAIT_CLOSED,
		                   .again = BACKOFF_CLOSED,
		                   .nl.fd = -1,
		                   .news.nl.fd = -1 };
	if (kubelet_open(&all->kubelet, loop, directory, f) < 0 || links_begin(all, f) < 0 ||
	    backoff_open(&all->again, f) < 0)
		return -1;
	all->retry = (struct watch){ all->again.fd, on_retry, all };
	if (loop_watch(loop, &all->retry, EPOLLIN, f) < 0)
		return -1;
	for (size_t i = 0; i < config->n; i++)
		if (!inventory_add(all, &config->entries[i], f))
			return -1;
	if (look_up_all(all, f) < 0)
		return -1;
	file_write(all);
	for (size_t i = 0; i < all->n; i++)
		if (!all->server[i]->lower)
			log_event("%s: there is no %s yet", all->server[i]->resource,
			          all->server[i]->entry.lower);
	return 0;
}

void inventory_register(struct inventory *all)
{
	all->kubelet.changed = on_kubelet;
	all->kubelet.owner = all;
	kubelet_tell(all);
	for (size_t i = 0; i < all->n; i++)
		resource_server_register(all->server[i]);
}

void inventory_release(struct inventory *all)
{
	for (size_t i = 0; i < all->n; i++)
		resource_server_free(all->server[i]);
	all->n = 0;
	kubelet_release(&all->kubelet);
	backoff_release(&all->again);
	link_watch_release(&all->news);
	rtnl_release(&all->nl);
}
