/* SPDX-License-Identifier: Apache-2.0 */
/* Talking rtnetlink: requests as they read, answers believed only from the kernel and only ours. */
#include "netns/rtnl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int rtnl_open(struct rtnl *nl, struct failure *f)
{
	OWNED(fd_release) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	socklen_t size = sizeof self;
	static const int on = 1;
	static const int options[] = { NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK };

	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof self) < 0 ||
	    getsockname(fd, (struct sockaddr *)&self, &size) < 0)
		return fail_errno(f, errno, "open a netlink socket");
	/* An older kernel does without: its answers are then only less precise. */
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		setsockopt(fd, SOL_NETLINK, options[i], &on, sizeof on);
	*nl = (struct rtnl){ .fd = fd_take(&fd), .port = self.nl_pid };
	return 0;
}

void *req_begin(struct rtnl_req *r, uint16_t type, uint16_t flags, size_t size)
{
	r->full = false;
	mnl_nlmsg_put_header(r->bytes);
	r->header.nlmsg_type = type;
	r->header.nlmsg_flags = NLM_F_REQUEST | flags;
	return mnl_nlmsg_put_extra_header(&r->header, size);
}

void req_put(struct rtnl_req *r, uint16_t type, const void *data, size_t size)
{
	if (!mnl_attr_put_check(&r->header, RTNL_REQUEST_MAX, type, size, data))
		r->full = true;
}

void req_str(struct rtnl_req *r, uint16_t type, const char *text)
{
	req_put(r, type, text, strlen(text) + 1);
}

void req_u32(struct rtnl_req *r, uint16_t type, uint32_t value)
{
	req_put(r, type, &value, sizeof value);
}

struct nlattr *req_nest(struct rtnl_req *r, uint16_t type)
{
	struct nlattr *nest = mnl_attr_nest_start_check(&r->header, RTNL_REQUEST_MAX, type);
	if (!nest)
		r->full = true;
	return nest;
}

void req_end(struct rtnl_req *r, struct nlattr *nest)
{
	if (nest)
		mnl_attr_nest_end(&r->header, nest);
}

static int request_send(struct rtnl *nl, struct rtnl_req *r)
{
	ssize_t sent;

	if (r->full) {
		errno = EMSGSIZE;
		return -1;
	}
	r->header.nlmsg_seq = ++nl->seq;
	do
		sent = send(nl->fd, r->bytes, r->header.nlmsg_len, 0); /* to the kernel */
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -1 : 0;
}

/* Receives one datagram of the kernel's. Whoever has CAP_NET_ADMIN in the container's namespace can
 * send to a socket there too, so what comes from another port is dropped. */
static ssize_t datagram_receive(struct rtnl *nl, char *bytes, size_t size)
{
	for (;;) {
		struct sockaddr_nl from = { .nl_family = AF_NETLINK };
		struct iovec part = { .iov_base = bytes, .iov_len = size };
		struct msghdr message = { .msg_name = &from,
			                  .msg_namelen = sizeof from,
			                  .msg_iov = &part,
			                  .msg_iovlen = 1 };
		ssize_t got = recvmsg(nl->fd, &message, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (from.nl_pid != 0)
			continue;
		if (got == 0 || message.msg_flags & MSG_TRUNC) {
			errno = got == 0 ? EBADMSG : EMSGSIZE;
			return -1;
		}
		return got;
	}
}

/* The kernel's own sentence of an error answer, if it sent one. */
struct sentence {
	char text[256];
};

static int on_sentence(const struct nlattr *attr, void *data)
{
	struct sentence *s = data;
	if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
		attr_text(attr, s->text, sizeof s->text);
	return MNL_CB_OK;
}

enum { ERRNO_MAX = 4095 }; /* the kernel's own bound */

/* Reads an acknowledgement: 0, or -1 with the kernel's errno. */
static int ack_read(const struct nlmsghdr *message, struct sentence *s)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(message);
	size_t length = mnl_nlmsg_get_payload_len(message);
	size_t skip = sizeof *e; /* the fixed part, then the echoed request unless it was cut off */

	if (length < sizeof *e || e->error > 0 || e->error < -ERRNO_MAX) {
		errno = EBADMSG;
		return -1;
	}
	if (e->error == 0)
		return 0;
	if (!(message->nlmsg_flags & NLM_F_CAPPED) && e->msg.nlmsg_len >= sizeof e->msg)
		skip += e->msg.nlmsg_len - sizeof e->msg;
	if (message->nlmsg_flags & NLM_F_ACK_TLVS && MNL_ALIGN(skip) < length)
		mnl_attr_parse(message, skip, on_sentence, s);
	errno = -e->error;
	return -1;
}

struct answer {
	rtnl_reader *reader; /* NULL: only the acknowledgement is of interest */
	void *data;
	bool news;   /* to no request of ours */
	bool single; /* it is one message, which no acknowledgement follows */
	struct sentence sentence;
};

/* Reads one message of the answer: RTNL_MORE, RTNL_ENOUGH, or -1 with errno. */
static int message_read(const struct nlmsghdr *message, struct answer *a)
{
	if (message->nlmsg_flags & NLM_F_DUMP_INTR) {
		errno = EINTR;
		return -1;
	}
	switch (message->nlmsg_type) {
	case NLMSG_ERROR:
		return ack_read(message, &a->sentence) < 0 ? -1 : RTNL_ENOUGH;
	case NLMSG_DONE:
		return RTNL_ENOUGH;
	case NLMSG_NOOP:
		return RTNL_MORE;
	default:
		if (!a->reader)
			return RTNL_MORE;
		const int verdict = a->reader(message, a->data);
		return a->single && verdict == RTNL_MORE ? RTNL_ENOUGH : verdict;
	}
}

