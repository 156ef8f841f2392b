/* SPDX-License-Identifier: Apache-2.0 */
/* Where the running kernel's struct sk_buff, which describes a frame, has two members that no
 * program is given: they differ between kernels. */
#ifndef NETNS_SKB_LAYOUT_H
#define NETNS_SKB_LAYOUT_H

#include "base/owned.h"

#include <stdint.h>

struct skb_layout {    /* in bytes from the beginning */
	uint32_t csum; /* two numbers of 16 bits: where a checksum begins, from `head`, and where
	                * it is written, from there */
	uint32_t head; /* a pointer to the frame's buffer, and after it `data`, one into it */
};

/* Find them, by a program that the kernel runs with a frame whose description is known otherwise.
 * Returns 0, or -1 with errno: ENOTSUP if they are not where they can be recognized. Needs
 * CAP_SYS_ADMIN. */
int skb_layout_find(struct skb_layout *layout) MUST_CHECK;

#endif
