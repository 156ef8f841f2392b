/* SPDX-License-Identifier: Apache-2.0 */
/* Attaching a classifier, by bpf(2) or by rtnetlink. */
#include "netns/egress.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <string.h>

/* The filter of clsact: before all others, with a handle that no other program chooses. */
enum { PRIORITY = 1, HANDLE = 0x70746170 };
enum { PROGRAMS_MAX = 64 }; /* the kernel's limit of tcx */

/* Whether the errno means that the kernel has no tcx. */
static bool has_no_tcx(int err)
{
	return err == EINVAL || err == EOPNOTSUPP;
}

static struct tcmsg *request_begin(struct rtnl_req *r, uint16_t type, uint16_t flags,
                                   uint32_t ifindex)
{
	struct tcmsg *t = req_begin(r, type, flags, sizeof *t);

	t->tcm_ifindex = (int)ifindex;
	t->tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS);
	t->tcm_handle = HANDLE;
	t->tcm_info = TC_H_MAKE(PRIORITY << 16, htons(ETH_P_ALL));
	return t;
}

static int filter_read(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *attrs[TCA_MAX + 1], *options[TCA_BPF_MAX + 1];
	uint32_t *id = data;

	if (message->nlmsg_type != RTM_NEWTFILTER)
		return RTNL_MORE;
	attrs_of_message(message, sizeof(struct tcmsg), attrs, TCA_MAX);
	attrs_of_nest(attrs[TCA_OPTIONS], options, TCA_BPF_MAX);
	*id = attr_u32(options[TCA_BPF_ID], 0);
	return RTNL_MORE;
}

/* Find the filter's program. Returns its id, or 0: with errno 0 if it does not exist. */
static uint32_t filter_find(struct rtnl *nl, uint32_t ifindex)
{
	struct rtnl_req r;
	struct failure refusal;
	uint32_t id = 0;

	failure_clear(&refusal);
	request_begin(&r, RTM_GETTFILTER, 0, ifindex);
	req_str(&r, TCA_KIND, "bpf");
	const int found = rtnl_query(nl, &r, filter_read, &id, &refusal, "find the filter");
	/* There is no such qdisc, filter or interface. */
	if (found == 0 || errno == EINVAL || errno == ENOENT || errno == ENODEV)
		errno = 0;
	return id;
}

/* Open a program that was listed. Another call may have removed it since. */
static enum found program_look(uint32_t id, const char *name, int *program,
                               struct ebpf_program_info *info)
{
	OWNED(fd_release) int fd = ebpf_program_open(id);

	if (fd < 0)
		return errno == ENOENT ? FOUND_NONE : FOUND_FAILED;
	if (ebpf_program_info(fd, info) < 0)
		return FOUND_FAILED;
	if (strcmp(info->name, name) != 0)
		return FOUND_NONE;
	*program = fd_take(&fd);
	return FOUND;
}

enum found egress_find(struct rtnl *nl, uint32_t ifindex, const char *name, int *program,
                       struct ebpf_program_info *info)
{
	uint32_t ids[PROGRAMS_MAX];
	int n = ebpf_egress_list(ifindex, ids, PROGRAMS_MAX);

	*program = -1;
	if (n < 0 && errno == ENODEV)
		return FOUND_NONE;
	if (n < 0 && !has_no_tcx(errno))
		return FOUND_FAILED;
	if (n < 0) {
		ids[0] = filter_find(nl, ifindex);
		if (!ids[0])
			return errno ? FOUND_FAILED : FOUND_NONE;
		n = 1;
	}
	for (int i = 0; i < n; i++) {
		const enum found found = program_look(ids[i], name, program, info);
		if (found)
			return found;
	}
	return FOUND_NONE;
}

static int filter_attach(struct rtnl *nl, uint32_t ifindex, int program, const char *name,
                         struct failure *f)
{
	struct rtnl_req r;
	struct failure refusal;

	failure_clear(&refusal);
	struct tcmsg *t = request_begin(&r, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, ifindex);
	t->tcm_parent = TC_H_CLSACT;
	t->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	t->tcm_info = 0;
	req_str(&r, TCA_KIND, "clsact");
	if (rtnl_call(nl, &r, &refusal, "add a clsact to interface %u", ifindex) < 0 &&
	    errno != EEXIST)
		return failure_pass(f, &refusal);
	request_begin(&r, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, ifindex);
	req_str(&r, TCA_KIND, "bpf");
	struct nlattr *options = req_nest(&r, TCA_OPTIONS);
	req_u32(&r, TCA_BPF_FD, (uint32_t)program);
	req_str(&r, TCA_BPF_NAME, name);
	req_u32(&r, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	req_end(&r, options);
	return rtnl_call(nl, &r, f, "add a filter to the egress of interface %u", ifindex);
}

int egress_attach(struct rtnl *nl, uint32_t ifindex, int program, const char *name,
                  struct failure *f)
{
	if (ebpf_egress_attach_first(ifindex, program) == 0)
		return 0;
	if (has_no_tcx(errno))
		return filter_attach(nl, ifindex, program, name, f);
	return fail_errno(f, errno, "attach a program to the egress of interface %u", ifindex);
}

int egress_detach(struct rtnl *nl, uint32_t ifindex, int program, struct failure *f)
{
	struct rtnl_req r;

	if (ebpf_egress_detach(ifindex, program) == 0 || errno == ENOENT || errno == ENODEV)
		return 0;
	if (!has_no_tcx(errno))
		return fail_errno(f, errno, "detach the program from interface %u", ifindex);
	request_begin(&r, RTM_DELTFILTER, 0, ifindex);
	req_str(&r, TCA_KIND, "bpf");
	return rtnl_call(nl, &r, f, "remove the filter from interface %u", ifindex);
}
