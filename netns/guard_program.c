/* SPDX-License-Identifier: Apache-2.0 */
/* What the program at a master's egress does with each frame:
 *
 *   stamped by the program of an endpoint     it is that endpoint's: it is checked, then counted
 *                                             against the endpoint's limit
 *   with a tag of a VLAN interface            pass: no endpoint stands on the master itself there
 *   from the MAC address of an endpoint       drop: the endpoint's own program did not see it
 *   from a socket of an endpoint's namespace  drop, for the same reason
 *   with an address of an endpoint            drop
 *   anything else                             pass
 *
 * The stamp is in the part of a frame's description that belongs to classifiers. No socket option
 * and no packet filter reads or writes it, and the kernel clears nothing of it between an
 * endpoint's egress and the master's. Everything is checked here, at the master, because the
 * container's root may remove or precede what is at the endpoint's egress. Then the stamp is
 * missing. */
#include "netns/guard_program.h"

#include "netns/ebpf_code.h"
#include "netns/guard_ipv6.h"
#include "netns/guard_rows.h"

#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <stddef.h>
#include <string.h>

enum { VLAN_ID = 0xfff, ARP_BYTES = 28, PORTS_BYTES = 4 };

/* Find whose frame it is. From L_PARSE on, r7 is the entry. S_MAC has its MAC address, or 0 if the
 * frame is no endpoint's. */
static const struct bpf_insn begin[] = {
	MOVE(6, 1),
	ZERO(BPF_DW, 10, S_MAC),
	LOAD(BPF_W, 1, 6, FIELD(cb[0])),
	STORE(BPF_W, 10, S_SMALL, 1),
	LOAD(BPF_W, 1, 6, FIELD(cb[1])),
	STORE(BPF_W, 10, S_SMALL + 4, 1),
	LOAD(BPF_DW, 1, 10, S_SMALL),
	JUMP_IF(BPF_JEQ, 1, 0, L_UNPROVED),
	LOAD(BPF_W, 1, 6, FIELD(cb[2])),
	STORE(BPF_W, 10, S_KEY, 1),
	LOAD(BPF_W, 1, 6, FIELD(cb[3])),
	STORE(BPF_W, 10, S_KEY + 4, 1),
	FIND(GUARD_MAP_ENTRIES, S_KEY),
	JUMP_IF(BPF_JEQ, 0, 0, L_UNPROVED),
	MOVE(7, 0),
	LOAD(BPF_DW, 1, 10, S_SMALL),
	LOAD(BPF_DW, 2, 7, offsetof(struct guard_entry, token)),
	JUMP_IFR(BPF_JNE, 1, 2, L_UNPROVED),
	LOAD(BPF_DW, 1, 10, S_KEY),
	STORE(BPF_DW, 10, S_MAC, 1),

	/* An endpoint that is limited and not checked: what it sends is not another endpoint's. */
	UNLESS_MAY(GUARD_OTHERS, L_CHECKED),
	ZERO(BPF_DW, 10, S_MAC),
	LOAD(BPF_DW, 1, 10, S_KEY),
	STORE(BPF_DW, 10, S_SMALL, 1),
	LOAD(BPF_W, 1, 6, FIELD(vlan_tci)),
	AND(1, VLAN_ID),
	JUMP_IF(BPF_JNE, 1, 0, L_FINAL),
	TAKE(S_ETH, ETH_HLEN, SET(2, 0), L_FINAL),
	MAC_TO_KEY(S_ETH + ETH_ALEN),
	LOAD(BPF_DW, 1, 10, S_KEY),
	LOAD(BPF_DW, 2, 10, S_SMALL),
	JUMP_IFR(BPF_JEQ, 1, 2, L_PARSE),
	FIND(GUARD_MAP_ENTRIES, S_KEY),
	REFUSE_IF(0, L_LIMITED, GUARD_MAC),
	JUMP(L_PARSE),
	AT(L_CHECKED),
	LOAD(BPF_W, 1, 6, FIELD(vlan_present)),
	REFUSE_IF(1, L_UNTAGGED, GUARD_PROTOCOL),
	TAKE(S_ETH, ETH_HLEN, SET(2, 0), L_SHORT),
	MAC_TO_KEY(S_ETH + ETH_ALEN),
	LOAD(BPF_DW, 1, 10, S_KEY),
	LOAD(BPF_DW, 2, 10, S_MAC),
	JUMP_IFR(BPF_JEQ, 1, 2, L_PARSE),
	REFUSE(GUARD_MAC),

	AT(L_UNPROVED),
	LOAD(BPF_W, 1, 6, FIELD(vlan_tci)),
	AND(1, VLAN_ID),
	JUMP_IF(BPF_JNE, 1, 0, L_OUT),
	ZERO(BPF_DW, 10, S_KEY),
	FIND(GUARD_MAP_ENTRIES, S_KEY),
	JUMP_IF(BPF_JEQ, 0, 0, L_OUT),
	MOVE(7, 0),
	TAKE(S_ETH, ETH_HLEN, SET(2, 0), L_OUT),
	MAC_TO_KEY(S_ETH + ETH_ALEN),
	FIND(GUARD_MAP_ENTRIES, S_KEY),
	REFUSE_IF(0, L_STRANGER, GUARD_BYPASS),
};

