/* SPDX-License-Identifier: Apache-2.0 */
/* Putting a program of eBPF together. */
#include "netns/ebpf_code.h"

#include <errno.h>
#include <stdbool.h>

void ebpf_code_append(struct ebpf_code *c, const struct bpf_insn *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].code == EBPF_LABEL)
			c->at[rows[i].imm] = c->n;
		else if (c->n++ < EBPF_INSNS_MAX)
			c->insn[c->n - 1] = rows[i];
}

static bool is_jump(const struct bpf_insn *insn)
{
	const uint8_t class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	return class == BPF_JMP32 || (class == BPF_JMP && op != BPF_CALL && op != BPF_EXIT);
}

int ebpf_code_load(struct ebpf_code *c, const char *name, const int *maps)
{
	errno = E2BIG;
	if (c->n > EBPF_INSNS_MAX)
		return -1;
	for (size_t i = 0; i < c->n; i++) {
		struct bpf_insn *insn = &c->insn[i];
		if (is_jump(insn))
			insn->off = insn->off < 0 ? (int16_t)-insn->off
			                          : (int16_t)((int)c->at[insn->off] - (int)i - 1);
		if (insn->code == (BPF_LD | BPF_DW | BPF_IMM) && insn->src_reg)
			insn->imm = maps[insn->imm];
	}
	return ebpf_program_load(name, c->insn, c->n);
}
