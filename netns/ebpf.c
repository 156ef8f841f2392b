/* SPDX-License-Identifier: Apache-2.0 */
/* The requests of bpf(2). */
#include "netns/ebpf.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

enum {
	TCX_EGRESS = 47,      /* BPF_TCX_EGRESS, which older linux/bpf.h lack */
	TCX_BEFORE = 1u << 3, /* BPF_F_BEFORE: with nothing named, before all */
};

/* The part of union bpf_attr for tcx, which older linux/bpf.h lack. */
struct tcx_attr {
	uint32_t ifindex;
	uint32_t program;
	uint32_t type;
	uint32_t flags;
	uint32_t replace;
	uint32_t relative;
	uint64_t revision;
};

static int request(int command, void *attr, size_t size)
{
	return (int)syscall(SYS_bpf, command, attr, size);
}

static uint64_t address(const void *at)
{
	return (uint64_t)(uintptr_t)at;
}

int ebpf_map_make(const struct ebpf_map_want *want)
{
	union bpf_attr attr = {
		.map_type = want->type,
		.key_size = want->key_size,
		.value_size = want->value_size,
		.max_entries = want->entries,
		.map_flags = want->flags,
	};

	snprintf(attr.map_name, sizeof attr.map_name, "%s", want->name);
	return request(BPF_MAP_CREATE, &attr, sizeof attr);
}

int ebpf_map_open(uint32_t id)
{
	union bpf_attr attr = { .map_id = id };

	return request(BPF_MAP_GET_FD_BY_ID, &attr, sizeof attr);
}

static int on_element(int command, int map, const void *key, const void *value, uint64_t flags)
{
	union bpf_attr attr = {
		.map_fd = (uint32_t)map,
		.key = address(key),
		.value = address(value),
		.flags = flags,
	};

	return request(command, &attr, sizeof attr);
}

int ebpf_map_read(int map, const void *key, void *value)
{
	return on_element(BPF_MAP_LOOKUP_ELEM, map, key, value, 0);
}

int ebpf_map_write(int map, const void *key, const void *value, uint64_t flags)
{
	return on_element(BPF_MAP_UPDATE_ELEM, map, key, value, flags);
}

int ebpf_map_erase(int map, const void *key)
{
	return on_element(BPF_MAP_DELETE_ELEM, map, key, NULL, 0);
}

int ebpf_map_next(int map, const void *key, void *next)
{
	return on_element(BPF_MAP_GET_NEXT_KEY, map, key, next, 0);
}

static int info_read(int fd, void *info, size_t size)
{
	union bpf_attr attr = { .info = { .bpf_fd = (uint32_t)fd,
		                          .info_len = (uint32_t)size,
		                          .info = address(info) } };

	return request(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof attr);
}

int ebpf_program_load(const char *name, const struct bpf_insn *insns, size_t n)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.insn_cnt = (uint32_t)n,
		.insns = address(insns),
		.license = address("Dual BSD/GPL"), /* the kernel asks that of bpf_probe_read */
	};

	snprintf(attr.prog_name, sizeof attr.prog_name, "%s", name);
	return request(BPF_PROG_LOAD, &attr, sizeof attr);
}

int ebpf_program_open(uint32_t id)
{
	union bpf_attr attr = { .prog_id = id };

	return request(BPF_PROG_GET_FD_BY_ID, &attr, sizeof attr);
}

int ebpf_program_info(int program, struct ebpf_program_info *all)
{
	struct bpf_prog_info info = { .nr_map_ids = EBPF_MAPS_MAX, .map_ids = address(all->maps) };

	if (info_read(program, &info, sizeof info) < 0)
		return -1;
	snprintf(all->name, sizeof all->name, "%s", info.name);
	all->n_maps = info.nr_map_ids;
	return 0;
}

int ebpf_program_run(int program, uint32_t ifindex, uint32_t mark, uint32_t *returned)
{
	const uint8_t frame[ETH_ZLEN] = { 0 };
	const struct __sk_buff of = { .ifindex = ifindex, .mark = mark };
	union bpf_attr attr = { .test = { .prog_fd = (uint32_t)program,
		                          .data_size_in = sizeof frame,
		                          .data_in = address(frame),
		                          .ctx_size_in = sizeof of,
		                          .ctx_in = address(&of) } };

	if (request(BPF_PROG_TEST_RUN, &attr, sizeof attr) < 0)
		return -1;
	*returned = attr.test.retval;
	return 0;
}

int ebpf_egress_list(uint32_t ifindex, uint32_t *ids, uint32_t max)
{
	union bpf_attr attr = { .query = { .target_fd = ifindex,
		                           .attach_type = TCX_EGRESS,
		                           .prog_ids = address(ids),
		                           .prog_cnt = max } };

	if (request(BPF_PROG_QUERY, &attr, sizeof attr) < 0)
		return -1;
	return (int)(attr.query.prog_cnt < max ? attr.query.prog_cnt : max);
}

int ebpf_egress_attach_first(uint32_t ifindex, int program)
{
	struct tcx_attr attr = { ifindex, (uint32_t)program, TCX_EGRESS, TCX_BEFORE, 0, 0, 0 };

	return request(BPF_PROG_ATTACH, &attr, sizeof attr);
}

int ebpf_egress_detach(uint32_t ifindex, int program)
{
	struct tcx_attr attr = { ifindex, (uint32_t)program, TCX_EGRESS, 0, 0, 0, 0 };

	return request(BPF_PROG_DETACH, &attr, sizeof attr);
}