/* Older libmnl takes a length beyond 2 GiB for a negative one, which fits everywhere. */
static bool message_whole(const struct nlmsghdr *message, int left)
{
	return mnl_nlmsg_ok(message, left) && message->nlmsg_len <= (uint32_t)left;
}

/* Reads, in the place of the request, until it is answered, or there is no more news. Messages of
 * another request or port (events, late answers) are passed over. */
static int answer_read(struct rtnl *nl, struct answer *a, struct rtnl_req *r)
{
	for (;;) {
		ssize_t got = datagram_receive(nl, r->bytes, sizeof r->bytes);
		if (got < 0)
			return -1;
		int left = (int)got;
		const struct nlmsghdr *m = &r->header;
		for (; message_whole(m, left); m = mnl_nlmsg_next(m, &left)) {
			if (!a->news && (m->nlmsg_seq != nl->seq || m->nlmsg_pid != nl->port))
				continue;
			int verdict = message_read(m, a);
			if (verdict != RTNL_MORE)
				return verdict;
		}
		if (left > 0) {
			errno = EBADMSG;
			return -1;
		}
	}
}

static int transact(struct rtnl *nl, struct rtnl_req *r, struct answer *a, struct failure *f,
                    const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

static int transact(struct rtnl *nl, struct rtnl_req *r, struct answer *a, struct failure *f,
                    const char *fmt, va_list ap)
{
	if (request_send(nl, r) == 0 && answer_read(nl, a, r) == 0)
		return 0;

	int err = errno;
	char attempt[256], details[512];
	vsnprintf(attempt, sizeof attempt, fmt, ap);
	snprintf(details, sizeof details, "%s%s%s", strerror(err), a->sentence.text[0] ? ": " : "",
	         a->sentence.text);
	fail(f, failure_code(err), details, "%s", attempt);
	errno = err;
	return -1;
}

int rtnl_call(struct rtnl *nl, struct rtnl_req *r, struct failure *f, const char *fmt, ...)
{
	struct answer a = { .reader = NULL };
	va_list ap;

	r->header.nlmsg_flags |= NLM_F_ACK;
	va_start(ap, fmt);
	int done = transact(nl, r, &a, f, fmt, ap);
	va_end(ap);
	return done;
}

int rtnl_query(struct rtnl *nl, struct rtnl_req *r, rtnl_reader *reader, void *data,
               struct failure *f, const char *fmt, ...)
{
	const bool dump = r->header.nlmsg_flags & NLM_F_DUMP;
	struct answer a = { .reader = reader, .data = data, .single = !dump };
	va_list ap;

	va_start(ap, fmt);
	int done = transact(nl, r, &a, f, fmt, ap);
	va_end(ap);
	return done;
}

int rtnl_news(struct rtnl *nl, rtnl_reader *reader, void *data)
{
	struct answer a = { .reader = reader, .data = data, .news = true };
	struct rtnl_req unasked;

	return answer_read(nl, &a, &unasked);
}

struct attr_array {
	const struct nlattr **attrs;
	uint16_t max;
};

static int on_attr(const struct nlattr *attr, void *data)
{
	const struct attr_array *array = data;
	if (mnl_attr_get_type(attr) <= array->max)
		array->attrs[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

void attrs_of_message(const struct nlmsghdr *message, size_t size, const struct nlattr **attrs,
                      uint16_t max)
{
	struct attr_array array = { attrs, max };
	memset(attrs, 0, (max + 1u) * sizeof *attrs);
	if (mnl_nlmsg_get_payload_len(message) >= MNL_ALIGN(size))
		mnl_attr_parse(message, (unsigned)size, on_attr, &array);
}

void attrs_of_nest(const struct nlattr *nest, const struct nlattr **attrs, uint16_t max)
{
	struct attr_array array = { attrs, max };
	memset(attrs, 0, (max + 1u) * sizeof *attrs);
	if (nest)
		mnl_attr_parse_nested(nest, on_attr, &array);
}

void attrs_of_bytes(const void *bytes, size_t size, const struct nlattr **attrs, uint16_t max)
{
	struct attr_array array = { attrs, max };
	memset(attrs, 0, (max + 1u) * sizeof *attrs);
	mnl_attr_parse_payload(bytes, size, on_attr, &array);
}

uint32_t attr_u32(const struct nlattr *attr, uint32_t absent)
{
	return attr && mnl_attr_get_payload_len(attr) == sizeof absent ? mnl_attr_get_u32(attr)
	                                                               : absent;
}

uint8_t attr_u8(const struct nlattr *attr, uint8_t absent)
{
	return attr && mnl_attr_get_payload_len(attr) == sizeof absent ? mnl_attr_get_u8(attr)
	                                                               : absent;
}

void attr_text(const struct nlattr *attr, char *text, size_t size)
{
	text[0] = '\0';
	if (!attr)
		return;
	size_t length = strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
	if (length >= size)
		return;
	memcpy(text, mnl_attr_get_payload(attr), length);
	text[length] = '\0';
}
