/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of eBPF written as tables of instructions, with labels and maps by number. Only files
 * that hold such tables include this. */
#ifndef NETNS_EBPF_CODE_H
#define NETNS_EBPF_CODE_H

#include "base/owned.h"
#include "netns/ebpf.h"

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

/* A row with this code is no instruction: it is the place to which a label leads. */
enum { EBPF_LABEL = 0xff, EBPF_INSNS_MAX = 1024, EBPF_LABELS_MAX = 64 };

/* A program under construction. */
struct ebpf_code {
	struct bpf_insn insn[EBPF_INSNS_MAX];
	size_t n;
	size_t at[EBPF_LABELS_MAX]; /* the place of each label */
};

/* Append rows. A table that is too long for the program is a fault of this source: the program is
 * then not loaded. */
void ebpf_code_append(struct ebpf_code *c, const struct bpf_insn *rows, size_t n);
#define EBPF_APPEND(c, rows) ebpf_code_append(c, rows, sizeof(rows) / sizeof *(rows))

/* Fill in the distances of jumps and the descriptors of maps, and load the program. Returns its
 * descriptor, which the caller owns, or -1 with errno. */
int ebpf_code_load(struct ebpf_code *c, const char *name, const int *maps) MUST_CHECK;

/* The rows. d and s are registers, o an offset, i a number. */
#define ROW(c, d, s, o, i)                                                          \
	{                                                                           \
		.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) \
	}
#define AT(label)                 ROW(EBPF_LABEL, 0, 0, 0, label)
#define LOAD(size, d, s, o)       ROW(BPF_LDX | BPF_MEM | (size), d, s, (int16_t)(o), 0)
#define STORE(size, d, o, s)      ROW(BPF_STX | BPF_MEM | (size), d, s, (int16_t)(o), 0)
#define ZERO(size, d, o)          ROW(BPF_ST | BPF_MEM | (size), d, 0, (int16_t)(o), 0)
#define MOVE(d, s)                ROW(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define SET(d, i)                 ROW(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, (int32_t)(i))
#define ADD(d, i)                 ROW(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, (int32_t)(i))
#define AND(d, i)                 ROW(BPF_ALU64 | BPF_AND | BPF_K, d, 0, 0, (int32_t)(i))
#define JUMP(label)               ROW(BPF_JMP | BPF_JA, 0, 0, label, 0)
#define JUMP_IF(op, d, i, label)  ROW(BPF_JMP | (op) | BPF_K, d, 0, label, (int32_t)(i))
#define JUMP_IFR(op, d, s, label) ROW(BPF_JMP | (op) | BPF_X, d, s, label, 0)
/* The same for a number of rows, which it passes by. A macro needs no label for it. */
#define SKIP_IF(op, d, i, rows)  ROW(BPF_JMP | (op) | BPF_K, d, 0, -(rows), (int32_t)(i))
#define SKIP_IFR(op, d, s, rows) ROW(BPF_JMP | (op) | BPF_X, d, s, -(rows), 0)
#define CALL(f)                  ROW(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define EXIT                     ROW(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
/* A map, or the value of an array of one, by its place in `maps` of ebpf_code_load(). */
#define MAP(d, i) ROW(BPF_LD | BPF_DW | BPF_IMM, d, BPF_PSEUDO_MAP_FD, 0, i), ROW(0, 0, 0, 0, 0)
#define MAP_VALUE(d, i) \
	ROW(BPF_LD | BPF_DW | BPF_IMM, d, BPF_PSEUDO_MAP_VALUE, 0, i), ROW(0, 0, 0, 0, 0)
/* Look up the key on the stack in a map; r0 is 0 if the map does not have it. */
#define FIND(map, slot) MAP(1, map), MOVE(2, 10), ADD(2, slot), CALL(BPF_FUNC_map_lookup_elem)
/* A field of 16 bits in network order. */
#define NET(value)    (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? (value) : __builtin_bswap16(value))
#define FIELD(member) offsetof(struct __sk_buff, member)

#endif
