/* SPDX-License-Identifier: Apache-2.0 */
/* The vocabulary of the guard's program: its stack, its labels, and the rows that recur. r6 is the
 * frame, r7 the entry of whose it is, r8 and r9 are for the protocol. */
#ifndef NETNS_GUARD_ROWS_H
#define NETNS_GUARD_ROWS_H

#include "netns/ebpf_code.h"
#include "netns/guard_value.h"

#include <linux/pkt_cls.h>

/* The stack: the entry's MAC address, a key of eight bytes, the Ethernet header, an address, some
 * small numbers, an IPv6 header or less. S_MAC is 0 unless the frame is of an endpoint that is
 * checked. */
enum {
	S_MAC = -8,
	S_KEY = -16,
	S_ETH = -32,
	S_IP = -48,
	S_SMALL = -56,
	S_LEFT = -64, /* tags, headers or options that may still come */
	S_END = -72,  /* where the first fragment of an IPv6 packet ends */
	S_NONE = -80, /* 1: the packet may have no source address */
	S_HEAD = -120,
	S_BASE = -128, /* where the IPv6 header ends */
};

enum label {
	L_NONE,
	L_OUT,
	L_FINAL,
	L_PARTIAL,
	L_PASS,
	L_DROP,
	L_DOUBT,
	L_SHORT,
	L_MALFORMED,
	L_UNPROVED,
	L_CHECKED,
	L_LIMITED,
	L_UNTAGGED,
	L_STRANGER,
	L_OTHER_NETNS,
	L_PARSE,
	L_TYPE,
	L_TAG,
	L_NESTED,
	L_UNKNOWN,
	L_ARP,
	L_ARP_SENDER,
	L_ARP_FREE,
	L_IPV4,
	L_IPV4_DHCP,
	L_IPV4_SOURCE,
	L_IPV4_FREE,
	L_IPV4_NONE,
	L_IPV6,
	L_HEADER,
	L_NEXT,
	L_AUTHENTICATED,
	L_SKIPPED,
	L_FRAGMENT,
	L_UDP6,
	L_UDP6_DHCP,
	L_ICMP6,
	L_ROUTER,
	L_ADVERTISEMENT,
	L_ADVERTISED_FREE,
	L_SOLICITATION,
	L_SOLICITED_FREE,
	L_OPTIONS,
	L_OPTION,
	L_LINK_OPTION,
	L_NEXT_OPTION,
	L_UNSPECIFIED,
	L_SOURCE6,
	L_SOURCE6_FREE,
	L_SOURCE6_NONE,
	L_LIMIT,
	L_LIMIT_0, /* and the next ones: tries */
	L_LIMIT_LAST = L_LIMIT_0 + 4,
	L_LABELS
};
_Static_assert((int)L_LABELS <= (int)EBPF_LABELS_MAX, "too many labels");

#define NET32(value)               (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? (value) : __builtin_bswap32(value))
#define JUMP_IF32(op, d, i, label) ROW(BPF_JMP32 | (op) | BPF_K, d, 0, label, (int32_t)(i))
#define SKIP_IF32(op, d, i, rows)  ROW(BPF_JMP32 | (op) | BPF_K, d, 0, -(rows), (int32_t)(i))
#define SHIFT_LEFT(d, i)           ROW(BPF_ALU64 | BPF_LSH | BPF_K, d, 0, 0, i)
#define ADDR(d, s)                 ROW(BPF_ALU64 | BPF_ADD | BPF_X, d, s, 0, 0)
#define OR(d, s)                   ROW(BPF_ALU64 | BPF_OR | BPF_X, d, s, 0, 0)

/* Drop for a reason, in any case or unless a register is 0. `go_on` is a label of its own. The
 * reason is in r8 only where the frame is dropped. */
#define REFUSE(reason)              SET(8, reason), JUMP(L_DROP)
#define REFUSE_IF(d, go_on, reason) JUMP_IF(BPF_JEQ, d, 0, go_on), REFUSE(reason), AT(go_on)
/* Drop it if it is an endpoint's. */
#define DOUBT(reason) SET(8, reason), JUMP(L_DOUBT)
/* Jump if the entry may not do that. */
#define UNLESS_MAY(bit, label)                                             \
	LOAD(BPF_W, 1, 7, offsetof(struct guard_entry, may)), AND(1, bit), \
	        JUMP_IF(BPF_JEQ, 1, 0, label)
/* Drop it if the entry may not do that. */
#define NEED(bit, reason)                                                  \
	LOAD(BPF_W, 1, 7, offsetof(struct guard_entry, may)), AND(1, bit), \
	        SKIP_IF(BPF_JNE, 1, 0, 2), REFUSE(reason)
/* Read bytes of the frame to the stack. `set_offset` is one row, which sets r2. What is not in the
 * frame's own buffer is copied there first: its sender may still write to pages of a frame, such as
 * those of PACKET_TX_RING, after the check. */
#define TAKE(slot, size, set_offset, failed)                                                       \
	LOAD(BPF_W, 3, 6, FIELD(data_end)), LOAD(BPF_W, 1, 6, FIELD(data)),                        \
	        ROW(BPF_ALU64 | BPF_SUB | BPF_X, 3, 1, 0, 0), set_offset, ADD(2, size),            \
	        SKIP_IFR(BPF_JGE, 3, 2, 3), MOVE(1, 6), CALL(BPF_FUNC_skb_pull_data),              \
	        JUMP_IF(BPF_JNE, 0, 0, failed), MOVE(1, 6), set_offset, MOVE(3, 10), ADD(3, slot), \
	        SET(4, size), CALL(BPF_FUNC_skb_load_bytes), JUMP_IF(BPF_JNE, 0, 0, failed)
