/* SPDX-License-Identifier: Apache-2.0 */
/* What the guard's program checks of an IPv6 packet: its source, and neighbour discovery behind all
 * extension headers.
 *
 * A header that hides behind others, or that begins in a later fragment, cannot be checked. Then
 * the packet is dropped. A host must not accept such packets either (RFC 6980, RFC 7112). A later
 * fragment is checked for its source alone: without the first one it is useless. */
#include "netns/guard_ipv6.h"

#include "netns/guard_rows.h"

#include <linux/if_ether.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stddef.h>

enum {
	HEADERS_MAX = 8,
	HEADERS_BYTES_MAX = 2048,
	OPTIONS_MAX = 6,
	IPV6_HLEN = 40,
	LINK_OPTION_BYTES = 8, /* the option of a link-layer address: type, length, address */
	SOLICITATION_BYTES =
	        24, /* before the options of a neighbour solicitation or advertisement */
	ROUTER_SOLICITATION_BYTES = 8,
	MLD2_REPORT = 143,
	AUTHENTICATION = 51,
	MOBILITY = 135,
	IDENTITY = 139,
	SHIM6 = 140,
};

/* r8 is the place of a header, r9 its type. */
static const struct bpf_insn headers[] = {
	AT(L_IPV6),
	TAKE(S_HEAD, IPV6_HLEN, MOVE(2, 8), L_SHORT),
	LOAD(BPF_B, 1, 10, S_HEAD),
	AND(1, 0xf0),
	JUMP_IF(BPF_JNE, 1, 0x60, L_SHORT),
	ZERO(BPF_DW, 10, S_NONE),
	SET(1, INT32_MAX),
	STORE(BPF_DW, 10, S_END, 1),
	ALLOW_NESTED(HEADERS_MAX),
	ADD(8, IPV6_HLEN),
	STORE(BPF_DW, 10, S_BASE, 8),
	LOAD(BPF_B, 9, 10, S_HEAD + 6),

	AT(L_HEADER),
	MOVE(1, 8),
	ADD(1, 4),
	LOAD(BPF_DW, 2, 10, S_END),
	JUMP_IFR(BPF_JGT, 1, 2, L_MALFORMED),
	JUMP_IF(BPF_JGT, 8, HEADERS_BYTES_MAX, L_MALFORMED),
	JUMP_IF(BPF_JEQ, 9, IPPROTO_ICMPV6, L_ICMP6),
	JUMP_IF(BPF_JEQ, 9, IPPROTO_UDP, L_UDP6),
	JUMP_IF(BPF_JEQ, 9, IPPROTO_FRAGMENT, L_FRAGMENT),
	JUMP_IF(BPF_JEQ, 9, AUTHENTICATION, L_AUTHENTICATED),
	JUMP_IF(BPF_JEQ, 9, IPPROTO_HOPOPTS, L_SKIPPED),
	JUMP_IF(BPF_JEQ, 9, IPPROTO_ROUTING, L_SKIPPED),
	JUMP_IF(BPF_JEQ, 9, IPPROTO_DSTOPTS, L_SKIPPED),
	JUMP_IF(BPF_JEQ, 9, MOBILITY, L_SKIPPED),
	JUMP_IF(BPF_JEQ, 9, IDENTITY, L_SKIPPED),
	JUMP_IF(BPF_JEQ, 9, SHIM6, L_SKIPPED),
	JUMP(L_SOURCE6),

	/* The length is in units of four bytes here, in units of eight in the others. */
	AT(L_AUTHENTICATED),
	TAKE(S_SMALL, 2, MOVE(2, 8), L_MALFORMED),
	LOAD(BPF_B, 1, 10, S_SMALL + 1),
	ADD(1, 2),
	SHIFT_LEFT(1, 2),
	JUMP(L_NEXT),
	AT(L_SKIPPED),
	TAKE(S_SMALL, 2, MOVE(2, 8), L_MALFORMED),
	LOAD(BPF_B, 1, 10, S_SMALL + 1),
	ADD(1, 1),
	SHIFT_LEFT(1, 3),
	JUMP(L_NEXT),
	AT(L_FRAGMENT),
	TAKE(S_SMALL, 4, MOVE(2, 8), L_MALFORMED),
	LOAD(BPF_H, 1, 10, S_SMALL + 2),
	AND(1, NET(0xfff8)),
	JUMP_IF(BPF_JNE, 1, 0, L_SOURCE6),
	LOAD(BPF_H, 1, 10, S_HEAD + 4),
	ROW(BPF_ALU | BPF_END | BPF_TO_BE, 1, 0, 0, 16),
	LOAD(BPF_DW, 2, 10, S_BASE),
	ADDR(1, 2),
	STORE(BPF_DW, 10, S_END, 1),
	SET(1, 8),

	AT(L_NEXT),
	ADDR(8, 1),
	LOAD(BPF_B, 9, 10, S_SMALL),
	NEXT_NESTED(L_HEADER),

	AT(L_UDP6),
	TAKE(S_SMALL, 4, MOVE(2, 8), L_MALFORMED),
	LOAD(BPF_H, 1, 10, S_SMALL),
	JUMP_IF(BPF_JEQ, 1, NET(547), L_UDP6_DHCP),
	LOAD(BPF_H, 1, 10, S_SMALL + 2),
	JUMP_IF(BPF_JNE, 1, NET(546), L_SOURCE6),
	AT(L_UDP6_DHCP),
	NEED(GUARD_DHCP_SERVER, GUARD_DHCP),
	JUMP(L_SOURCE6),
};

