/* SPDX-License-Identifier: Apache-2.0 */
/* The requests of bpf(2). */
#include "netns/ebpf.h"

#include "base/errno_text.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

enum {
	/* These are BPF_F_BEFORE, which means before all if no other program is named, BPF_F_AFTER
	 * and BPF_F_ID. Older linux/bpf.h lack them. */
	TCX_BEFORE = 1u << 3,
	TCX_AFTER = 1u << 4,
	TCX_BY_ID = 1u << 5,
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

/* The kernel wants zero in what a command does not use; a compiler's initializer leaves the rest of
 * a union as it is. */
static const union bpf_attr unused;

static int request(int command, void *attr, size_t size)
{
	return (int)syscall(SYS_bpf, command, attr, size);
}

int ebpf_explain(const char *key, const char *what, struct failure *f)
{
	const int err = errno;
	const char *why = errno_text(err);

	if (err == ENOSYS)
		why = "the kernel has no eBPF (CONFIG_BPF_SYSCALL)";
	if (err == EPERM)
		why = "it needs CAP_SYS_ADMIN, or CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN";
	fail(f, failure_code(err), why, "%s: %s", key, what);
	errno = err;
	return -1;
}

static uint64_t address(const void *at)
{
	return (uint64_t)(uintptr_t)at;
}

int ebpf_map_make(const struct ebpf_map_want *want)
{
	union bpf_attr attr = unused;

	attr.map_type = want->type;
	attr.key_size = want->key_size;
	attr.value_size = want->value_size;
	attr.max_entries = want->entries;
	attr.map_flags = want->flags;
	snprintf(attr.map_name, sizeof attr.map_name, "%s", want->name);
	return request(BPF_MAP_CREATE, &attr, sizeof attr);
}

int ebpf_map_open(uint32_t id)
{
	union bpf_attr attr = unused;

	attr.map_id = id;
	return request(BPF_MAP_GET_FD_BY_ID, &attr, sizeof attr);
}

static int on_element(int command, int map, const void *key, const void *value, uint64_t flags)
{
	union bpf_attr attr = unused;

	attr.map_fd = (uint32_t)map;
	attr.key = address(key);
	attr.value = address(value);
	attr.flags = flags;
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
	union bpf_attr attr = unused;

	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = (uint32_t)size;
	attr.info.info = address(info);
	return request(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof attr);
}

int ebpf_program_load(const char *name, const struct bpf_insn *insns, size_t n)
{
	union bpf_attr attr = unused;

	attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	attr.insn_cnt = (uint32_t)n;
	attr.insns = address(insns);
	attr.license = address("Dual BSD/GPL"); /* the kernel asks that of bpf_probe_read */
	snprintf(attr.prog_name, sizeof attr.prog_name, "%s", name);
	return request(BPF_PROG_LOAD, &attr, sizeof attr);
}

int ebpf_program_open(uint32_t id)
{
	union bpf_attr attr = unused;

	attr.prog_id = id;
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

int ebpf_program_run(int program, const struct __sk_buff *of, uint8_t *frame, uint32_t size,
                     uint32_t *returned)
{
	union bpf_attr attr = unused;

	attr.test.prog_fd = (uint32_t)program;
	attr.test.data_size_in = attr.test.data_size_out = size;
	attr.test.data_in = attr.test.data_out = address(frame);
	attr.test.ctx_size_in = sizeof *of;
	attr.test.ctx_in = address(of);
	if (request(BPF_PROG_TEST_RUN, &attr, sizeof attr) < 0)
		return -1;
	*returned = attr.test.retval;
	return 0;
}

int ebpf_tcx_list(uint32_t ifindex, enum ebpf_tcx where, uint32_t *ids, uint32_t max)
{
	union bpf_attr attr = unused;

	attr.query.target_fd = ifindex;
	attr.query.attach_type = where;
	attr.query.prog_ids = address(ids);
	attr.query.prog_cnt = max;
	if (request(BPF_PROG_QUERY, &attr, sizeof attr) < 0)
		return -1;
	return (int)(attr.query.prog_cnt < max ? attr.query.prog_cnt : max);
}

int ebpf_tcx_attach(uint32_t ifindex, enum ebpf_tcx where, int program, uint32_t after)
{
	struct tcx_attr attr = {
		.ifindex = ifindex,
		.program = (uint32_t)program,
		.type = where,
		.flags = after ? TCX_AFTER | TCX_BY_ID : TCX_BEFORE,
		.relative = after,
	};

	return request(BPF_PROG_ATTACH, &attr, sizeof attr);
}

int ebpf_tcx_detach(uint32_t ifindex, enum ebpf_tcx where, int program)
{
	struct tcx_attr attr = { .ifindex = ifindex, .program = (uint32_t)program, .type = where };

	return request(BPF_PROG_DETACH, &attr, sizeof attr);
}
