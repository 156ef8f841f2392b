/* SPDX-License-Identifier: Apache-2.0 */
/* Which boot this is, and which boot a network's reservations are of. */
#ifndef IPAM_BOOT_H
#define IPAM_BOOT_H

#include "ipam/folder.h"

enum { BOOT_TEXT = 40 };

/* The kernel's boot id; "" where it does not say. */
void boot_read(char boot[static BOOT_TEXT]);

/* The stamp an ADD left; "" where there is none. */
void boot_stamp_read(const struct folder *p, char boot[static BOOT_TEXT]);
int boot_stamp_write(const struct folder *p, const char *boot);

#endif