/* Make a key of the MAC address on the stack, at an even offset. */
#define MAC_TO_KEY(slot)                                                                      \
	LOAD(BPF_H, 1, 10, slot), STORE(BPF_H, 10, S_KEY, 1), LOAD(BPF_H, 1, 10, (slot) + 2), \
	        STORE(BPF_H, 10, S_KEY + 2, 1), LOAD(BPF_H, 1, 10, (slot) + 4),               \
	        STORE(BPF_H, 10, S_KEY + 4, 1), ZERO(BPF_H, 10, S_KEY + 6)
/* Compare the MAC address on the stack with the endpoint's, if the frame is an endpoint's. */
#define CHECK_MAC(slot, go_on, reason)                                                      \
	LOAD(BPF_DW, 2, 10, S_MAC), JUMP_IF(BPF_JEQ, 2, 0, go_on), MAC_TO_KEY(slot),        \
	        LOAD(BPF_DW, 1, 10, S_KEY), JUMP_IFR(BPF_JEQ, 1, 2, go_on), REFUSE(reason), \
	        AT(go_on)
/* Complete the IPv4 address at S_IP + 12. */
#define MAPPED                                                             \
	ZERO(BPF_DW, 10, S_IP), ZERO(BPF_W, 10, S_IP + 8), SET(1, 0xffff), \
	        STORE(BPF_H, 10, S_IP + 10, 1)
/* Let so many nested headers follow. NEXT_NESTED goes on with the next one at a label, and drops
 * the frame if it is one too many. */
#define ALLOW_NESTED(n) SET(1, n), STORE(BPF_DW, 10, S_LEFT, 1)
#define NEXT_NESTED(label)                                                     \
	LOAD(BPF_DW, 1, 10, S_LEFT), ADD(1, -1), STORE(BPF_DW, 10, S_LEFT, 1), \
	        JUMP_IF(BPF_JNE, 1, 0, label), JUMP(L_MALFORMED)
/* Go on at `go_on` if the address at S_IP is the entry's, or nobody's and the entry may have any.
 */
#define CLAIM(unknown, go_on, reason)                                                            \
	FIND(GUARD_MAP_ADDRESSES, S_IP), JUMP_IF(BPF_JEQ, 0, 0, unknown), LOAD(BPF_DW, 1, 0, 0), \
	        LOAD(BPF_DW, 2, 10, S_MAC), JUMP_IFR(BPF_JEQ, 1, 2, go_on), REFUSE(reason),      \
	        AT(unknown), NEED(GUARD_ANY_ADDRESS, reason)

/* One try to move `due` on. r8 is the clock, r9 the time that the frame takes; r0 is what the
 * kernel compares with. Another processor may have been faster. */
#define LIMIT_TRY(way, number)                                                                  \
	LOAD(BPF_DW, 0, 7, offsetof(struct guard_entry, way.due)), MOVE(2, 0), MOVE(3, 0),      \
	        JUMP_IFR(BPF_JGE, 3, 8, L_LIMIT_0 + (number)), MOVE(3, 8),                      \
	        AT(L_LIMIT_0 + (number)), MOVE(4, 3),                                           \
	        ROW(BPF_ALU64 | BPF_SUB | BPF_X, 4, 8, 0, 0),                                   \
	        LOAD(BPF_DW, 5, 7, offsetof(struct guard_entry, way.burst)),                    \
	        JUMP_IFR(BPF_JGT, 4, 5, L_LIMIT), ADDR(3, 9),                                   \
	        ROW(BPF_STX | BPF_ATOMIC | BPF_DW, 7, 3, offsetof(struct guard_entry, way.due), \
	            BPF_CMPXCHG),                                                               \
	        JUMP_IFR(BPF_JEQ, 0, 2, L_OUT)
/* Pass what is within a limit. More tries than processors that send at once for one endpoint are
 * rare; then the frame is one too many. */
#define LIMIT(way, reason)                                                                         \
	LOAD(BPF_DW, 9, 7, offsetof(struct guard_entry, way.pace)), JUMP_IF(BPF_JEQ, 9, 0, L_OUT), \
	        LOAD(BPF_W, 1, 6, FIELD(len)), ROW(BPF_ALU64 | BPF_MUL | BPF_X, 9, 1, 0, 0),       \
	        ROW(BPF_ALU64 | BPF_RSH | BPF_K, 9, 0, 0, GUARD_PACE_SHIFT),                       \
	        CALL(BPF_FUNC_ktime_get_ns), MOVE(8, 0), LIMIT_TRY(way, 0), LIMIT_TRY(way, 1),     \
	        LIMIT_TRY(way, 2), LIMIT_TRY(way, 3), AT(L_LIMIT), SET(8, reason)

/* Count the reason in r8, and drop; or leave the frame to the next program. */
#define COUNT_AND_DROP                                                                          \
	AT(L_DROP), SHIFT_LEFT(8, 3), ADDR(7, 8), SET(1, 1),                                    \
	        ROW(BPF_STX | BPF_ATOMIC | BPF_DW, 7, 1, offsetof(struct guard_entry, dropped), \
	            BPF_ADD),                                                                   \
	        SET(0, TC_ACT_SHOT), EXIT, AT(L_OUT), SET(0, TC_ACT_UNSPEC), EXIT

#endif
