/* SPDX-License-Identifier: Apache-2.0 */
/* The names in the directory of the pools by which podtapctl and podtap-addresses know each other,
 * besides the pools' own files. */
#ifndef IPAM_HELD_VIEW_H
#define IPAM_HELD_VIEW_H

#define HELD_CONTACT ".contact" /* the program has it locked; written when the engine answers */
#define HELD_LOOK    "look-"    /* followed by a pool: podtapctl asks who has its addresses */
#define HELD_VIEW    ".nodes"   /* preceded by a pool: the answer */

#endif
