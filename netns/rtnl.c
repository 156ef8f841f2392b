/* SPDX-License-Identifier: Apache-2.0 */
/* Talking rtnetlink: accept answers only from the kernel, and only to this socket's requests. */
#include "netns/rtnl.h"

#include "base/clock.h"
#include "base/errno_text.h"
#include "netns/apart.h"
#include "netns/bounds.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* An older kernel lacks some options. Its answers are only less precise. */
static void option_set(int fd, int option)
{
	static const int on = 1;

	setsockopt(fd, SOL_NETLINK, option, &on, sizeof on);
}

int rtnl_open(struct rtnl *nl, struct failure *f)
{
	OWNED(fd_release) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	/* connect() also assigns a port. A connected socket refuses messages of other ports. */
	if (fd < 0 || connect(fd, (const struct sockaddr *)&kernel, sizeof kernel) < 0)
		return fail_errno(f, errno, "open a netlink socket");
	option_set(fd, NETLINK_EXT_ACK);
	*nl = (struct rtnl){ .fd = fd_take(&fd) };
	return 0;
}

enum { ECHO_MAX = RTNL_REQUEST_MAX / 2 }; /* bytes; a refusal has room for such a request */

/* Set the options that only some requests need: most calls have none. */
static void options_set(struct rtnl *nl, const struct nlmsghdr *request)
{
	const bool dump = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;

	if (dump && !nl->strict)
		option_set(nl->fd, NETLINK_GET_STRICT_CHK);
	if (request->nlmsg_len > ECHO_MAX && !nl->capped)
		option_set(nl->fd, NETLINK_CAP_ACK);
	nl->strict |= dump;
	nl->capped |= request->nlmsg_len > ECHO_MAX;
}

static int request_send(struct rtnl *nl, struct rtnl_req *r)
{
	ssize_t sent;

	if (r->full) {
		errno = EMSGSIZE;
		return -1;
	}
	options_set(nl, &r->header);
	r->header.nlmsg_seq = ++nl->seq;
	if (r->apart && apart_send(nl->fd, r->bytes, r->header.nlmsg_len))
		return 0;
	do
		sent = send(nl->fd, r->bytes, r->header.nlmsg_len, 0); /* to the kernel */
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -1 : 0;
}

/* The kernel's own text for an error, if it sent one. */
struct sentence {
	char text[256];
};

struct answer {
	rtnl_reader *reader; /* NULL: only the acknowledgement matters */
	void *data;
	bool news;   /* events, not an answer */
	bool single; /* one message, without an acknowledgement after it */
	bool whole;  /* it was read to its end; it may report an error */
	unsigned datagrams;
	size_t length;    /* of the last datagram, also if it was cut */
	int64_t deadline; /* 0: no wait yet */
	struct sentence sentence;
};

/* Wait for more datagrams, or limit the time for skipped ones: within the bound of one answer. */
static bool answer_await(const struct rtnl *nl, struct answer *a, short events)
{
	struct pollfd answered = { .fd = nl->fd, .events = events };

	if (!a->deadline)
		a->deadline = clock_milliseconds() + BOUND_ANSWER_MS;
	const int64_t left = a->deadline - clock_milliseconds();
	if (left > 0 && (!events || poll(&answered, 1, (int)left) != 0))
		return true;
	errno = ETIMEDOUT;
	return false;
}

/* Whether another datagram may be read. For events a number limits that, for an answer the time. */
static bool answer_continues(const struct rtnl *nl, struct answer *a)
{
	if (a->datagrams++ == 0)
		return true;
	return a->news ? a->datagrams <= BOUND_NEWS : answer_await(nl, a, 0);
}

/* Receive one datagram of the kernel. Returns its length, 0 at the end of the events, or -1. Drop
 * datagrams from other ports: root of the namespace can send to a group that the socket is in. */
