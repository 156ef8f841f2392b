/* SPDX-License-Identifier: Apache-2.0 */
/* Finding networks that give the same addresses: each has its own reservations, so that two
 * endpoints can get one address. */
#include "base/json.h"
#include "control/judge.h"
#include "ipam/ipam.h"
#include "ipam/ipam_config.h"

#include <string.h>

static const struct finding_kind overlap = {
	LEVEL_WARN, "network-overlap",
	"each network reserves for itself, so that two endpoints can get one address",
	"give each network of a LAN ranges of its own, or one name"
};

/* What a network may give. Ranges count whole: what is excluded in them does not. */
struct given {
	const struct network *network;
	struct ipam_config ipam; /* owned */
};

static bool given_read(struct given *g, const struct network *n)
{
	struct failure invalid = { 0 };

	*g = (struct given){ .network = n, .ipam = IPAM_CONFIG_NONE };
	return n->config && n->config->ipam && !ipam_delegates(n->config->ipam) && !n->netavark &&
	       ipam_config_read(&g->ipam, &n->request, &invalid) == 0 && g->ipam.n_sets > 0;
}

static bool ranges_meet(const struct range *a, const struct range *b)
{
	return a->start.family == b->start.family && ip_compare(&a->start, &b->end) <= 0 &&
	       ip_compare(&b->start, &a->end) <= 0;
}

/* Returns the first range of a set that meets one of the others. */
static const struct range *sets_meet(const struct range_set *a, const struct range_set *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t j = 0; j < b->n; j++)
			if (ranges_meet(&a->ranges[i], &b->ranges[j]))
				return &a->ranges[i];
	return NULL;
}

/* The same name and directory is the same store: then nothing is given twice. Two masters are two
 * LANs, unless one is not named. */
static bool may_collide(const struct given *a, const struct given *b)
{
	const char *one = a->network->config->master, *other = b->network->config->master;

	return (strcmp(a->network->request.name, b->network->request.name) != 0 ||
	        strcmp(a->ipam.data_dir, b->ipam.data_dir) != 0) &&
	       (!*one || !*other || strcmp(one, other) == 0);
}

static void pair_judge(struct findings *l, const struct given *a, const struct given *b)
{
	char text[CIDR_TEXT];

	for (size_t i = 0; i < a->ipam.n_sets; i++)
		for (size_t j = 0; j < b->ipam.n_sets; j++) {
			const struct range *range = sets_meet(&a->ipam.sets[i], &b->ipam.sets[j]);
			if (!range)
				continue;
			finding_add(
			        l, &overlap, NULL,
			        "network %s in %s and network %s in %s both give addresses of %s",
			        a->network->request.name, a->network->path,
			        b->network->request.name, b->network->path,
			        cidr_format(&range->subnet, text));
			return;
		}
}

void judge_overlaps(struct findings *l, const struct networks *all)
{
	struct given *given = calloc(all->n + 1, sizeof *given);
	size_t n = 0;

	for (size_t i = 0; given && i < all->n; i++) {
		if (!given_read(&given[n], &all->list[i])) {
			ipam_config_release(&given[n].ipam);
			continue;
		}
		for (size_t j = 0; j < n; j++)
			if (may_collide(&given[j], &given[n]))
				pair_judge(l, &given[j], &given[n]);
		n++;
	}
	l->failed |= !given;
	for (size_t i = 0; i < n; i++)
		ipam_config_release(&given[i].ipam);
	free(given);
}
