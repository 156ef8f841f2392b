/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds, in time and size, for every wait that a container can influence. */
#ifndef NETNS_BOUNDS_H
#define NETNS_BOUNDS_H

enum {
	/* The kernel's answer to one request, with all messages of a dump. The answer is in the
	 * socket when the request has been sent, so only a lost answer takes that long. */
	BOUND_ANSWER_MS = 5000,
	/* Bytes of one answer. A link may have 64 KiB of names, and 12 bytes for each source MAC.
	 */
	BOUND_ANSWER_BYTES = 64 << 20,
	/* Datagrams that one read of a socket takes. The next read takes the rest. */
	BOUND_NEWS = 256,
	/* Datagrams that are removed from a socket that overflowed, to make it usable again. */
	BOUND_DRAIN = 1 << 16,
	/* The event of a tap. It is in the socket when the kernel has created the tap. */
	BOUND_EVENTS_MS = 2000,
	/* IPv6 duplicate address detection of one interface: as long as in the reference plugin. */
	BOUND_DAD_S = 5,
	/* A child of ours that joins the container's user namespace. It takes a millisecond. */
	BOUND_JOIN_MS = 2000,
	/* A carrier of an interface that was just set up or plugged in. */
	BOUND_CARRIER_MS = 3000,
};

#endif
