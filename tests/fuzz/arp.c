/* SPDX-License-Identifier: Apache-2.0 */
/* Frames from the LAN: whatever is heard while asking for an address, only somebody else who has it
 * or asks for it too is in conflict, asking ends in time, and nothing but requests is sent.
 *
 * Reads with: netns/arp.c */
#include "netns/arp.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

enum { LINK = 7, ARP = 28, PROBES_MS = 600, SILENCE = 255 };
enum fails { FAILS_NOTHING, FAILS_BIND, FAILS_SEND, FAILS_HEARING, FAILS };

static const struct mac own = { { 2, 0, 0, 0, 0xac, 1 } };
static const struct ip address = { AF_INET, { 10, 0, 0, 2 } };

/* The LAN, in place of the kernel: the input's frames, each after a byte with its length. A length
 * of 0 wakes for nothing, SILENCE is what is waited for in vain. */
static struct {
	const uint8_t *next, *end;
	enum fails fails;
	int64_t milliseconds; /* no time passes but what is waited for in vain */
	int requests;
	const uint8_t *conflict; /* the frame heard last, when it is in conflict with us */
} lan;

int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (clock != CLOCK_MONOTONIC)
		return (int)syscall(SYS_clock_gettime, clock, now);
	now->tv_sec = lan.milliseconds / 1000;
	now->tv_nsec = lan.milliseconds % 1000 * 1000000;
	return 0;
}

int bind(int fd, const struct sockaddr *name, socklen_t length)
{
	struct sockaddr_ll link;

	PROMISE(fd == 3 && length == sizeof link);
	memcpy(&link, name, sizeof link);
	PROMISE(link.sll_ifindex == LINK && link.sll_protocol == htons(0x0806));
	errno = ENODEV;
	return lan.fails == FAILS_BIND ? -1 : 0;
}

/* A request for the address in our name: from nobody's address, or, announced, from the address. */
ssize_t sendto(int fd, const void *frame, size_t length, int flags, const struct sockaddr *to,
               socklen_t to_length)
{
	static const uint8_t probe[ARP] = { 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0xac, 1 };
	uint8_t request[ARP];

	PROMISE(fd == 3 && length == ARP && flags == MSG_DONTWAIT);
	PROMISE(to_length == sizeof(struct sockaddr_ll) && to->sa_family == AF_PACKET);
	memcpy(request, probe, sizeof request);
	memcpy(request + 24, address.byte, 4);
	if (lan.requests < 0)
		memcpy(request + 14, address.byte, 4);
	PROMISE(memcmp(frame, request, sizeof request) == 0);
	lan.requests++;
	errno = ENOBUFS;
	return lan.fails == FAILS_SEND ? -1 : (ssize_t)length;
}

int poll(struct pollfd *fds, nfds_t n, int milliseconds)
{
	PROMISE(n == 1 && fds->fd == 3 && milliseconds > 0);
	const bool silence = lan.next == lan.end || *lan.next == SILENCE;
	fds->revents = silence ? 0 : POLLIN;
	if (!silence)
		return 1;
	lan.next += lan.next < lan.end;
	lan.milliseconds += milliseconds;
	return 0;
}

/* By the bytes of RFC 826 and the words of RFC 5227, 2.1.1. */
static bool frame_conflicts(const uint8_t *frame, size_t length)
{
	static const uint8_t ipv4[] = { 8, 0, 6, 4 }, request[] = { 0, 1 }, nobody[4];

	if (length < ARP || memcmp(frame + 2, ipv4, 4) != 0 || memcmp(frame + 8, own.byte, 6) == 0)
		return false;
	return memcmp(frame + 14, address.byte, 4) == 0 ||
	       (memcmp(frame + 6, request, 2) == 0 && memcmp(frame + 14, nobody, 4) == 0 &&
	        memcmp(frame + 24, address.byte, 4) == 0);
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	PROMISE(fd == 3 && flags == MSG_DONTWAIT && lan.next < lan.end && !lan.conflict);
	const uint8_t *frame = lan.next + 1;
	const size_t left = (size_t)(lan.end - frame), length = *lan.next < left ? *lan.next : left;

	lan.next = frame + length;
	errno = length ? ENETDOWN : EAGAIN;
	if (!length || lan.fails == FAILS_HEARING)
		return -1;
	lan.conflict = frame_conflicts(frame, length) ? frame : NULL;
	memcpy(buffer, frame, length < size ? length : size);
	return (ssize_t)(length < size ? length : size);
}

static void announce(void)
{
	struct failure f = { 0 };

	lan.requests = -1;
	PROMISE((arp_announce(3, LINK, &own, &address, &f) < 0) == (lan.fails == FAILS_SEND));
	PROMISE(lan.requests == 0 && (f.code != 0) == (lan.fails == FAILS_SEND));
}

/* The first byte says which call fails, if any. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = { 0 };
	struct mac holder;

	if (size < 1)
		return 0;
	memset(&lan, 0, sizeof lan);
	lan.next = data + 1;
	lan.end = data + size;
	lan.fails = data[0] % FAILS;
	const int found = arp_probe(3, LINK, &own, &address, &holder, &f);
	PROMISE((found == 1) == (lan.conflict != NULL) && (found < 0) == (f.code != 0));
	PROMISE(found != 1 || memcmp(holder.byte, lan.conflict + 8, sizeof holder.byte) == 0);
	PROMISE(found != 0 || (lan.requests == 3 && lan.milliseconds == PROBES_MS));
	PROMISE(lan.milliseconds <= PROBES_MS && lan.requests <= 3);
	announce();
	return 0;
}
