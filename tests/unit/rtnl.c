/* SPDX-License-Identifier: Apache-2.0 */
/* Invalid netlink answers: a pair of sockets stands for a kernel, a broken kernel or a forger. */
#include "netns/rtnl.h"
#include "base/owned.h"
#include "netns/link.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <limits.h>
#include <linux/if_link.h>
#include <string.h>
#include <sys/socket.h>

enum { PORT = 4711, SEQ = 1 }; /* ours, and of the first request */

/* A socket of ours whose other end the test writes answers into. */
struct wire {
	struct rtnl nl;
	int kernel;
};

static void wire_release(struct wire *w)
{
	rtnl_release(&w->nl);
	fd_release(&w->kernel);
}

static struct wire wire_open(void)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		abort();
	return (struct wire){ { .fd = ends[0], .port = PORT }, ends[1] };
}

struct message {
	struct nlmsghdr header;
	union {
		struct nlmsgerr answer;
		struct ifinfomsg link;
		char bytes[64];
	};
};

static struct message ack(int err, uint32_t seq, uint32_t port)
{
	return (struct message){ .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct nlmsgerr)),
		                             .nlmsg_type = NLMSG_ERROR,
		                             .nlmsg_flags = NLM_F_CAPPED,
		                             .nlmsg_seq = seq,
		                             .nlmsg_pid = port },
		                 .answer = { .error = -err } };
}

static struct message link_message(int index, uint16_t flags)
{
	return (struct message){ .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
		                             .nlmsg_type = RTM_NEWLINK,
		                             .nlmsg_flags = flags,
		                             .nlmsg_seq = SEQ,
		                             .nlmsg_pid = PORT },
		                 .link = { .ifi_index = index } };
}

static void answer(const struct wire *w, const struct message *m, size_t size)
{
	if (send(w->kernel, m, size, 0) != (ssize_t)size)
		abort();
}

static void answer_whole(const struct wire *w, struct message m)
{
	answer(w, &m, m.header.nlmsg_len);
}

static int call(struct wire *w, struct failure *f)
{
	struct rtnl_req r;
	req_begin(&r, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
	return rtnl_call(&w->nl, &r, f, "try");
}

/* Each case: what is sent before the true acknowledgement, and what the call comes to. */
static void only_the_acknowledgement_of_our_request_counts(struct verdict *v)
{
	static const struct {
		const char *name;
		uint32_t seq;
		uint32_t port;
	} cases[] = {
		{ "a late answer", SEQ - 1, PORT },
		{ "an answer to a request not sent yet", SEQ + 1, PORT },
		{ "an answer to somebody else", SEQ, PORT + 1 },
		{ "an event", 0, 0 },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		OWNED(wire_release) struct wire w = wire_open();
		struct failure f = { 0 };
		answer_whole(&w, ack(EPERM, cases[i].seq, cases[i].port));
		answer_whole(&w, ack(0, SEQ, PORT));
		expect(v, call(&w, &f) == 0, "%s: %s", cases[i].name, f.details);
	}
}

static void a_duplicate_answer_does_not_answer_the_next_request(struct verdict *v)
{
	OWNED(wire_release) struct wire w = wire_open();
	struct failure f = { 0 };

	answer_whole(&w, ack(0, SEQ, PORT));
	answer_whole(&w, ack(0, SEQ, PORT));
	answer_whole(&w, ack(EPERM, SEQ + 1, PORT));
	expect(v, call(&w, &f) == 0, "first: %s", f.details);
	expect(v, call(&w, &f) < 0 && errno == EPERM, "second: errno %d", errno);
}

static void a_truncated_answer_is_a_failure(struct verdict *v)
{
	const struct message whole = ack(0, SEQ, PORT);

	for (size_t size = 1; size < whole.header.nlmsg_len; size++) {
		OWNED(wire_release) struct wire w = wire_open();
		struct failure f = { 0 };
		struct message cut = whole;
		answer(&w, &cut, size);
		expect(v, call(&w, &f) < 0 && f.code, "cut to %zu bytes, accepted", size);
	}
}

static void a_wrong_length_is_a_failure(struct verdict *v)
{
	static const uint32_t lengths[] = {
		0, 1, 15, 16, 19, 37, 0x7fffffff, 0x80000000, 0xffffffff
	};
	const struct message whole = ack(0, SEQ, PORT);

	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		OWNED(wire_release) struct wire w = wire_open();
		struct failure f = { 0 };
		struct message lying = whole;
		lying.header.nlmsg_len = lengths[i];
		answer(&w, &lying, whole.header.nlmsg_len);
		shutdown(w.kernel, SHUT_WR);
		expect(v, call(&w, &f) < 0 && f.code, "%u, accepted", lengths[i]);
	}
}

