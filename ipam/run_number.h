/* SPDX-License-Identifier: Apache-2.0 */
/* The number of the state directory, which says what a boot id would say. */
#ifndef IPAM_RUN_NUMBER_H
#define IPAM_RUN_NUMBER_H

#include <stdint.h>

/* Returns the number in PODTAP_STATE_DIR. Writes one into a directory without a number. The
 * directory is on a tmpfs: a boot gives another number. Returns 0 if that is not possible. */
uint64_t run_number(void);

#endif
