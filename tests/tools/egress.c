/* SPDX-License-Identifier: Apache-2.0 */
/* The programs at the egress of an interface of this namespace, for tests.
 *
 *   egress list IF      their names, in order, then the MAC addresses that ours has
 *   egress ingress IF   the names of those at the ingress, in order
 *   egress guard IF     the MAC addresses that the guard has, and what it dropped of each
 *   egress forget IF MAC  remove a MAC address from the guard
 *   egress drop IF      attach a program that drops every frame, before all others, or where the
 *                       kernel has no tcx a filter of clsact after ours
 *   egress note IF MAC  add a MAC address of nobody to ours
 *   egress fill IF      add MAC addresses of nobody to ours and to the guard, until neither takes
 * more
 */
#include "netns/ebpf.h"
#include "netns/guard.h"
#include "netns/host_access.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROGRAMS_MAX = 64 };

static int complain(const char *what)
{
	fprintf(stderr, "egress: %s: %s\n", what, strerror(errno));
	return 1;
}

static void print_mac(const struct mac *mac, uint64_t owner, void *data)
{
	char text[MAC_TEXT];

	(void)owner;
	fprintf(data, "%s\n", mac_format(mac, text));
}

static int ours_open(struct host_access *a, struct rtnl *nl, uint32_t ifindex)
{
	struct failure f = { 0 };
	const enum found found = host_access_find(a, nl, ifindex, &f);

	if (found == FOUND_FAILED)
		fprintf(stderr, "egress: %s: %s\n", f.msg, f.details);
	return found;
}

/* Print the names of the programs of one direction, by tcx. Returns how many there are; -1: the
 * kernel has no tcx. */
static int names_print(uint32_t ifindex, enum ebpf_tcx where)
{
	uint32_t ids[PROGRAMS_MAX];
	struct ebpf_program_info info;
	const int n = ebpf_tcx_list(ifindex, where, ids, PROGRAMS_MAX);

	for (int i = 0; i < n; i++) {
		OWNED(fd_release) int program = ebpf_program_open(ids[i]);
		if (program < 0 || ebpf_program_info(program, &info) < 0)
			return complain("program");
		printf("%s\n", info.name);
	}
	return n;
}

/* Print the names of our filters of one direction, in the order of their priorities, where the
 * kernel has no tcx. */
static void filters_print(struct rtnl *nl, uint32_t ifindex, enum ebpf_tcx where)
{
	struct failure f = { 0 };
	OWNED(guard_release) struct guard g = GUARD_CLOSED;
	OWNED(host_access_release) struct host_access a = HOST_ACCESS_CLOSED;
	const bool guarded = guard_find(&g, nl, ifindex, &f) == FOUND;

	if (where == EBPF_TCX_INGRESS && g.limit >= 0)
		puts(GUARD_LIMIT_NAME);
	if (where == EBPF_TCX_EGRESS && guarded)
		puts(GUARD_PROGRAM_NAME);
	if (where == EBPF_TCX_EGRESS && host_access_find(&a, nl, ifindex, &f) == FOUND)
		puts("podtap_host");
}

static int list(struct rtnl *nl, uint32_t ifindex)
{
	struct failure f = { 0 };
	OWNED(host_access_release) struct host_access a = HOST_ACCESS_CLOSED;

	if (names_print(ifindex, EBPF_TCX_EGRESS) < 0)
		filters_print(nl, ifindex, EBPF_TCX_EGRESS);
	const int ours = ours_open(&a, nl, ifindex);
	return ours < 0 || (ours && host_access_each(&a, print_mac, stdout, &f) < 0);
}

static int ingress(struct rtnl *nl, uint32_t ifindex)
{
	if (names_print(ifindex, EBPF_TCX_INGRESS) < 0)
		filters_print(nl, ifindex, EBPF_TCX_INGRESS);
	return 0;
}

static int drop_by_filter(const char *name)
{
	char command[256];

	snprintf(
	        command, sizeof command,
	        "tc qdisc add dev %s clsact && tc filter add dev %s egress pref 2 protocol all u32 "
	        "match u32 0 0 action drop",
	        name, name);
	return system(command) ? complain("tc") : 0;
}

