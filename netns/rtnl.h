/* SPDX-License-Identifier: Apache-2.0 */
/* One rtnetlink socket: building a request, sending it, and reading the kernel's complete answer.
 */
#ifndef NETNS_RTNL_H
#define NETNS_RTNL_H

#include "base/failure.h"
#include "base/owned.h"

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>

/* Bytes, of a request with its answer and of events. A longer answer is requested again, with room
 * for it (see netns/bounds.h). */
enum { RTNL_REQUEST_MAX = 8192, RTNL_NEWS_MAX = 32768 };

/* A socket belongs to the namespace in which it was opened. It is connected to the kernel, so other
 * processes can send to it only through the groups that it joins. */
struct rtnl {
	int fd;
	uint32_t port; /* known after it joined a group; 0: it receives only answers */
	uint32_t seq;
	bool passed; /* the last read skipped events */
	bool unread; /* it contains useless data; empty it before the next request */
	bool strict; /* the kernel checks and filters dumps as requested */
	bool capped; /* the kernel does not repeat a request that it refuses */
};

static inline void rtnl_release(struct rtnl *nl)
{
	fd_release(&nl->fd);
}

/* Open a socket in the namespace of the process. Returns 0 or -1. */
int rtnl_open(struct rtnl *nl, struct failure *f) MUST_CHECK;

/* Join or leave a group (RTNLGRP_*), whose events the socket then receives. Root of the socket's
 * namespace can then send to the socket, too, or cause events, until it overflows. Leaving a group
 * empties the socket, so that it is reliable again. Returns 0, or -1 with errno. */
int rtnl_join(struct rtnl *nl, int group) MUST_CHECK;
int rtnl_leave(struct rtnl *nl, int group) MUST_CHECK;

/* Remove all data from the socket. After an overflow the kernel adds nothing before the socket is
 * empty. Returns 0, or -1 with errno if data keeps coming. */
int rtnl_drain(struct rtnl *nl) MUST_CHECK;

/* A request under construction. If an attribute does not fit, the call that sends the request
 * reports EMSGSIZE once. The answer overwrites the request: touching new pages of the stack is the
 * largest cost of a call. */
struct rtnl_req {
	bool full;
	bool apart; /* a child sends it: its first answer counts, see netns/apart.h */
	union {
		struct nlmsghdr header;
		char bytes[RTNL_REQUEST_MAX];
	};
};

/* Begin a request. Returns its family header (`size` zeroed bytes), which the caller fills. */
void *req_begin(struct rtnl_req *r, uint16_t type, uint16_t flags, size_t size);
void req_put(struct rtnl_req *r, uint16_t type, const void *data, size_t size);
void req_str(struct rtnl_req *r, uint16_t type, const char *text);
void req_u32(struct rtnl_req *r, uint16_t type, uint32_t value);

/* Begin and end a nest. Its attributes go between the two calls. */
struct nlattr *req_nest(struct rtnl_req *r, uint16_t type);
void req_end(struct rtnl_req *r, struct nlattr *nest);

/* Send the request and wait for its acknowledgement. The format says what was attempted. Returns 0,
 * or -1 with the kernel's errno, and its text in the details. After ENOBUFS and ETIMEDOUT the
 * kernel may have executed the request, because its answer may be lost. */
int rtnl_call(struct rtnl *nl, struct rtnl_req *r, struct failure *f, const char *fmt,
              ...) MUST_CHECK __attribute__((format(printf, 4, 5)));

/* What a reader of a query returns for each message: RTNL_MORE, RTNL_ENOUGH or -1 with errno. After
 * RTNL_ENOUGH the rest is not read, and the caller can only close the socket. */
enum { RTNL_MORE = 1, RTNL_ENOUGH = 0 };
typedef int rtnl_reader(const struct nlmsghdr *message, void *data);

/* Send a request that is answered with messages, and read all of them: those of a dump
 * (NLM_F_DUMP), or the one of a get, which is its own acknowledgement. Returns 0, or -1 as
 * rtnl_call() does, with EINTR for a dump that the kernel interrupted. Repeat the request if its
 * answer was too long or lost: the reader may then get the messages of a dump twice. */
int rtnl_query(struct rtnl *nl, struct rtnl_req *r, rtnl_reader *reader, void *data,
               struct failure *f, const char *fmt, ...) MUST_CHECK
        __attribute__((format(printf, 6, 7)));

/* Read the events that have arrived, without waiting. Skip messages that are not events. Returns 0
 * if the reader returned RTNL_ENOUGH, or if the bound was reached and more may be left; or -1 with
 * errno: EAGAIN if all were read, ENOBUFS if some were lost. */
int rtnl_news(struct rtnl *nl, rtnl_reader *reader, void *data) MUST_CHECK;

/* Fill an array of `max` + 1 attribute pointers, by type, from a message after its family header of
 * `size` bytes, from a nest, or from plain bytes. Ignore unknown types. Of equal types the first
 * counts. Returns whether all of it was attributes. */
bool attrs_of_message(const struct nlmsghdr *message, size_t size, const struct nlattr **attrs,
                      uint16_t max);
bool attrs_of_nest(const struct nlattr *nest, const struct nlattr **attrs, uint16_t max);
bool attrs_of_bytes(const void *bytes, size_t size, const struct nlattr **attrs, uint16_t max);

/* Returns an attribute's value, or `absent` if it is missing or has another size. */
uint32_t attr_u32(const struct nlattr *attr, uint32_t absent);
uint8_t attr_u8(const struct nlattr *attr, uint8_t absent);
/* Copy a text attribute; "" if it is absent or too long. */
void attr_text(const struct nlattr *attr, char *text, size_t size);

#endif
