/* SPDX-License-Identifier: Apache-2.0 */
/* How many addresses the networks of podtap-ipam have, and how many are reserved. */
#include "base/entries.h"
#include "expose/metrics/metrics.h"
#include "ipam/ipam_config.h"
#include "record/endpoint.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

void usages_release(struct usages *all)
{
	for (size_t i = 0; i < all->n; i++)
		free(all->usage[i].network);
	free(all->usage);
}

static bool usages_have(const struct usages *all, const char *network)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->usage[i].network, network) == 0)
			return true;
	return false;
}

/* Counts the files that are named as addresses. Other files of the store are not. */
static uint64_t reservations_count(const char *data_dir, const char *network)
{
	char path[PATH_MAX];
	OWNED(entries_release) struct entries names;
	uint64_t count = 0;
	struct ip ip;

	entries_begin(&names, -1);
	if (snprintf(path, sizeof path, "%s/%s", data_dir, network) < (int)sizeof path)
		entries_begin(&names, openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	for (const char *name; (name = entries_next(&names));)
		count += ip_parse(name, &ip);
	return count;
}

static double sets_size(const struct ipam_config *c)
{
	const struct ip none = { .family = 0 };
	double size = 0;

	for (size_t i = 0; i < c->n_sets; i++) {
		OWNED(pool_release) struct pool pool = { 0 };
		struct failure ignored = { 0 };
		if (pool_make(&pool, &c->sets[i], &none, c->excluded, c->n_excluded, &ignored) == 0)
			size += (double)pool.size;
	}
	return size;
}

static int usage_append(struct usages *all, const struct usage *usage)
{
	struct usage *more = realloc(all->usage, (all->n + 1) * sizeof *more);

	if (!more)
		return -1;
	all->usage = more;
	all->usage[all->n++] = *usage;
	return 0;
}

/* Reads the ranges of the network, from the configuration that the record keeps. Returns whether
 * there are any. */
static bool ranges_read(struct ipam_config *c, struct request *r, const struct endpoint *e)
{
	struct failure unreadable = { 0 };

	if (!e->call.config)
		return false;
	*r = (struct request){ .container_id = e->container_id,
		               .netns = "",
		               .ifname = e->ifname,
		               .args = e->call.args ? e->call.args : "",
		               .path = "",
		               .text = strdup(e->call.config) };
	if (!r->text)
		return false;
	r->length = strlen(r->text);
	return request_decode(r, &unreadable) == 0 && ipam_config_read(c, r, &unreadable) == 0 &&
	       c->n_sets > 0;
}

int usages_add(struct usages *all, const struct endpoint *e)
{
	OWNED(request_release) struct request r = { .text = NULL };
	OWNED(ipam_config_release) struct ipam_config c = IPAM_CONFIG_NONE;

	if (!e->ipam || strcmp(e->ipam, "podtap-ipam") != 0 || usages_have(all, e->network) ||
	    !ranges_read(&c, &r, e))
		return 0;
	OWNED(text_release) char *network = strdup(e->network);
	const struct usage usage = { network, sets_size(&c),
		                     reservations_count(c.data_dir, e->network) };
	if (!network || usage_append(all, &usage) < 0)
		return -1;
	(void)text_take(&network); /* the list owns it */
	return 0;
}
