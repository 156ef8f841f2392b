/* SPDX-License-Identifier: Apache-2.0 */
/* Which life of the node this is: its boot and, where the node is a container, its start within the
 * boot. A network's stamp says which life its reservations are of. */
#ifndef IPAM_BOOT_H
#define IPAM_BOOT_H

#include "ipam/own_directory.h"

#include <stdint.h>

enum { BOOT_TEXT = 40 };

struct life {
	char boot[BOOT_TEXT]; /* the kernel's boot id; "" if it cannot be read */
	uint64_t space;       /* the caller's network namespace; 0: unknown */
	uint64_t start;       /* of process 1, in clock ticks since the boot; 0: unknown */
	uint64_t uptime;      /* in seconds */
	uint32_t id;          /* even; 0: unknown */
};

/* Read the boot id and the network namespace. They determine the id, if both are known. */
void life_read(struct life *now);

/* Add what only life_is_over() needs, and an id if the boot is unknown. */
void life_complete(struct life *now);

/* Whether a former life has ended, which takes a proof:
 * - The boot ids differ.
 * - The network namespace differs, and process 1 started later than the former one: a node that is
 *   a container was started again. A caller in another PID namespace of a living node shares the
 *   node's network namespace, and one in another network namespace shares its process 1.
 * - A boot id is unknown, and the uptime is less than it was. */
bool life_is_over(const struct life *former, const struct life *now);

/* The stamp of the last ADD. False: the network has no stamp. */
bool life_stamp_read(const struct own_directory *p, struct life *stamp);
int life_stamp_write(const struct own_directory *p, const struct life *stamp);

#endif