/* Drop what a socket of an endpoint's namespace sends past the endpoint's own program, such as a
 * packet socket with PACKET_QDISC_BYPASS. A frame without a socket has the first namespace's. */
static const struct bpf_insn ask_netns[] = {
	MOVE(1, 6),
	CALL(BPF_FUNC_get_netns_cookie),
	STORE(BPF_DW, 10, S_KEY, 0),
	FIND(GUARD_MAP_NETNS, S_KEY),
	REFUSE_IF(0, L_OTHER_NETNS, GUARD_BYPASS),
};

/* Whose frame is no checked endpoint's may have tags. A tag of VLAN 0 hides nothing: the receiver
 * takes such a frame for one without a tag. Nor does SNAP, by which some receivers hear ARP and IP.
 * r8 is the place of what follows, r9 its type. */
enum { NESTED_MAX = 3 };
static const struct bpf_insn parse[] = {
	AT(L_PARSE),
	ALLOW_NESTED(NESTED_MAX),
	SET(8, ETH_HLEN),
	LOAD(BPF_H, 9, 10, S_ETH + 12),
	AT(L_TYPE),
	JUMP_IF(BPF_JEQ, 9, NET(ETH_P_IP), L_IPV4),
	JUMP_IF(BPF_JEQ, 9, NET(ETH_P_IPV6), L_IPV6),
	JUMP_IF(BPF_JEQ, 9, NET(ETH_P_ARP), L_ARP),
	JUMP_IF(BPF_JEQ, 9, NET(ETH_P_RARP), L_ARP),
	LOAD(BPF_DW, 1, 10, S_MAC),
	JUMP_IF(BPF_JNE, 1, 0, L_UNKNOWN),
	JUMP_IF(BPF_JEQ, 9, NET(ETH_P_8021Q), L_TAG),
	JUMP_IF(BPF_JEQ, 9, NET(ETH_P_8021AD), L_TAG),
	ROW(BPF_ALU | BPF_END | BPF_TO_BE, 9, 0, 0, 16),
	JUMP_IF(BPF_JGE, 9, ETH_P_802_3_MIN, L_UNKNOWN),
	TAKE(S_HEAD, 8, MOVE(2, 8), L_UNKNOWN),
	LOAD(BPF_W, 1, 10, S_HEAD),
	JUMP_IF32(BPF_JNE, 1, NET32(0xaaaa0300), L_UNKNOWN),
	LOAD(BPF_H, 1, 10, S_HEAD + 4),
	JUMP_IF(BPF_JNE, 1, 0, L_UNKNOWN),
	LOAD(BPF_H, 9, 10, S_HEAD + 6),
	ADD(8, 8),
	JUMP(L_NESTED),

	AT(L_TAG),
	TAKE(S_SMALL, 4, MOVE(2, 8), L_UNKNOWN),
	LOAD(BPF_H, 1, 10, S_SMALL),
	AND(1, NET(VLAN_ID)),
	JUMP_IF(BPF_JNE, 1, 0, L_UNKNOWN),
	LOAD(BPF_H, 9, 10, S_SMALL + 2),
	ADD(8, 4),

	AT(L_NESTED),
	NEXT_NESTED(L_TYPE),

	AT(L_UNKNOWN),
	DOUBT(GUARD_PROTOCOL),
};

