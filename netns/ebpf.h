/* SPDX-License-Identifier: Apache-2.0 */
/* eBPF by bpf(2): maps and programs as descriptors. Every function that returns -1 sets errno. The
 * caller owns every descriptor that is returned. Opening by id needs CAP_SYS_ADMIN. */
#ifndef NETNS_EBPF_H
#define NETNS_EBPF_H

#include "base/failure.h"
#include "base/owned.h"

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

enum { EBPF_MAPS_MAX = 4 };

struct ebpf_program_info {
	char name[BPF_OBJ_NAME_LEN];
	uint32_t maps[EBPF_MAPS_MAX]; /* their ids, in the order of their first use */
	uint32_t n_maps;
};

struct ebpf_map_want {
	uint32_t type; /* BPF_MAP_TYPE_* */
	uint32_t key_size;
	uint32_t value_size;
	uint32_t entries;
	uint32_t flags;
	const char *name;
};

/* Explain by errno why bpf(2) refused what a configuration key needs. Returns -1, with that errno.
 */
int ebpf_explain(const char *key, const char *what, struct failure *f);

int ebpf_map_make(const struct ebpf_map_want *want) MUST_CHECK;
int ebpf_map_open(uint32_t id) MUST_CHECK;
int ebpf_map_read(int map, const void *key, void *value) MUST_CHECK;
int ebpf_map_write(int map, const void *key, const void *value, uint64_t flags) MUST_CHECK;
int ebpf_map_erase(int map, const void *key) MUST_CHECK;
/* Find the key after another one (NULL: the first). ENOENT at the end. */
int ebpf_map_next(int map, const void *key, void *next) MUST_CHECK;

/* Load a classifier (BPF_PROG_TYPE_SCHED_CLS). */
int ebpf_program_load(const char *name, const struct bpf_insn *insns, size_t n) MUST_CHECK;
int ebpf_program_open(uint32_t id) MUST_CHECK;
int ebpf_program_info(int program, struct ebpf_program_info *info) MUST_CHECK;

/* Run a classifier once, with a frame of an interface of the process's namespace that is described
 * by `of`, and read what it returns, and the frame as it is afterwards. No frame is sent. */
int ebpf_program_run(int program, const struct __sk_buff *of, uint8_t *frame, uint32_t size,
                     uint32_t *returned) MUST_CHECK;

/* BPF_TCX_INGRESS and BPF_TCX_EGRESS, which older linux/bpf.h lack. */
enum ebpf_tcx { EBPF_TCX_INGRESS = 46, EBPF_TCX_EGRESS = 47 };

/* The programs at an interface by tcx, in the order in which they run. All fail with EINVAL before
 * Linux 6.6. ebpf_tcx_list() returns how many there are, at most `max`. ebpf_tcx_attach() puts a
 * program before all others, or right after the one that has the id `after`, if that is not 0. */
int ebpf_tcx_list(uint32_t ifindex, enum ebpf_tcx where, uint32_t *ids, uint32_t max) MUST_CHECK;
int ebpf_tcx_attach(uint32_t ifindex, enum ebpf_tcx where, int program, uint32_t after) MUST_CHECK;
int ebpf_tcx_detach(uint32_t ifindex, enum ebpf_tcx where, int program) MUST_CHECK;

#endif
