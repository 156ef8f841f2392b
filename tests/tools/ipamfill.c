/* SPDX-License-Identifier: Apache-2.0 */
/* Fills a directory with host-local's reservations, as if so many containers had been there.
 *
 *   ipamfill DIRECTORY FIRST-IPV4-ADDRESS COUNT [HOLDER]     by HOLDER-0, HOLDER-1, … (filler-)
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int reserve(int dir, struct in_addr address, const char *holder, unsigned i)
{
	char name[INET_ADDRSTRLEN], text[128];

	inet_ntop(AF_INET, &address, name, sizeof name);
	const int length = snprintf(text, sizeof text, "%s-%u\r\neth0", holder, i);
	const int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write(fd, text, (size_t)length) != length) {
		perror(name);
		return -1;
	}
	return close(fd);
}

int main(int argc, char **argv)
{
	struct in_addr first;

	if (argc < 4 || inet_pton(AF_INET, argv[2], &first) != 1) {
		fprintf(stderr, "usage: %s DIRECTORY FIRST COUNT [HOLDER]\n", argv[0]);
		return 2;
	}
	const int dir = open(argv[1], O_RDONLY | O_DIRECTORY);
	if (dir < 0) {
		perror(argv[1]);
		return 1;
	}
	const unsigned long count = strtoul(argv[3], NULL, 10);
	for (unsigned i = 0; i < count; i++) {
		const struct in_addr address = { htonl(ntohl(first.s_addr) + i) };
		if (reserve(dir, address, argc > 4 ? argv[4] : "filler", i) < 0)
			return 1;
	}
	return 0;
}
