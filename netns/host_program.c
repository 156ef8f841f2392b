/* SPDX-License-Identifier: Apache-2.0 */
/* What the classifier at a master's egress does with each frame:
 *
 *   with a VLAN tag                                   pass
 *   unicast, endpoint to the master's own MAC         redirect to the master's ingress
 *   unicast, the master's own MAC to an endpoint      redirect to the master's ingress
 *   ARP or IPv6 multicast, from the master's own MAC  copy to the ingress, pass
 *   ARP or IPv6 multicast, from an endpoint           copy to the ingress for the host alone, pass
 *   anything else                                     pass
 *
 * An endpoint is a MAC address in the map. A copy of an endpoint's frame is addressed to the
 * master's own MAC. The kernel gives a broadcast that comes back to the endpoint that sent it (mode
 * private) or to others (mode vepa), and not to the host in the first case. The mark of an
 * endpoint's frame ends here, because marks have a meaning for the host's rules.
 *
 * ARP and IPv6 multicast are also when the program reads the master's own MAC from the kernel:
 * after a change of that address nobody sends to the new one before such a frame. */
#include "netns/host_program.h"

#include "netns/ebpf_code.h"

#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <string.h>

/* Where a jump leads. */
enum label { L_OUT = 1, L_TO_HOST, L_REDIRECT, L_GROUP, L_COPY, L_KNOWN, L_FROM_HOST, L_DROP };
/* The maps, in the order of ebpf_code_load(). */
enum { M_MACS, M_OWN };

/* The stack: the destination and the source, each in eight bytes, and room for two values. */
enum { S_DST = -8, S_SRC = -16, S_AT = -24, S_MAC = -32 };
/* struct sk_buff has its interface there: its first two pointers are those of a list. */
enum { SKB_DEV = 2 * sizeof(void *) };

/* Read `size` bytes of the kernel at r3 to the stack; r0 is 0 on success. */
#define READ(slot, size) MOVE(1, 10), ADD(1, slot), SET(2, size), CALL(BPF_FUNC_probe_read_kernel)
/* Overwrite the frame's destination from the stack; r0 is 0 on success. */
#define DESTINE(slot)                                                                  \
	MOVE(1, 6), SET(2, 0), MOVE(3, 10), ADD(3, slot), SET(4, ETH_ALEN), SET(5, 0), \
	        CALL(BPF_FUNC_skb_store_bytes)
#define COPY                                                                  \
	MOVE(1, 6), LOAD(BPF_W, 2, 6, FIELD(ifindex)), SET(3, BPF_F_INGRESS), \
	        CALL(BPF_FUNC_clone_redirect)

/* r5 is the type that stands in the frame (what the kernel noted may be 0 for a frame of a packet
 * socket), r6 the frame, r7 its destination, r8 its source, r9 the master's own MAC. */
static const struct bpf_insn begin[] = {
	MOVE(6, 1),
	LOAD(BPF_W, 2, 6, FIELD(vlan_present)),
	JUMP_IF(BPF_JNE, 2, 0, L_OUT),
	LOAD(BPF_W, 2, 6, FIELD(data)),
	LOAD(BPF_W, 3, 6, FIELD(data_end)),
	MOVE(4, 2),
	ADD(4, ETH_HLEN),
	JUMP_IFR(BPF_JGT, 4, 3, L_OUT),
	LOAD(BPF_H, 5, 2, offsetof(struct ethhdr, h_proto)),
	LOAD(BPF_W, 1, 2, 0),
	STORE(BPF_W, 10, S_DST, 1),
	LOAD(BPF_H, 1, 2, 4),
	STORE(BPF_H, 10, S_DST + 4, 1),
	ZERO(BPF_H, 10, S_DST + 6),
	LOAD(BPF_W, 1, 2, 6),
	STORE(BPF_W, 10, S_SRC, 1),
	LOAD(BPF_H, 1, 2, 10),
	STORE(BPF_H, 10, S_SRC + 4, 1),
	ZERO(BPF_H, 10, S_SRC + 6),
	LOAD(BPF_DW, 7, 10, S_DST),
	LOAD(BPF_DW, 8, 10, S_SRC),
	LOAD(BPF_B, 1, 2, 0),
	AND(1, 1),
	JUMP_IF(BPF_JNE, 1, 0, L_GROUP),

	JUMP_IF(BPF_JEQ, 5, NET(ETH_P_8021Q), L_OUT),
	JUMP_IF(BPF_JEQ, 5, NET(ETH_P_8021AD), L_OUT),
	MAP_VALUE(9, M_OWN),
	LOAD(BPF_DW, 9, 9, 0),
	JUMP_IFR(BPF_JEQ, 7, 9, L_TO_HOST),
	JUMP_IFR(BPF_JNE, 8, 9, L_OUT),
	FIND(M_MACS, S_DST),
	JUMP_IF(BPF_JEQ, 0, 0, L_OUT),
	JUMP(L_REDIRECT),
	AT(L_TO_HOST),
	FIND(M_MACS, S_SRC),
	JUMP_IF(BPF_JEQ, 0, 0, L_OUT),
	SET(1, 0),
	STORE(BPF_W, 6, FIELD(mark), 1),
	AT(L_REDIRECT),
	LOAD(BPF_W, 1, 6, FIELD(ifindex)),
	SET(2, BPF_F_INGRESS),
	CALL(BPF_FUNC_redirect),
	EXIT,

	AT(L_GROUP),
	JUMP_IF(BPF_JEQ, 5, NET(ETH_P_ARP), L_COPY),
	JUMP_IF(BPF_JNE, 5, NET(ETH_P_IPV6), L_OUT),
	AT(L_COPY),
};

