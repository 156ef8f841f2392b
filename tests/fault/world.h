/* SPDX-License-Identifier: Apache-2.0 */
/* All that a CNI call may leave behind, as one text that can be compared. */
#ifndef TESTS_FAULT_WORLD_H
#define TESTS_FAULT_WORLD_H

#include <stdbool.h>
#include <stddef.h>

enum { WORLD_MAX = 1 << 16 };

struct world {
	char text[WORLD_MAX];
	size_t length;
};

/* Where it is looked for. */
struct places {
	int host; /* namespaces */
	int pod;
	const char *const *folders; /* NULL-terminated */
};

/* Looks at the links (their flags, mtu and IPv4 address), IPv4 routes and settings of the
 * namespaces, and at every file in the directories. Left out, since they may differ: whether a link
 * that is up runs yet, what last_reserved_ip files hold, the allocator's own files (index, boot
 * stamp, sticky memory, each also with .new), the lock, and disable_ipv6 and what follows from it
 * on the pod's lo. */
void world_look(const struct places *p, struct world *w);

/* Says what is only in one of them, on stdout, each line after "# ". */
void world_difference(const struct world *before, const struct world *after);

bool world_same(const struct world *a, const struct world *b);

#endif