static void an_error_outside_the_errno_range_is_a_failure(struct verdict *v)
{
	static const int errors[] = { INT_MIN, -4096, 1, INT_MAX };

	for (size_t i = 0; i < COUNT_OF(errors); i++) {
		OWNED(wire_release) struct wire w = wire_open();
		struct failure f = { 0 };
		struct message lying = ack(0, SEQ, PORT);
		lying.answer.error = errors[i];
		answer_whole(&w, lying);
		expect(v, call(&w, &f) < 0 && errno == EBADMSG, "%d: errno %d", errors[i], errno);
	}
}

static void a_kernel_error_keeps_its_errno_and_message(struct verdict *v)
{
	static const char sentence[] = "Attribute failed policy validation";
	OWNED(wire_release) struct wire w = wire_open();
	struct failure f = { 0 };
	struct {
		struct message m;
		struct nlattr attr;
		char text[sizeof sentence];
	} __attribute__((packed)) answered = { .m = ack(ERANGE, SEQ, PORT) };
	char bytes[256] = { 0 };
	const size_t fixed = NLMSG_LENGTH(sizeof(struct nlmsgerr));

	answered.m.header.nlmsg_flags |= NLM_F_ACK_TLVS;
	answered.attr = (struct nlattr){ .nla_len = sizeof answered.attr + sizeof sentence,
		                         .nla_type = NLMSGERR_ATTR_MSG };
	memcpy(answered.text, sentence, sizeof sentence);
	answered.m.header.nlmsg_len = (uint32_t)(fixed + NLMSG_ALIGN(answered.attr.nla_len));
	memcpy(bytes, &answered.m, fixed);
	memcpy(bytes + fixed, &answered.attr, answered.attr.nla_len);
	if (send(w.kernel, bytes, answered.m.header.nlmsg_len, 0) < 0)
		abort();
	expect(v, call(&w, &f) < 0 && errno == ERANGE, "errno %d", errno);
	expect(v, strstr(f.details, sentence) != NULL, "details: %s", f.details);
}

static void an_acknowledgement_without_a_link_returns_no_link(struct verdict *v)
{
	OWNED(wire_release) struct wire w = wire_open();
	struct failure f = { 0 };
	struct link link;

	answer_whole(&w, ack(0, SEQ, PORT));
	expect(v, link_by_index(&w.nl, 7, &link, &f) < 0 && f.code, "it was found");
}

static void a_closed_socket_is_a_failure(struct verdict *v)
{
	OWNED(wire_release) struct wire w = wire_open();
	struct failure f = { 0 };

	shutdown(w.kernel, SHUT_WR);
	struct link link;
	expect(v, link_by_index(&w.nl, 7, &link, &f) < 0 && f.code, "it was found");
}

static void a_link_alone_completes_the_answer(struct verdict *v)
{
	OWNED(wire_release) struct wire w = wire_open();
	struct failure f = { 0 };

	answer_whole(&w, link_message(7, 0));
	shutdown(w.kernel, SHUT_WR);
	struct link link;
	expect(v, link_by_index(&w.nl, 7, &link, &f) == 1 && link.index == 7, "%s", f.details);
}

static void an_interrupted_dump_is_reported(struct verdict *v)
{
	OWNED(wire_release) struct wire w = wire_open();
	struct failure f = { 0 };
	struct link link;

	answer_whole(&w, link_message(7, NLM_F_MULTI | NLM_F_DUMP_INTR));
	expect(v, link_by_index(&w.nl, 7, &link, &f) < 0 && errno == EINTR, "errno %d", errno);
}

static void an_attribute_longer_than_the_message_is_ignored(struct verdict *v)
{
	OWNED(wire_release) struct wire w = wire_open();
	struct failure f = { 0 };
	struct link link;
	struct message m = link_message(7, 0);
	const struct nlattr huge = { .nla_len = 0xffff, .nla_type = IFLA_IFNAME };

	memcpy((char *)&m + m.header.nlmsg_len, &huge, sizeof huge);
	m.header.nlmsg_len += sizeof huge;
	answer_whole(&w, m);
	answer_whole(&w, ack(0, SEQ, PORT));
	expect(v, link_by_index(&w.nl, 7, &link, &f) == 1, "%s", f.details);
	expect(v, link.index == 7 && !link.name[0], "index %u, name %s", link.index, link.name);
}

