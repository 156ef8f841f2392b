/* SPDX-License-Identifier: Apache-2.0 */
/* RARP by a packet socket. The kernel tells the source address, so no byte of a frame is read. */
#include "netns/rarp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <string.h>
#include <sys/socket.h>

int rarp_open(struct failure *f)
{
	const int fd =
	        socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_RARP));

	return fd < 0 ? fail_errno(f, errno, "listen for announcements (RARP)") : fd;
}

int rarp_read(int fd, struct mac *source, uint32_t *ifindex, struct failure *f)
{
	struct sockaddr_ll from = { .sll_halen = 0 };
	socklen_t size = sizeof from;
	char byte;

	const ssize_t got = recvfrom(fd, &byte, sizeof byte, 0, (struct sockaddr *)&from, &size);
	/* An interface that goes down leaves its error in the socket. */
	if (got < 0 && (errno == EAGAIN || errno == EINTR || errno == ENETDOWN))
		return 0;
	if (got < 0)
		return fail_errno(f, errno, "hear an announcement (RARP)");
	if (from.sll_halen != sizeof source->byte || from.sll_pkttype == PACKET_OUTGOING)
		return 0;
	memcpy(source->byte, from.sll_addr, sizeof source->byte);
	*ifindex = (uint32_t)from.sll_ifindex;
	return 1;
}
