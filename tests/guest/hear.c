/* SPDX-License-Identifier: Apache-2.0 */
/* Joins the group of multicast DNS, says so, and prints the first datagram that arrives there.
 *   hear GROUP INTERFACE     GROUP: 224.0.0.251 or ff02::fb
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	char text[1500] = "";
	struct ip_mreqn four = { .imr_ifindex = (int)if_nametoindex(argc == 3 ? argv[2] : "") };
	struct ipv6_mreq six = { .ipv6mr_interface = if_nametoindex(argc == 3 ? argv[2] : "") };
	const struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(5353) };
	const int fd = socket(AF_INET6, SOCK_DGRAM, 0); /* hears IPv4 too */

	if (argc != 3 || fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof any) < 0)
		return 2;
	if (inet_pton(AF_INET, argv[1], &four.imr_multiaddr) == 1
	            ? setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &four, sizeof four) < 0
	            : inet_pton(AF_INET6, argv[1], &six.ipv6mr_multiaddr) != 1 ||
	                      setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &six, sizeof six) < 0)
		return 3;
	puts("joined");
	fflush(stdout);
	if (recv(fd, text, sizeof text - 1, 0) < 0)
		return 4;
	puts(text);
	return 0;
}
