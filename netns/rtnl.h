/* SPDX-License-Identifier: Apache-2.0 */
/* One rtnetlink socket: building a request, sending it, and reading the kernel's whole answer. */
#ifndef NETNS_RTNL_H
#define NETNS_RTNL_H

#include "base/failure.h"
#include "base/owned.h"

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>

/* Bytes. A longer answer is asked for again, with room for it (see netns/bounds.h). */
enum { RTNL_REQUEST_MAX = 8192, RTNL_REPLY_MAX = 32768 };

/* A socket belongs to the namespace it was opened in. It is connected to the kernel, so that other
 * processes can send to it only through the groups it joins. */
struct rtnl {
	int fd;
	uint32_t port; /* known once it joined a group; 0: all that arrives are answers to us */
	uint32_t seq;
	bool passed; /* events were passed over while the last answer was read */
	bool unread; /* what stands in it is of no use, and comes off before the next request */
};

static inline void rtnl_release(struct rtnl *nl)
{
	fd_release(&nl->fd);
}

/* Opens a socket in the namespace the process is in. */
int rtnl_open(struct rtnl *nl, struct failure *f) MUST_CHECK;

/* Has the socket receive the events of a group (RTNLGRP_*), or no longer. Who is root in the
 * socket's namespace can then send to it too, or make events, until it overflows. Leaving empties
 * the socket, so that it can be relied on again. -1 with errno. */
int rtnl_join(struct rtnl *nl, int group) MUST_CHECK;
int rtnl_leave(struct rtnl *nl, int group) MUST_CHECK;

/* Takes all that stands in the socket off it. The kernel puts nothing into a socket that overflowed
 * before it is empty. -1 with errno where more keeps coming. */
int rtnl_drain(struct rtnl *nl) MUST_CHECK;

/* A request under construction. A put that does not fit is remembered, and the call that sends the
 * request reports it once, as EMSGSIZE. The answer takes the place of what was sent: pages of the
 * stack that a call touches for the first time are what it costs most by. */
struct rtnl_req {
	bool full;
	union {
		struct nlmsghdr header;
		char bytes[RTNL_REPLY_MAX];
	};
};

/* Begins a request and returns its family header (`size` zeroed bytes) for the caller to fill. */
void *req_begin(struct rtnl_req *r, uint16_t type, uint16_t flags, size_t size);
void req_put(struct rtnl_req *r, uint16_t type, const void *data, size_t size);
void req_str(struct rtnl_req *r, uint16_t type, const char *text);
void req_u32(struct rtnl_req *r, uint16_t type, uint32_t value);

/* Nested attributes go between req_nest() and req_end(). */
struct nlattr *req_nest(struct rtnl_req *r, uint16_t type);
void req_end(struct rtnl_req *r, struct nlattr *nest);

/* Sends the request and waits for its acknowledgement. Fails with errno set to the kernel's, and
 * its sentence in the details; the format says what was attempted. ENOBUFS and ETIMEDOUT can also
 * mean that the answer was lost, so that the request may have been carried out. */
int rtnl_call(struct rtnl *nl, struct rtnl_req *r, struct failure *f, const char *fmt,
              ...) MUST_CHECK __attribute__((format(printf, 4, 5)));

/* What a query does with each message of its answer: RTNL_MORE, RTNL_ENOUGH (the rest is not wanted
 * and not read: the socket is then good for closing only), or -1 with errno. */
enum { RTNL_MORE = 1, RTNL_ENOUGH = 0 };
typedef int rtnl_reader(const struct nlmsghdr *message, void *data);

/* Sends a request that is answered with messages and reads all: those of a dump (NLM_F_DUMP), or
 * the one of a get, which is its own acknowledgement. Fails as rtnl_call() does; a dump the kernel
 * interrupted fails with EINTR. What is too long for the request's place, or was lost, is asked for
 * again, so that the reader may see a dump's messages twice. */
int rtnl_query(struct rtnl *nl, struct rtnl_req *r, rtnl_reader *reader, void *data,
               struct failure *f, const char *fmt, ...) MUST_CHECK
        __attribute__((format(printf, 6, 7)));

/* Reads what the kernel sent unasked, without waiting, until -1 with errno: EAGAIN when that was
 * all, ENOBUFS when some of it was lost. Messages that are no news are passed over; 0 where the
 * reader says RTNL_ENOUGH, or when much was read and more may be left. */
int rtnl_news(struct rtnl *nl, rtnl_reader *reader, void *data) MUST_CHECK;

/* Fills an array of `max` + 1 attribute pointers, by type, from a message after its family header
 * of `size` bytes, from a nest, or from plain bytes. Unknown types are left out; the first of equal
 * types counts. Returns whether all of it was attributes. */
bool attrs_of_message(const struct nlmsghdr *message, size_t size, const struct nlattr **attrs,
                      uint16_t max);
bool attrs_of_nest(const struct nlattr *nest, const struct nlattr **attrs, uint16_t max);
bool attrs_of_bytes(const void *bytes, size_t size, const struct nlattr **attrs, uint16_t max);

/* An attribute's value where it has the right size, else the value given for "absent". */
uint32_t attr_u32(const struct nlattr *attr, uint32_t absent);
uint8_t attr_u8(const struct nlattr *attr, uint8_t absent);
/* Copies a text attribute; "" where it is absent or too long. */
void attr_text(const struct nlattr *attr, char *text, size_t size);

#endif