/* Read the master's own MAC from the kernel. The addend of r3 is filled in. */
static const struct bpf_insn follow[] = {
	MOVE(3, 6),
	ADD(3, SKB_DEV),
	READ(S_AT, 8),
	JUMP_IF(BPF_JNE, 0, 0, L_KNOWN),
	LOAD(BPF_DW, 3, 10, S_AT),
	ADD(3, 0),
	READ(S_AT, 8),
	JUMP_IF(BPF_JNE, 0, 0, L_KNOWN),
	ZERO(BPF_DW, 10, S_MAC),
	LOAD(BPF_DW, 3, 10, S_AT),
	READ(S_MAC, ETH_ALEN),
	JUMP_IF(BPF_JNE, 0, 0, L_KNOWN),
	LOAD(BPF_DW, 1, 10, S_MAC),
	MAP_VALUE(9, M_OWN),
	STORE(BPF_DW, 9, 0, 1),
};
enum { FOLLOW_OFFSET = 8 }; /* the row of follow[] that adds it */

static const struct bpf_insn end[] = {
	AT(L_KNOWN),
	MAP_VALUE(9, M_OWN),
	LOAD(BPF_DW, 9, 9, 0),
	JUMP_IFR(BPF_JEQ, 8, 9, L_FROM_HOST),
	FIND(M_MACS, S_SRC),
	JUMP_IF(BPF_JEQ, 0, 0, L_OUT),
	STORE(BPF_DW, 10, S_AT, 9),
	LOAD(BPF_W, 9, 6, FIELD(mark)),
	DESTINE(S_AT),
	JUMP_IF(BPF_JNE, 0, 0, L_OUT),
	SET(1, 0),
	STORE(BPF_W, 6, FIELD(mark), 1),
	COPY,
	STORE(BPF_W, 6, FIELD(mark), 9),
	DESTINE(S_DST),
	JUMP_IF(BPF_JEQ, 0, 0, L_OUT),
	AT(L_DROP), /* it has the wrong destination */
	SET(0, TC_ACT_SHOT),
	EXIT,
	AT(L_FROM_HOST),
	COPY,
	AT(L_OUT),
	SET(0, TC_ACT_UNSPEC), /* the next program decides */
	EXIT,
};

/* Try pointers of struct net_device, beginning at the offset in the frame's mark: which one leads
 * to this MAC address? Returns its offset, or 0. r6 counts, r7 is the interface, r8 the offset, r9
 * the address. More tries in one run make the kernel's proof of the program longer. */
enum { TRIES = 8, OFFSET_MAX = 4096, L_TRY = 1, L_NEXT, L_NONE };
static const struct bpf_insn search[] = {
	MOVE(3, 1),
	LOAD(BPF_W, 8, 1, FIELD(mark)),
	ADD(3, SKB_DEV),
	READ(S_AT, 8),
	JUMP_IF(BPF_JNE, 0, 0, L_NONE),
	LOAD(BPF_DW, 7, 10, S_AT),
	MAP_VALUE(9, M_OWN),
	LOAD(BPF_DW, 9, 9, 0),
	SET(6, TRIES),
	AT(L_TRY),
	MOVE(3, 7),
	ROW(BPF_ALU64 | BPF_ADD | BPF_X, 3, 8, 0, 0),
	READ(S_AT, 8),
	JUMP_IF(BPF_JNE, 0, 0, L_NEXT),
	ZERO(BPF_DW, 10, S_MAC),
	LOAD(BPF_DW, 3, 10, S_AT),
	READ(S_MAC, ETH_ALEN),
	JUMP_IF(BPF_JNE, 0, 0, L_NEXT),
	LOAD(BPF_DW, 1, 10, S_MAC),
	JUMP_IFR(BPF_JNE, 1, 9, L_NEXT),
	MOVE(0, 8),
	EXIT,
	AT(L_NEXT),
	ADD(8, sizeof(void *)),
	ADD(6, -1),
	JUMP_IF(BPF_JNE, 6, 0, L_TRY),
	AT(L_NONE),
	SET(0, 0),
	EXIT,
};

int host_program_load(int macs, int own, uint32_t offset)
{
	struct ebpf_code c = { .n = 0 };

	EBPF_APPEND(&c, begin);
	const size_t at = c.n + FOLLOW_OFFSET;
	if (offset) {
		EBPF_APPEND(&c, follow);
		c.insn[at].imm = (int32_t)offset;
	}
	EBPF_APPEND(&c, end);
	return ebpf_code_load(&c, offset ? HOST_PROGRAM_NAME : HOST_PROGRAM_SET_NAME,
	                      (const int[]){ [M_MACS] = macs, [M_OWN] = own });
}

uint32_t host_program_offset(uint32_t ifindex, const struct mac *mac)
{
	static const struct ebpf_map_want want = HOST_OWN_MAP;
	OWNED(fd_release) int own = ebpf_map_make(&want);
	struct ebpf_code c = { .n = 0 };
	uint8_t value[HOST_KEY_BYTES] = { 0 };
	uint8_t frame[ETH_ZLEN] = { 0 };
	uint32_t first = 0, offset;

	memcpy(value, mac->byte, sizeof mac->byte);
	if (own < 0 || ebpf_map_write(own, &first, value, BPF_ANY) < 0)
		return 0;
	EBPF_APPEND(&c, search);
	OWNED(fd_release)
	int program =
	        ebpf_code_load(&c, "podtap_search", (const int[]){ [M_MACS] = -1, [M_OWN] = own });
	for (uint32_t at = 0; program >= 0 && at < OFFSET_MAX; at += TRIES * sizeof(void *)) {
		const struct __sk_buff of = { .ifindex = ifindex, .mark = at };
		if (ebpf_program_run(program, &of, frame, sizeof frame, &offset) < 0)
			return 0;
		if (offset)
			return offset;
	}
	return 0;
}