static const struct bpf_insn ipv4[] = {
	/* ARP for IPv4 over Ethernet, or over IEEE 802, which receivers take for the same: the
	 * sender's MAC address at 8, its address at 14. */
	AT(L_ARP),
	TAKE(S_HEAD, ARP_BYTES, MOVE(2, 8), L_SHORT),
	LOAD(BPF_W, 1, 10, S_HEAD),
	SKIP_IF32(BPF_JEQ, 1, NET32(0x00060800), 1),
	JUMP_IF32(BPF_JNE, 1, NET32(0x00010800), L_SHORT),
	LOAD(BPF_H, 1, 10, S_HEAD + 4),
	JUMP_IF(BPF_JNE, 1, NET(0x0604), L_SHORT),
	ADD(8, ARP_BYTES),
	CHECK_MAC(S_HEAD + 8, L_ARP_SENDER, GUARD_MAC),
	LOAD(BPF_H, 1, 10, S_HEAD + 14),
	LOAD(BPF_H, 2, 10, S_HEAD + 16),
	STORE(BPF_H, 10, S_IP + 12, 1),
	STORE(BPF_H, 10, S_IP + 14, 2),
	LOAD(BPF_W, 1, 10, S_IP + 12),
	JUMP_IF(BPF_JEQ, 1, 0, L_PASS), /* a probe, or RARP */
	MAPPED,
	CLAIM(L_ARP_FREE, L_PASS, GUARD_CLAIM),
	JUMP(L_PASS),

	/* The source is at 12, the protocol at 9. Ports are in the first fragment. A client of DHCP
	 * hears an answer from any port. */
	AT(L_IPV4),
	TAKE(S_HEAD, 20, MOVE(2, 8), L_SHORT),
	LOAD(BPF_B, 9, 10, S_HEAD),
	MOVE(1, 9),
	AND(1, 0xf0),
	JUMP_IF(BPF_JNE, 1, 0x40, L_SHORT),
	AND(9, 0x0f),
	JUMP_IF(BPF_JLT, 9, 5, L_SHORT),
	SHIFT_LEFT(9, 2),
	ADDR(8, 9),
	ZERO(BPF_W, 10, S_SMALL),
	LOAD(BPF_H, 1, 10, S_HEAD + 6),
	AND(1, NET(0x1fff)),
	JUMP_IF(BPF_JNE, 1, 0, L_IPV4_SOURCE),
	LOAD(BPF_B, 1, 10, S_HEAD + 9),
	JUMP_IF(BPF_JNE, 1, IPPROTO_UDP, L_IPV4_SOURCE),
	TAKE(S_SMALL, PORTS_BYTES, MOVE(2, 8), L_MALFORMED),
	LOAD(BPF_H, 1, 10, S_SMALL),
	JUMP_IF(BPF_JEQ, 1, NET(67), L_IPV4_DHCP),
	LOAD(BPF_H, 1, 10, S_SMALL + 2),
	JUMP_IF(BPF_JNE, 1, NET(68), L_IPV4_SOURCE),
	AT(L_IPV4_DHCP),
	NEED(GUARD_DHCP_SERVER, GUARD_DHCP),
	AT(L_IPV4_SOURCE),
	ADD(8, PORTS_BYTES),
	LOAD(BPF_W, 1, 10, S_HEAD + 12),
	JUMP_IF(BPF_JEQ, 1, 0, L_IPV4_NONE),
	STORE(BPF_W, 10, S_IP + 12, 1),
	MAPPED,
	CLAIM(L_IPV4_FREE, L_PASS, GUARD_ADDRESS),
	JUMP(L_PASS),
	AT(L_IPV4_NONE), /* it may ask a DHCP server; S_SMALL is 0 if it is not UDP */
	LOAD(BPF_H, 1, 10, S_SMALL + 2),
	JUMP_IF(BPF_JEQ, 1, NET(67), L_PASS),
	DOUBT(GUARD_ADDRESS),
};

enum { CHECKED_BYTES = 42, ENOTSUPP_NUMBER = 524 };
#define CSUM_LEVEL(what) MOVE(1, 6), SET(2, what), CALL(BPF_FUNC_csum_level)
#define SUBTRACT(d, s)   ROW(BPF_ALU64 | BPF_SUB | BPF_X, d, s, 0, 0)
#define READ(size, at)                                                     \
	MOVE(1, 10), ADD(1, S_HEAD), SET(2, size), MOVE(3, 6), ADD(3, at), \
	        CALL(BPF_FUNC_probe_read_kernel), JUMP_IF(BPF_JNE, 0, 0, L_MALFORMED)

/* The sender of a frame may leave its checksum to the kernel or the interface, and say where it is
 * to be written: a guest by its tap, anybody by PACKET_VNET_HDR. It is written after this program.
 * So it must be behind what was checked, whose end is in r8.
 *
 * Three helpers tell whether the kernel will write one: one marks a frame as checked unless it is
 * so, one tells whether it is marked, and one changes only the checksum that a frame was received
 * with. No helper tells where, so that is read from the kernel's memory. */
