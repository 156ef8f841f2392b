/* SPDX-License-Identifier: Apache-2.0 */
/* What the process that sets links remembers of guests: which container was the last to get a tap,
 * and which interface may have a MAC address. Hints: the record and the kernel decide. */
#ifndef EXPOSE_NRI_GUESTS_H
#define EXPOSE_NRI_GUESTS_H

#include "record/endpoint.h"

#include <stddef.h>
#include <stdint.h>

/* A node has about a hundred pods. Behind that number the oldest is forgotten. */
enum { GUESTS_MAX = 1024 };

struct guest {
	dev_t tap;          /* 0: none */
	uint64_t container; /* a hash of its id; 0: not known */
	uint32_t ifindex;
	struct mac mac;
	bool here; /* no announcement from elsewhere was heard since the container was created */
};

struct guests {
	struct guest at[GUESTS_MAX];
	size_t next; /* the one to overwrite */
};

/* Note the guest of an endpoint. Replaces what was noted of its tap. */
void guests_note(struct guests *g, const struct endpoint *e, uint64_t container);

/* Find the guest of a tap. Returns NULL if nothing is noted. */
const struct guest *guests_find(const struct guests *g, dev_t tap);

/* Find a guest by its MAC address that is noted to be here, after another one (NULL: the first).
 * Returns NULL at the end. */
struct guest *guests_here(struct guests *g, const struct mac *mac, const struct guest *after);

#endif
