/* SPDX-License-Identifier: Apache-2.0 */
/* The classifier of hostAccess, in instructions of eBPF. */
#ifndef NETNS_HOST_PROGRAM_H
#define NETNS_HOST_PROGRAM_H

#include "base/address.h"
#include "base/owned.h"
#include "netns/ebpf.h"

#include <stdint.h>

/* The name of the program that reads the master's address from the kernel, and that of the other
 * one, which begins with it. */
#define HOST_PROGRAM_NAME     "podtap_host"
#define HOST_PROGRAM_SET_NAME HOST_PROGRAM_NAME "_set"

/* Both maps have MAC addresses in eight bytes, the last two of them 0. */
/* The order in which the program uses its maps. */
enum { HOST_PROGRAM_OWN, HOST_PROGRAM_MACS, HOST_PROGRAM_MAPS };
enum { HOST_KEY_BYTES = 8, HOST_MACS_MAX = 16384 };

#define HOST_MACS_MAP                                                     \
	{                                                                 \
		.type = BPF_MAP_TYPE_HASH, .key_size = HOST_KEY_BYTES,    \
		.value_size = sizeof(uint64_t), .entries = HOST_MACS_MAX, \
		.flags = BPF_F_NO_PREALLOC, .name = "podtap_macs",        \
	}
#define HOST_OWN_MAP                                                              \
	{                                                                         \
		.type = BPF_MAP_TYPE_ARRAY, .key_size = sizeof(uint32_t),         \
		.value_size = HOST_KEY_BYTES, .entries = 1, .name = "podtap_own", \
	}

/* Load the program with its maps: `macs` has the endpoints' MAC addresses as keys, `own` has the
 * master's as its only value. `offset` is that of the MAC address in the kernel's description of an
 * interface, by host_program_offset(); 0: the program does not follow a change of the master's
 * address. Returns its descriptor, which the caller owns, or -1 with errno. */
int host_program_load(int macs, int own, uint32_t offset) MUST_CHECK;

/* Find where the kernel keeps the MAC address of an interface: the offset of the pointer to it in
 * struct net_device, which differs between kernels. Returns 0 if this kernel does not tell. */
uint32_t host_program_offset(uint32_t ifindex, const struct mac *mac);

#endif