static void a_request_too_large_is_refused_when_it_is_sent(struct verdict *v)
{
	OWNED(wire_release) struct wire w = wire_open();
	struct failure f = { 0 };
	struct rtnl_req r;
	static const char much[1000];

	req_begin(&r, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
	for (int i = 0; i < 20; i++)
		req_put(&r, IFLA_IFALIAS, much, sizeof much);
	expect(v, rtnl_call(&w.nl, &r, &f, "try") < 0 && errno == EMSGSIZE, "errno %d", errno);
}

static void a_missing_answer_is_an_error(struct verdict *v)
{
	OWNED(wire_release) struct wire w = wire_open();
	struct failure f = { 0 };

	answer_whole(&w, ack(0, SEQ - 1, PORT));
	expect(v, call(&w, &f) < 0 && errno == ETIMEDOUT && f.code == CNI_AGAIN, "errno %d", errno);
	expect(v, strstr(f.details, "did not come") != NULL, "%s", f.details);
}

/* A nest of more than 64 KiB has a length that wrapped: what it holds follows it. */
static void attributes_after_a_wrapped_nest_change_nothing(struct verdict *v)
{
	OWNED(wire_release) struct wire w = wire_open();
	struct failure f = { 0 };
	struct link link;
	struct message m = link_message(7, 0);
	const struct {
		struct nlattr name;
		char text[8];
		struct nlattr info, kind;
		char genuine[8];
		struct nlattr again;
		char other[8];
	} attrs = {
		{ .nla_len = 12, .nla_type = IFLA_IFNAME },
		"eth0",
		{ .nla_len = 16, .nla_type = IFLA_LINKINFO },
		{ .nla_len = 12, .nla_type = IFLA_INFO_KIND },
		"macvtap",
		{ .nla_len = 12, .nla_type = IFLA_IFNAME },
		"eth9",
	};

	memcpy((char *)&m + m.header.nlmsg_len, &attrs, sizeof attrs);
	m.header.nlmsg_len += sizeof attrs;
	answer_whole(&w, m);
	expect(v, link_by_index(&w.nl, 7, &link, &f) == 1, "%s", f.details);
	expect(v,
	       strcmp(link.name, "eth0") == 0 && strcmp(link.kind, "macvtap") == 0 && !link.partial,
	       "%s %s", link.name, link.kind);
}

/* Where the length that wrapped leaves no room for the kind, it is unknown, not another one. */
static void an_unreadable_kind_is_reported_as_unknown(struct verdict *v)
{
	for (uint16_t length = 0; length <= 16; length += 4) {
		OWNED(wire_release) struct wire w = wire_open();
		struct failure f = { 0 };
		struct link link;
		struct message m = link_message(7, 0);
		const struct {
			struct nlattr info, kind;
			char text[8];
		} attrs = { { .nla_len = length, .nla_type = IFLA_LINKINFO },
			    { .nla_len = 12, .nla_type = IFLA_INFO_KIND },
			    "macvtap" };

		memcpy((char *)&m + m.header.nlmsg_len, &attrs, sizeof attrs);
		m.header.nlmsg_len += sizeof attrs;
		answer_whole(&w, m);
		expect(v, link_by_index(&w.nl, 7, &link, &f) == 1, "%s", f.details);
		expect(v, link.partial == (length < 16), "%u: %d %s", length, link.partial,
		       link.kind);
	}
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(only_the_acknowledgement_of_our_request_counts),
		UNIT(a_duplicate_answer_does_not_answer_the_next_request),
		UNIT(a_truncated_answer_is_a_failure),
		UNIT(a_wrong_length_is_a_failure),
		UNIT(an_error_outside_the_errno_range_is_a_failure),
		UNIT(a_kernel_error_keeps_its_errno_and_message),
		UNIT(an_acknowledgement_without_a_link_returns_no_link),
		UNIT(a_closed_socket_is_a_failure),
		UNIT(a_link_alone_completes_the_answer),
		UNIT(an_interrupted_dump_is_reported),
		UNIT(an_attribute_longer_than_the_message_is_ignored),
		UNIT(a_request_too_large_is_refused_when_it_is_sent),
		UNIT(a_missing_answer_is_an_error),
		UNIT(attributes_after_a_wrapped_nest_change_nothing),
		UNIT(an_unreadable_kind_is_reported_as_unknown),
	};

	return units_run(units, COUNT_OF(units));
}
