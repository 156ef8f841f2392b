/* SPDX-License-Identifier: Apache-2.0 */
/* Probing and announcing IPv4 addresses by ARP. */
#include "netns/arp.h"

#include "base/clock.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { PROBES = 3, INTERVAL_MS = 200 };

/* ARP for IPv4 over Ethernet (RFC 826). */
struct arp {
	struct arphdr header;
	uint8_t sender_mac[6];
	uint8_t sender_ip[4];
	uint8_t target_mac[6];
	uint8_t target_ip[4];
} __attribute__((packed));

int arp_open(void)
{
	/* No protocol yet: before it is bound to a link it would receive frames of every link. */
	return socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static struct sockaddr_ll everybody_on(uint32_t ifindex)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ARP),
		.sll_ifindex = (int)ifindex,
		.sll_halen = 6,
	};
	memset(to.sll_addr, 0xff, 6);
	return to;
}

/* Send a request for `target` from `sender` (all zero: a probe). */
static int request_send(int fd, uint32_t ifindex, const struct mac *own, const uint8_t *sender,
                        const uint8_t *target)
{
	const struct sockaddr_ll to = everybody_on(ifindex);
	struct arp arp = { .header = { .ar_hrd = htons(ARPHRD_ETHER),
		                       .ar_pro = htons(ETH_P_IP),
		                       .ar_hln = 6,
		                       .ar_pln = 4,
		                       .ar_op = htons(ARPOP_REQUEST) } };

	memcpy(arp.sender_mac, own->byte, sizeof arp.sender_mac);
	memcpy(arp.sender_ip, sender, sizeof arp.sender_ip);
	memcpy(arp.target_ip, target, sizeof arp.target_ip);
	ssize_t sent =
	        sendto(fd, &arp, sizeof arp, MSG_DONTWAIT, (const struct sockaddr *)&to, sizeof to);
	return sent == sizeof arp ? 0 : -1;
}

/* Whether a frame conflicts with the address (section 2.1.1): its host sends from the address, or
 * probes for it, too. */
static bool conflicts(const struct arp *arp, const struct mac *own, const struct ip *address)
{
	static const uint8_t nobody[4];

	if (arp->header.ar_hln != 6 || arp->header.ar_pln != 4 ||
	    arp->header.ar_pro != htons(ETH_P_IP) || memcmp(arp->sender_mac, own->byte, 6) == 0)
		return false;
	if (memcmp(arp->sender_ip, address->byte, 4) == 0)
		return true;
	return arp->header.ar_op == htons(ARPOP_REQUEST) &&
	       memcmp(arp->sender_ip, nobody, 4) == 0 &&
	       memcmp(arp->target_ip, address->byte, 4) == 0;
}

/* Listen until a deadline. Returns 1 with the holder, 0, or -1 with errno. */
static int listen_until(int fd, int64_t deadline, const struct mac *own, const struct ip *address,
                        struct mac *holder)
{
	for (int64_t left; (left = deadline - clock_milliseconds()) > 0;) {
		struct pollfd heard = { .fd = fd, .events = POLLIN };
		struct arp arp;

		if (poll(&heard, 1, (int)left) <= 0)
			continue;
		ssize_t got = recv(fd, &arp, sizeof arp, MSG_DONTWAIT);
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (got == sizeof arp && conflicts(&arp, own, address)) {
			memcpy(holder->byte, arp.sender_mac, sizeof holder->byte);
			return 1;
		}
	}
	return 0;
}

int arp_probe(int fd, uint32_t ifindex, const struct mac *own, const struct ip *address,
              struct mac *holder, struct failure *f)
{
	static const uint8_t nobody[4];
	const struct sockaddr_ll link = everybody_on(ifindex);
	char text[IP_TEXT];
	int found = bind(fd, (const struct sockaddr *)&link, sizeof link);

	for (int i = 0; i < PROBES && found == 0; i++) {
		found = request_send(fd, ifindex, own, nobody, address->byte);
		if (found == 0)
			found = listen_until(fd, clock_milliseconds() + INTERVAL_MS, own, address,
			                     holder);
	}
	if (found < 0)
		return fail_errno(f, errno, "ask the LAN who has %s", ip_format(address, text));
	return found;
}

int arp_announce(int fd, uint32_t ifindex, const struct mac *own, const struct ip *address,
                 struct failure *f)
{
	char text[IP_TEXT];
	if (request_send(fd, ifindex, own, address->byte, address->byte) < 0)
		return fail_errno(f, errno, "announce %s on the LAN", ip_format(address, text));
	return 0;
}