static void partial_append(struct ebpf_code *c, const struct skb_layout *layout)
{
	const struct bpf_insn partial[] = {
		AT(L_PARTIAL),
		MOVE(1, 6),
		SET(2, 0),
		CALL(BPF_FUNC_csum_update),
		JUMP_IF(BPF_JNE, 0, -ENOTSUPP_NUMBER, L_FINAL),
		READ(2 * sizeof(uint16_t), layout->csum),
		LOAD(BPF_H, 9, 10, S_HEAD),
		LOAD(BPF_H, 1, 10, S_HEAD + 2),
		ADDR(9, 1),
		READ(2 * sizeof(uint64_t), layout->head),
		LOAD(BPF_DW, 1, 10, S_HEAD),
		LOAD(BPF_DW, 2, 10, S_HEAD + 8),
		SUBTRACT(2, 1),
		SUBTRACT(9, 2),
		JUMP_IFR(BPF_JSGE, 9, 8, L_FINAL),
		AT(L_MALFORMED),
		REFUSE(GUARD_MALFORMED),
	};

	EBPF_APPEND(c, partial);
}

static const struct bpf_insn end[] = {
	AT(L_SHORT),
	SET(8, GUARD_MALFORMED),
	AT(L_DOUBT), /* only an endpoint must be clear about what it sends */
	UNLESS_MAY(GUARD_OTHERS, L_DROP),
	SET(8, CHECKED_BYTES),
	AT(L_PASS),
	CSUM_LEVEL(BPF_CSUM_LEVEL_INC),
	CSUM_LEVEL(BPF_CSUM_LEVEL_QUERY),
	JUMP_IF(BPF_JSLT, 0, 0, L_PARTIAL),
	CSUM_LEVEL(BPF_CSUM_LEVEL_DEC),
	JUMP(L_FINAL),
};

static const struct bpf_insn limit[] = {
	AT(L_FINAL),
	LIMIT(sent, GUARD_SENT),
	COUNT_AND_DROP,
};

int guard_program_load(const int maps[GUARD_MAPS], const struct skb_layout *layout)
{
	struct ebpf_code c = { .n = 0 };

	EBPF_APPEND(&c, begin);
	if (maps[GUARD_MAP_NETNS] >= 0)
		EBPF_APPEND(&c, ask_netns);
	EBPF_APPEND(&c, parse);
	EBPF_APPEND(&c, ipv4);
	guard_ipv6_append(&c);
	EBPF_APPEND(&c, end);
	partial_append(&c, layout);
	EBPF_APPEND(&c, limit);
	return ebpf_code_load(&c, GUARD_PROGRAM_NAME, maps);
}

int guard_limit_load(int entries)
{
	static const struct bpf_insn received[] = {
		MOVE(6, 1),
		TAKE(S_ETH, ETH_ALEN, SET(2, 0), L_OUT),
		MAC_TO_KEY(S_ETH),
		FIND(GUARD_MAP_ENTRIES, S_KEY),
		JUMP_IF(BPF_JEQ, 0, 0, L_OUT),
		MOVE(7, 0),
		LIMIT(received, GUARD_RECEIVED),
		COUNT_AND_DROP,
	};
	struct ebpf_code c = { .n = 0 };

	EBPF_APPEND(&c, received);
	return ebpf_code_load(&c, GUARD_LIMIT_NAME, (const int[]){ [GUARD_MAP_ENTRIES] = entries });
}

int guard_stamp_load(const struct mac *mac, uint64_t token)
{
	uint32_t word[4] = { 0 };
	struct ebpf_code c = { .n = 0 };

	memcpy(word, &token, sizeof token);
	memcpy(word + 2, mac->byte, sizeof mac->byte);
	for (size_t i = 0; i < sizeof word / sizeof *word; i++) {
		const struct bpf_insn write[] = {
			SET(2, word[i]),
			STORE(BPF_W, 1, FIELD(cb[0]) + i * sizeof *word, 2),
		};
		EBPF_APPEND(&c, write);
	}
	static const struct bpf_insn pass[] = { SET(0, TC_ACT_UNSPEC), EXIT };
	EBPF_APPEND(&c, pass);
	return ebpf_code_load(&c, GUARD_STAMP_NAME, NULL);
}