/* Neighbour discovery in fragments is no neighbour discovery. */
#define WHOLE LOAD(BPF_DW, 1, 10, S_END), JUMP_IF(BPF_JNE, 1, INT32_MAX, L_MALFORMED)

static const struct bpf_insn discovery[] = {
	AT(L_ICMP6),
	TAKE(S_SMALL, 1, MOVE(2, 8), L_MALFORMED),
	LOAD(BPF_B, 1, 10, S_SMALL),
	JUMP_IF(BPF_JEQ, 1, ND_ROUTER_ADVERT, L_ROUTER),
	JUMP_IF(BPF_JEQ, 1, ND_REDIRECT, L_ROUTER),
	JUMP_IF(BPF_JEQ, 1, ND_NEIGHBOR_ADVERT, L_ADVERTISEMENT),
	JUMP_IF(BPF_JEQ, 1, ND_NEIGHBOR_SOLICIT, L_SOLICITATION),
	SET(9, ROUTER_SOLICITATION_BYTES),
	JUMP_IF(BPF_JEQ, 1, ND_ROUTER_SOLICIT, L_OPTIONS),
	JUMP_IF(BPF_JEQ, 1, MLD_LISTENER_REPORT, L_UNSPECIFIED),
	JUMP_IF(BPF_JEQ, 1, MLD_LISTENER_REDUCTION, L_UNSPECIFIED),
	JUMP_IF(BPF_JEQ, 1, MLD2_REPORT, L_UNSPECIFIED),
	JUMP(L_SOURCE6),

	AT(L_ROUTER),
	NEED(GUARD_ROUTER, GUARD_RA),
	JUMP(L_SOURCE6),

	AT(L_ADVERTISEMENT),
	WHOLE,
	MOVE(9, 8),
	ADD(9, 8),
	TAKE(S_IP, 16, MOVE(2, 9), L_MALFORMED),
	SET(9, SOLICITATION_BYTES),
	CLAIM(L_ADVERTISED_FREE, L_OPTIONS, GUARD_CLAIM),
	JUMP(L_OPTIONS),

	/* Without a source address it is duplicate address detection, which claims the target. */
	AT(L_SOLICITATION),
	WHOLE,
	MOVE(9, 8),
	ADD(9, 8),
	TAKE(S_IP, 16, MOVE(2, 9), L_MALFORMED),
	SET(9, SOLICITATION_BYTES),
	LOAD(BPF_DW, 1, 10, S_HEAD + 8),
	LOAD(BPF_DW, 2, 10, S_HEAD + 16),
	OR(1, 2),
	JUMP_IF(BPF_JNE, 1, 0, L_OPTIONS),
	CLAIM(L_SOLICITED_FREE, L_OPTIONS, GUARD_CLAIM),

	/* r9 is the number of bytes before the options. */
	AT(L_OPTIONS),
	WHOLE,
	ADDR(8, 9),
	SET(9, OPTIONS_MAX),
	AT(L_OPTION),
	LOAD(BPF_DW, 1, 10, S_MAC),
	JUMP_IF(BPF_JEQ, 1, 0, L_UNSPECIFIED),
	TAKE(S_SMALL, LINK_OPTION_BYTES, MOVE(2, 8), L_UNSPECIFIED), /* there are no more */
	LOAD(BPF_B, 1, 10, S_SMALL),
	JUMP_IF(BPF_JEQ, 1, ND_OPT_SOURCE_LINKADDR, L_LINK_OPTION),
	JUMP_IF(BPF_JNE, 1, ND_OPT_TARGET_LINKADDR, L_NEXT_OPTION),
	AT(L_LINK_OPTION),
	CHECK_MAC(S_SMALL + 2, L_NEXT_OPTION, GUARD_MAC),
	LOAD(BPF_B, 1, 10, S_SMALL + 1),
	JUMP_IF(BPF_JEQ, 1, 0, L_SHORT),
	SHIFT_LEFT(1, 3),
	ADDR(8, 1),
	ADD(9, -1),
	JUMP_IF(BPF_JNE, 9, 0, L_OPTION),
	JUMP(L_SHORT),

	AT(L_UNSPECIFIED),
	SET(1, 1),
	STORE(BPF_DW, 10, S_NONE, 1),
	AT(L_SOURCE6),
	ADD(8, 4),
	LOAD(BPF_DW, 1, 10, S_HEAD + 8),
	LOAD(BPF_DW, 2, 10, S_HEAD + 16),
	STORE(BPF_DW, 10, S_IP, 1),
	STORE(BPF_DW, 10, S_IP + 8, 2),
	OR(1, 2),
	JUMP_IF(BPF_JEQ, 1, 0, L_SOURCE6_NONE),
	CLAIM(L_SOURCE6_FREE, L_PASS, GUARD_ADDRESS),
	JUMP(L_PASS),
	AT(L_SOURCE6_NONE),
	LOAD(BPF_DW, 1, 10, S_NONE),
	JUMP_IF(BPF_JNE, 1, 0, L_PASS),
	DOUBT(GUARD_ADDRESS),
};

void guard_ipv6_append(struct ebpf_code *c)
{
	EBPF_APPEND(c, headers);
	EBPF_APPEND(c, discovery);
}
