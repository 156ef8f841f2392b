/* SPDX-License-Identifier: Apache-2.0 */
/* The programs at the egress of an interface of this namespace, for tests.
 *
 *   egress list IF              their names, in order, then the MAC addresses that ours has
 *   egress drop IF              attach a program that drops every frame, before all others, or
 * where the kernel has no tcx a filter of clsact after ours egress note IF MAC          add a MAC
 * address of nobody to ours
 */
#include "netns/egress.h"
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

static int list(struct rtnl *nl, uint32_t ifindex)
{
	uint32_t ids[PROGRAMS_MAX];
	struct ebpf_program_info info;
	struct failure f = { 0 };
	OWNED(host_access_release) struct host_access a = HOST_ACCESS_CLOSED;
	const int n = ebpf_egress_list(ifindex, ids, PROGRAMS_MAX);

	for (int i = 0; i < n; i++) {
		OWNED(fd_release) int program = ebpf_program_open(ids[i]);
		if (program < 0 || ebpf_program_info(program, &info) < 0)
			return complain("program");
		printf("%s\n", info.name);
	}
	const int ours = ours_open(&a, nl, ifindex);
	if (ours == FOUND && n < 0) /* the kernel has no tcx */
		printf("podtap_host\n");
	return ours < 0 || (ours && host_access_each(&a, print_mac, stdout, &f) < 0);
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

	if (program >= 0 && ebpf_egress_attach_first(ifindex, program) == 0)
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
	if (strcmp(verb, "drop") == 0)
		return drop(ifindex, argv[2]);
	return strcmp(verb, "note") == 0 ? note(&nl, ifindex, argv[3]) : complain(verb);
}
