/* SPDX-License-Identifier: Apache-2.0 */
/* How long, and for how much, anything is waited for that a container can influence. */
#ifndef NETNS_BOUNDS_H
#define NETNS_BOUNDS_H

enum {
	/* The kernel's answer to one request, with all messages of a dump. It stands in the socket
	 * when the request has been sent, so only an answer that was lost takes that long. */
	BOUND_ANSWER_MS = 5000,
	/* Bytes of one answer. A link's may have 64 KiB of names and 12 bytes for each source MAC.
	 */
	BOUND_ANSWER_BYTES = 64 << 20,
	/* Datagrams one reading of a socket takes; what is left is read the next time. */
	BOUND_NEWS = 256,
	/* Datagrams taken off a socket that overflowed, to make it usable again. */
	BOUND_DRAIN = 1 << 16,
	/* The event of a tap. It stands in the socket when the kernel has made the tap. */
	BOUND_EVENTS_MS = 2000,
	/* IPv6 duplicate address detection of one interface, as long as the reference plugin's. */
	BOUND_DAD_S = 5,
	/* A carrier, of an interface that was just set up or plugged in. */
	BOUND_CARRIER_MS = 3000,
};

#endif
