/* SPDX-License-Identifier: Apache-2.0 */
/* Measures the throughput and the round trip time of a path between two hosts over TCP. The same
 * program in pods and in guests. stream serve                      says "serving" when it does, and
 * answers until it is ended stream through ADDRESS SECONDS    prints megabits a second stream trip
 * ADDRESS TIMES         prints the median round trip in microseconds */
#include "tests/bench/bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT = 7999, CHUNK = 128 << 10, TRIPS_MAX = 10000 };

/* Serves a client. Its first byte selects the test: 't' answers every read with a byte, 's' only
 * reads. When the client has stopped sending, sends it the number of bytes. */
static void connection_serve(int fd)
{
	static const int on = 1;
	char bytes[CHUNK], wish;
	uint64_t total = 0;
	ssize_t n;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 ||
	    recv(fd, &wish, 1, 0) != 1)
		return;
	while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0) {
		total += (uint64_t)n;
		if (wish == 't' && send(fd, bytes, 1, 0) < 0)
			return;
	}
	if (send(fd, &total, sizeof total, 0) < 0)
		perror("send");
}

static _Noreturn void serve(void)
{
	static const int on = 1;
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
	    bind(fd, (const struct sockaddr *)&any, sizeof any) < 0 || listen(fd, 4) < 0)
		stop("serve");
	puts("serving");
	fflush(stdout);
	for (;;) {
		const int one = accept(fd, NULL, NULL);
		if (one < 0)
			stop("accept");
		connection_serve(one);
		close(one);
	}
}

static int peer_open(const char *address, char wish)
{
	static const int on = 1;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    connect(fd, (const struct sockaddr *)&to, sizeof to) < 0)
		stop(address);
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 ||
	    send(fd, &wish, 1, 0) != 1)
		stop("send");
	return fd;
}

static int through(const char *address, double seconds)
{
	static const char bytes[CHUNK];
	const int fd = peer_open(address, 's');
	const double start = now();
	uint64_t total = 0;

	while (now() - start < seconds * 1e6)
		if (send(fd, bytes, sizeof bytes, 0) < 0)
			stop("send");
	shutdown(fd, SHUT_WR);
	if (recv(fd, &total, sizeof total, MSG_WAITALL) != sizeof total)
		stop("recv");
	printf("%.0f\n", (double)total * 8 / (now() - start));
	return 0;
}

static int compare(const void *a, const void *b)
{
	const double one = *(const double *)a, other = *(const double *)b;
	return (one > other) - (one < other);
}

static int trip(const char *address, long times)
{
	double took[TRIPS_MAX];
	char byte = 'x';

	if (times < 1 || times > TRIPS_MAX)
		return 2;
	const int fd = peer_open(address, 't');
	for (long i = 0; i < times; i++) {
		const double start = now();
		if (send(fd, &byte, 1, 0) != 1 || recv(fd, &byte, 1, 0) != 1)
			stop("trip");
		took[i] = now() - start;
	}
	qsort(took, (size_t)times, sizeof *took, compare);
	printf("%.1f\n", took[times / 2]);
	return 0;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && strcmp(argv[1], "serve") == 0)
		serve();
	if (argc == 4 && strcmp(argv[1], "through") == 0)
		return through(argv[2], strtod(argv[3], NULL));
	if (argc == 4 && strcmp(argv[1], "trip") == 0)
		return trip(argv[2], strtol(argv[3], NULL, 10));
	fputs("stream serve | through ADDRESS SECONDS | trip ADDRESS TIMES\n", stderr);
	return 2;
}