static int drop(uint32_t ifindex, const char *name)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = TC_ACT_SHOT },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	OWNED(fd_release) int program = ebpf_program_load("foreign", insns, 2);

	if (program >= 0 && ebpf_tcx_attach(ifindex, EBPF_TCX_EGRESS, program, 0) == 0)
		return 0;
	return errno == EINVAL ? drop_by_filter(name) : complain("attach");
}

static int note(struct rtnl *nl, uint32_t ifindex, const char *text)
{
	struct failure f = { 0 };
	struct mac mac;
	OWNED(host_access_release) struct host_access a = HOST_ACCESS_CLOSED;

	return !text || !mac_parse(text, &mac) || ours_open(&a, nl, ifindex) != FOUND ||
	       host_access_add(&a, &mac, 1, &f) != FOUND;
}

/* Entries of nobody: 02:99:...  */
static int fill(struct rtnl *nl, uint32_t ifindex)
{
	struct failure f = { 0 };
	OWNED(host_access_release) struct host_access a = HOST_ACCESS_CLOSED;
	OWNED(guard_release) struct guard g = GUARD_CLOSED;
	const struct guard_entry entry = { .token = 1, .owner = 1 };
	bool ours = ours_open(&a, nl, ifindex) == FOUND,
	     guard = guard_find(&g, nl, ifindex, &f) == FOUND;

	if (!ours && !guard)
		return complain("fill");
	for (uint32_t i = 0; ours || guard; i++) {
		const struct mac mac = { { 2, 0x99, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8),
			                   (uint8_t)i } };
		ours = ours && host_access_add(&a, &mac, 1, &f) == FOUND;
		guard = guard && guard_add(&g, &mac, &entry, &f) == FOUND;
	}
	return 0;
}

static void print_guarded(const struct mac *mac, const struct guard_entry *entry, void *data)
{
	char text[MAC_TEXT];

	fputs(mac ? mac_format(mac, text) : "others", data);
	for (int i = 0; i < GUARD_REASONS; i++)
		if (entry->dropped[i])
			fprintf(data, " %s=%llu", guard_reason_name((enum guard_reason)i),
			        (unsigned long long)entry->dropped[i]);
	fputc('\n', data);
}

static int guarded(struct rtnl *nl, uint32_t ifindex)
{
	struct failure f = { 0 };
	OWNED(guard_release) struct guard g = GUARD_CLOSED;
	const enum found found = guard_find(&g, nl, ifindex, &f);

	return found < 0 || (found && guard_each(&g, print_guarded, stdout, &f) < 0);
}

static int forget(struct rtnl *nl, uint32_t ifindex, const char *text)
{
	struct failure f = { 0 };
	struct mac mac;
	OWNED(guard_release) struct guard g = GUARD_CLOSED;

	return !text || !mac_parse(text, &mac) || guard_find(&g, nl, ifindex, &f) != FOUND ||
	       guard_remove(&g, &mac, 0, &f) < 0;
}

int main(int argc, char **argv)
{
	OWNED(rtnl_release) struct rtnl nl = { .fd = -1 };
	struct failure f = { 0 };
	const char *verb = argc > 2 ? argv[1] : "";
	const uint32_t ifindex = argc > 2 ? if_nametoindex(argv[2]) : 0;

	if (!ifindex || rtnl_open(&nl, &f) < 0)
		return complain("interface");
	if (strcmp(verb, "list") == 0)
		return list(&nl, ifindex);
	if (strcmp(verb, "guard") == 0)
		return guarded(&nl, ifindex);
	if (strcmp(verb, "ingress") == 0)
		return ingress(&nl, ifindex);
	if (strcmp(verb, "forget") == 0)
		return forget(&nl, ifindex, argv[3]);
	if (strcmp(verb, "fill") == 0)
		return fill(&nl, ifindex);
	if (strcmp(verb, "drop") == 0)
		return drop(ifindex, argv[2]);
	return strcmp(verb, "note") == 0 ? note(&nl, ifindex, argv[3]) : complain(verb);
}
