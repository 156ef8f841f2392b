/* SPDX-License-Identifier: Apache-2.0 */
/* A guarded master with two endpoints, and frames that its programs judge. */
#ifndef TESTS_GUARDED_H
#define TESTS_GUARDED_H

#include "netns/guard.h"
#include "tests/unit/unit.h"

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TOKEN = 0x1234567, OTHER_TOKEN = 0x7654321, FRAME_MAX = 512 };

static const struct mac own = { { 2, 0, 0, 0, 0, 1 } }, neighbour = { { 2, 0, 0, 0, 0, 2 } };

struct guarded {
	struct rtnl nl;
	struct guard guard;
};

static inline void guarded_release(struct guarded *g)
{
	guard_release(&g->guard);
	rtnl_release(&g->nl);
}

static inline struct guard_entry entry_of(const struct mac *mac, uint64_t token, const char *ipv4,
                                          const char *ipv6)
{
	struct guard_entry entry = { .token = token, .owner = token, .n = 3 };
	struct ip ip;

	entry.address[0] = guard_link_local(mac);
	if (!ip_parse(ipv4, &ip))
		abort();
	entry.address[1] = guard_address_of(&ip);
	if (!ip_parse(ipv6, &ip))
		abort();
	entry.address[2] = guard_address_of(&ip);
	return entry;
}

/* A master with two endpoints, in a namespace where nobody else is. */
static inline void guarded_make(struct verdict *v, struct guarded *g, uint32_t may)
{
	struct guard_entry first = entry_of(&own, TOKEN, "10.0.0.1", "fd00::1");
	const struct guard_entry second = entry_of(&neighbour, OTHER_TOKEN, "10.0.0.2", "fd00::2");
	struct failure f = { 0 };

	first.may = may;
	if (unshare(CLONE_NEWNET) < 0 || system("ip link add lan0 type veth peer name port0") ||
	    rtnl_open(&g->nl, &f) < 0)
		abort();
	expect(v, guard_make(&g->guard, &g->nl, if_nametoindex("lan0"), &f) == 0, "%s: %s", f.msg,
	       f.details);
	expect(v, guard_add(&g->guard, &own, &first, &f) == FOUND, "%s", f.details);
	expect(v, guard_add(&g->guard, &neighbour, &second, &f) == FOUND, "%s", f.details);
}

static inline size_t bytes_of(const char *hex, uint8_t *out)
{
	size_t n = 0;

	for (; hex[0] && hex[1]; hex += 2, n++) {
		const char digits[3] = { hex[0], hex[1], 0 };
		out[n] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return n;
}

/* Run the program with a frame that has the stamp of an endpoint (token 0: none). Returns what the
 * program returns. */
static inline int run(int program, const char *hex, const struct mac *mac, uint64_t token,
                      uint32_t times)
{
	uint8_t frame[FRAME_MAX] = { 0 };
	struct __sk_buff of = { .cb = { (uint32_t)token, (uint32_t)(token >> 32) } };
	const size_t length = bytes_of(hex, frame);

	memcpy(&of.cb[2], mac->byte, token ? sizeof mac->byte : 0);
	union bpf_attr attr;

	memset(&attr, 0, sizeof attr);
	attr.test.prog_fd = (uint32_t)program;
	attr.test.data_size_in = (uint32_t)length;
	attr.test.data_in = (uint64_t)(uintptr_t)frame;
	attr.test.ctx_size_in = sizeof of;
	attr.test.ctx_in = (uint64_t)(uintptr_t)&of;
	attr.test.repeat = times;
	if (syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof attr) < 0)
		abort();
	return (int)attr.test.retval;
}

#endif
