/* SPDX-License-Identifier: Apache-2.0 */
/* The current life of the node: its boot and, if the node is a container, its start within the
 * boot. A network's stamp tells the life of its reservations. */
#ifndef IPAM_BOOT_H
#define IPAM_BOOT_H

#include "ipam/own_directory.h"

#include <stdint.h>

enum { BOOT_TEXT = 40 };

struct life {
	char boot[BOOT_TEXT]; /* the kernel's boot id; "" if unreadable */
	uint64_t space;       /* the caller's network namespace; 0: unknown */
	uint64_t start;  /* the start of process 1, in clock ticks since the boot; 0: unknown */
	uint64_t uptime; /* in seconds */
	uint32_t id;     /* even; 0: unknown */
	/* Only where the boot id is unknown: */
	uint64_t run; /* the random number in the state directory, which a boot empties; 0: unknown
	               */
	uint64_t booted; /* when the node started by the clock, in seconds; 0: unknown */
};

/* Read the boot id, and the network namespace unless the caller knows it. They determine the id, if
 * both are known. */
void life_read(struct life *now);

/* Add what only life_is_over() needs. Adds an id too if the boot is unknown. */
void life_complete(struct life *now);

/* Returns whether a former life has ended. That needs a proof:
 * - The boot ids differ.
 * - The network namespaces differ, and process 1 started later than the former one: a container
 *   node was started again. A caller in another PID namespace of a living node has the
 *   node's network namespace. A caller in another network namespace has the node's process 1.
 * - A boot id is unknown, and the uptime is less than before.
 * - A boot id is unknown, the state directory is a new one, and the node started at another time. A
 *   state directory that was removed by hand, or a clock that was set, proves nothing alone. */
bool life_is_over(const struct life *former, const struct life *now);

/* Read the stamp of the last ADD. Returns false if the network has no stamp. */
bool life_stamp_read(const struct own_directory *p, struct life *stamp);
int life_stamp_write(const struct own_directory *p, const struct life *stamp);

#endif