static ssize_t datagram_receive(struct rtnl *nl, struct answer *a, char *bytes, size_t size)
{
	while (answer_continues(nl, a)) {
		struct sockaddr_nl from = { .nl_family = AF_NETLINK };
		struct iovec part = { .iov_base = bytes, .iov_len = size };
		struct msghdr message = { .msg_name = &from,
			                  .msg_namelen = sizeof from,
			                  .msg_iov = &part,
			                  .msg_iovlen = 1 };
		/* Do not wait: the kernel answers before send() returns. */
		const ssize_t got = recvmsg(nl->fd, &message, MSG_DONTWAIT | MSG_TRUNC);
		if (got < 0 && errno == EAGAIN && !a->news && answer_await(nl, a, POLLIN))
			continue;
		if (got < 0)
			return -1;
		if (from.nl_pid != 0)
			continue;
		a->length = (size_t)got;
		if (got > 0 && !(message.msg_flags & MSG_TRUNC))
			return got;
		errno = got == 0 ? EBADMSG : EMSGSIZE;
		return -1;
	}
	return a->news ? 0 : -1;
}

static int on_sentence(const struct nlattr *attr, void *data)
{
	struct sentence *s = data;
	if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
		attr_text(attr, s->text, sizeof s->text);
	return MNL_CB_OK;
}

enum { ERRNO_MAX = 4095 }; /* the kernel's own bound */

/* Read an acknowledgement. Returns 0, or -1 with the kernel's errno. */
static int ack_read(const struct nlmsghdr *message, struct answer *a)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(message);
	size_t length = mnl_nlmsg_get_payload_len(message);
	size_t skip = sizeof *e; /* the fixed part, then the echoed request unless it was cut off */

	if (length < sizeof *e || e->error > 0 || e->error < -ERRNO_MAX) {
		errno = EBADMSG;
		return -1;
	}
	a->whole = true;
	if (e->error == 0)
		return 0;
	if (!(message->nlmsg_flags & NLM_F_CAPPED) && e->msg.nlmsg_len >= sizeof e->msg)
		skip += e->msg.nlmsg_len - sizeof e->msg;
	if (message->nlmsg_flags & NLM_F_ACK_TLVS && MNL_ALIGN(skip) < length)
		mnl_attr_parse(message, skip, on_sentence, &a->sentence);
	errno = -e->error;
	return -1;
}

/* Read the end of a dump, which tells whether the dump is complete. Returns 0, or -1 with the
 * kernel's errno. */
static int done_read(const struct nlmsghdr *message, struct answer *a)
{
	int error = 0;

	a->whole = true;
	if (mnl_nlmsg_get_payload_len(message) >= sizeof error)
		memcpy(&error, mnl_nlmsg_get_payload(message), sizeof error);
	if (error >= 0 || error < -ERRNO_MAX)
		return 0;
	errno = -error;
	return -1;
}

/* Read one message of the answer. Returns RTNL_MORE, RTNL_ENOUGH, or -1 with errno. */
static int message_read(const struct nlmsghdr *message, struct answer *a)
{
	if (message->nlmsg_flags & NLM_F_DUMP_INTR) {
		errno = EINTR;
		return -1;
	}
	switch (message->nlmsg_type) {
	case NLMSG_ERROR:
		return ack_read(message, a) < 0 ? -1 : RTNL_ENOUGH;
	case NLMSG_DONE:
		return done_read(message, a) < 0 ? -1 : RTNL_ENOUGH;
	case NLMSG_NOOP:
		return RTNL_MORE;
	default:
		if (!a->reader)
			return RTNL_MORE;
		a->whole = a->single;
		const int verdict = a->reader(message, a->data);
		return a->single && verdict == RTNL_MORE ? RTNL_ENOUGH : verdict;
	}
}

/* Whether a message is complete. Older libmnl reads a length beyond 2 GiB as negative, and accepts
 * it. */
static bool message_whole(const struct nlmsghdr *message, int left)
{
	return mnl_nlmsg_ok(message, left) && message->nlmsg_len <= (uint32_t)left;
}

static bool is_answer(const struct rtnl *nl, const struct nlmsghdr *m)
{
	return m->nlmsg_seq == nl->seq && (!nl->port || m->nlmsg_pid == nl->port);
}

