/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the guard's program for IPv6. */
#ifndef NETNS_GUARD_IPV6_H
#define NETNS_GUARD_IPV6_H

#include "netns/ebpf_code.h"

/* Append the rows to which L_IPV6 leads. */
void guard_ipv6_append(struct ebpf_code *c);

#endif
