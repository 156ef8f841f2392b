/* SPDX-License-Identifier: Apache-2.0 */
/* The network namespace whose containers were given a tap, for each tap number. A container may
 * keep the permission after its endpoint is gone, and the kernel gives the number to the next
 * macvtap. While that namespace lives, no other may get the number. */
#ifndef RECORD_MINORS_H
#define RECORD_MINORS_H

#include "netns/netns.h"

#include <sys/types.h>

/* Note that a namespace's containers get a number, before they can use it. Returns 0 or -1. */
int minor_note(dev_t number, const struct netns_id *id, const char *path,
               struct failure *f) MUST_CHECK;

/* Whether a namespace may have a number. Returns 1, 0 if another existing namespace got it, or -1.
 */
int minor_is_free(dev_t number, const struct netns_id *id, struct failure *f) MUST_CHECK;

#endif
