/* SPDX-License-Identifier: Apache-2.0 */
/* Attaching a classifier, by bpf(2) or by rtnetlink. */
#include "netns/classifier.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <string.h>

enum { HANDLE = 0x70746170 }; /* of a filter: no other program chooses it */
enum { PROGRAMS_MAX = 64 };   /* the kernel's limit of tcx */

/* Whether the errno means that the kernel has no tcx. */
static bool has_no_tcx(int err)
{
	return err == EINVAL || err == EOPNOTSUPP;
}

static struct tcmsg *request_begin(const struct classifier *c, struct rtnl_req *r, uint16_t type,
                                   uint16_t flags, uint32_t ifindex)
{
	struct tcmsg *t = req_begin(r, type, flags, sizeof *t);

	t->tcm_ifindex = (int)ifindex;
	t->tcm_parent = TC_H_MAKE(TC_H_CLSACT,
	                          c->where == EBPF_TCX_EGRESS ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS);
	t->tcm_handle = HANDLE;
	t->tcm_info = TC_H_MAKE((uint32_t)c->priority << 16, htons(ETH_P_ALL));
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
static uint32_t filter_find(const struct classifier *c, struct rtnl *nl, uint32_t ifindex)
{
	struct rtnl_req r;
	struct failure refusal;
	uint32_t id = 0;

	failure_clear(&refusal);
	request_begin(c, &r, RTM_GETTFILTER, 0, ifindex);
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
	if (strncmp(info->name, name, strlen(name)) != 0)
		return FOUND_NONE;
	*program = fd_take(&fd);
	return FOUND;
}

/* Find one of the listed programs by its name; *at is its place. */
static enum found program_find(const uint32_t *ids, int n, const char *name, int *at, int *program,
                               struct ebpf_program_info *info)
{
	for (*at = 0; *at < n; ++*at) {
		const enum found found = program_look(ids[*at], name, program, info);
		if (found)
			return found;
	}
	return FOUND_NONE;
}

enum found classifier_find(const struct classifier *c, struct rtnl *nl, uint32_t ifindex,
                           int *program, struct ebpf_program_info *info)
{
	uint32_t ids[PROGRAMS_MAX];
	int n = ebpf_tcx_list(ifindex, c->where, ids, PROGRAMS_MAX), at;

	*program = -1;
	if (n < 0 && errno == ENODEV)
		return FOUND_NONE;
	if (n < 0 && !has_no_tcx(errno))
		return FOUND_FAILED;
	if (n < 0) {
		ids[0] = filter_find(c, nl, ifindex);
		if (!ids[0])
			return errno ? FOUND_FAILED : FOUND_NONE;
		n = 1;
	}
	return program_find(ids, n, c->name, &at, program, info);
}

int classifier_attach_filter(const struct classifier *c, struct rtnl *nl, uint32_t ifindex,
                             int program, struct failure *f)
{
	struct rtnl_req r;
	struct failure refusal;

	failure_clear(&refusal);
	struct tcmsg *t = request_begin(c, &r, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, ifindex);
	t->tcm_parent = TC_H_CLSACT;
	t->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	t->tcm_info = 0;
	req_str(&r, TCA_KIND, "clsact");
	if (rtnl_call(nl, &r, &refusal, "add a clsact to interface %u", ifindex) < 0 &&
	    errno != EEXIST)
		return failure_pass(f, &refusal);
	request_begin(c, &r, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, ifindex);
	req_str(&r, TCA_KIND, "bpf");
	struct nlattr *options = req_nest(&r, TCA_OPTIONS);
	req_u32(&r, TCA_BPF_FD, (uint32_t)program);
	req_str(&r, TCA_BPF_NAME, c->name);
	req_u32(&r, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	req_end(&r, options);
	return rtnl_call(nl, &r, f, "add the filter %s to interface %u", c->name, ifindex);
}

/* The id of the program after which this one runs. Returns 0 or -1; *id is 0 if it is not there. */
static int find_former(const struct classifier *c, uint32_t ifindex, uint32_t *id)
{
	uint32_t ids[PROGRAMS_MAX];
	struct ebpf_program_info info;
	OWNED(fd_release) int program = -1;
	int at;

	*id = 0;
	if (!c->after)
		return 0;
	const int n = ebpf_tcx_list(ifindex, c->where, ids, PROGRAMS_MAX);
	const enum found found =
	        n < 0 ? FOUND_FAILED : program_find(ids, n, c->after, &at, &program, &info);
	if (found == FOUND)
		*id = ids[at];
	return found == FOUND_FAILED ? -1 : 0;
}

int classifier_attach(const struct classifier *c, struct rtnl *nl, uint32_t ifindex, int program,
                      struct failure *f)
{
	uint32_t former;

	if (find_former(c, ifindex, &former) == 0 &&
	    ebpf_tcx_attach(ifindex, c->where, program, former) == 0)
		return 0;
	if (has_no_tcx(errno))
		return classifier_attach_filter(c, nl, ifindex, program, f);
	return fail_errno(f, errno, "attach the program %s to interface %u", c->name, ifindex);
}

int classifier_detach(const struct classifier *c, struct rtnl *nl, uint32_t ifindex, int program,
                      struct failure *f)
{
	struct rtnl_req r;

	if (ebpf_tcx_detach(ifindex, c->where, program) == 0 || errno == ENOENT || errno == ENODEV)
		return 0;
	if (!has_no_tcx(errno))
		return fail_errno(f, errno, "detach the program %s from interface %u", c->name,
		                  ifindex);
	request_begin(c, &r, RTM_DELTFILTER, 0, ifindex);
	req_str(&r, TCA_KIND, "bpf");
	return rtnl_call(nl, &r, f, "remove the filter %s from interface %u", c->name, ifindex);
}
