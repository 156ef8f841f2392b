/* SPDX-License-Identifier: Apache-2.0 */
/* A table of guests, searched from its beginning. */
#include "expose/nri/guests.h"

const struct guest *guests_find(const struct guests *g, dev_t tap)
{
	for (size_t i = 0; i < GUESTS_MAX; i++)
		if (g->at[i].tap && g->at[i].tap == tap)
			return &g->at[i];
	return NULL;
}

void guests_note(struct guests *g, const struct endpoint *e, uint64_t container)
{
	const struct guest *known = guests_find(g, e->tap.number);
	const size_t i = known ? (size_t)(known - g->at) : g->next++ % GUESTS_MAX;

	g->at[i] = (struct guest){ e->tap.number, container, e->ifindex, e->mac, true };
}

struct guest *guests_here(struct guests *g, const struct mac *mac, const struct guest *after)
{
	for (size_t i = after ? (size_t)(after - g->at) + 1 : 0; i < GUESTS_MAX; i++)
		if (g->at[i].tap && g->at[i].here && mac_equal(&g->at[i].mac, mac))
			return &g->at[i];
	return NULL;
}