/* Read until the request is answered, or no events are left. Skip messages of another request or
 * port (events, late answers). */
static int answer_read(struct rtnl *nl, struct answer *a, char *bytes, size_t size)
{
	for (;;) {
		const ssize_t got = datagram_receive(nl, a, bytes, size);
		if (got <= 0)
			return (int)got;
		int left = (int)got;
		const struct nlmsghdr *m = (const struct nlmsghdr *)(const void *)bytes;
		for (; message_whole(m, left); m = mnl_nlmsg_next(m, &left)) {
			if (!a->news && !is_answer(nl, m)) {
				nl->passed = true;
				continue;
			}
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

/* Send a request and read its answer into `room`, or into the request's own buffer. */
static int exchange(struct rtnl *nl, struct rtnl_req *r, struct answer *a, char *room, size_t size)
{
	if (nl->unread && rtnl_drain(nl) < 0)
		return -1;
	a->whole = nl->passed = false;
	a->datagrams = 0;
	if (request_send(nl, r) < 0) {
		a->whole = true; /* no answer will come */
		return -1;
	}
	const int done = answer_read(nl, a, room ? room : r->bytes, room ? size : sizeof r->bytes);
	nl->unread = !a->whole;
	return done;
}

/* Whether a query may be repeated: its answer was cut, or the socket had overflowed and had no room
 * for it. */
static bool is_lost(const struct rtnl *nl)
{
	return nl->unread && (errno == EMSGSIZE || errno == ENOBUFS);
}

enum { QUERY_MAX = 512, ASKED_MAX = 4 }; /* bytes; times */

/* Like exchange(), but repeat the request if its answer was lost. It must not change anything. */
static int exchange_query(struct rtnl *nl, struct rtnl_req *r, struct answer *a)
{
	char query[QUERY_MAX];
	const size_t length = r->header.nlmsg_len;

	if (length > sizeof query)
		return exchange(nl, r, a, NULL, 0);
	memcpy(query, r->bytes, length);
	int done = exchange(nl, r, a, NULL, 0);
	for (int asked = 1; done < 0 && is_lost(nl) && asked < ASKED_MAX; asked++) {
		/* A link may grow between two requests. */
		const size_t size = 2 * a->length + sizeof r->bytes;
		OWNED(text_release)
		char *room = a->length < BOUND_ANSWER_BYTES ? malloc(size) : NULL;
		if (!room) {
			errno = EMSGSIZE;
			return -1;
		}
		memcpy(r->bytes, query, length);
		done = exchange(nl, r, a, room, size);
	}
	return done;
}

/* Why an answer is incomplete. */
static const struct {
	int err;
	const char *text;
} losses[] = {
	{ ENOBUFS, "the netlink socket overflowed, and the kernel's answer was lost" },
	{ ETIMEDOUT, "the kernel's answer did not come within 5 s" },
	{ EMSGSIZE, "the kernel's answer is too long" },
};
_Static_assert(BOUND_ANSWER_MS == 5000, "said in losses");

static const char *reason(int err, bool lost)
{
	for (size_t i = 0; lost && i < sizeof losses / sizeof *losses; i++)
		if (losses[i].err == err)
			return losses[i].text;
	return errno_text(err);
}

static int transact(struct rtnl *nl, struct rtnl_req *r, struct answer *a, struct failure *f,
                    const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

static int transact(struct rtnl *nl, struct rtnl_req *r, struct answer *a, struct failure *f,
                    const char *fmt, va_list ap)
{
	if ((a->reader ? exchange_query(nl, r, a) : exchange(nl, r, a, NULL, 0)) == 0)
		return 0;

	int err = errno;
	char attempt[256], details[512];
	vsnprintf(attempt, sizeof attempt, fmt, ap);
	snprintf(details, sizeof details, "%s%s%s", reason(err, !a->whole),
	         a->sentence.text[0] ? ": " : "", a->sentence.text);
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
	char bytes[RTNL_NEWS_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));

	return answer_read(nl, &a, bytes, sizeof bytes);
}
