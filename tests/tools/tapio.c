/* SPDX-License-Identifier: Apache-2.0 */
/* Sends and receives Ethernet frames as a test tells it to: on a tap's device node as a virtual
 * machine would, or on an interface of the namespace it runs in.
 *
 *   tapio DEVICE ACTION...      DEVICE: a path (the node of a tap) or an interface's name
 *
 * Actions are done in order; the first that fails ends the program with 1 and a line on stderr.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { QUEUES_MAX = 256, FRAME_MAX = 65536 };

struct device {
	const char *name;
	int fd[QUEUES_MAX]; /* a tap's queues; of an interface, one socket */
	size_t n;
	bool tap;
	size_t header; /* bytes before each frame (struct virtio_net_hdr) */
	uint16_t checksum_start, checksum_offset; /* of a frame to send; 0: it has its checksum */
};

struct bytes {
	uint8_t at[FRAME_MAX];
	size_t length;
};

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "tapio: %s: %s\n", what, why);
	return -1;
}

static bool hex_read(const char *text, struct bytes *out)
{
	size_t length = strlen(text);
	if (length % 2 || length / 2 > sizeof out->at)
		return false;
	for (size_t i = 0; i < length / 2; i++) {
		char digits[3] = { text[2 * i], text[2 * i + 1], 0 };
		char *end;
		out->at[i] = (uint8_t)strtoul(digits, &end, 16);
		if (*end)
			return false;
	}
	out->length = length / 2;
	return true;
}

static void hex_print(const uint8_t *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
		printf("%02x", at[i]);
	printf("\n");
	fflush(stdout);
}

static int queue_open(struct device *d)
{
	if (d->n == QUEUES_MAX)
		return complain(d->name, "no more queues");
	int fd = open(d->name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return complain(d->name, strerror(errno));
	d->fd[d->n++] = fd;
	return 0;
}

static int tap_open(struct device *d)
{
	if (queue_open(d) < 0)
		return -1;
	struct ifreq request = { 0 };
	int size = 0;
	if (ioctl(d->fd[0], TUNGETIFF, &request) < 0)
		return complain(d->name, strerror(errno));
	if (request.ifr_flags & IFF_VNET_HDR && ioctl(d->fd[0], TUNGETVNETHDRSZ, &size) == 0)
		d->header = (size_t)size;
	return 0;
}

static int interface_open(struct device *d)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
		                       .sll_protocol = htons(ETH_P_ALL),
		                       .sll_ifindex = (int)if_nametoindex(d->name) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
	if (fd < 0 || !address.sll_ifindex)
		return complain(d->name, strerror(errno));
	d->fd[d->n++] = fd;
	int one = 1;
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return complain(d->name, strerror(errno));
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The next frame from any queue. 1: there is one; 0: none before the deadline. */
static int frame_receive(const struct device *d, int64_t deadline, struct bytes *frame)
{
	for (;;) {
		struct pollfd set[QUEUES_MAX];
		for (size_t i = 0; i < d->n; i++)
			set[i] = (struct pollfd){ .fd = d->fd[i], .events = POLLIN };
		int64_t left = deadline - now_ms();
		if (left < 0 || poll(set, (nfds_t)d->n, (int)left) <= 0)
			return 0;
		for (size_t i = 0; i < d->n; i++) {
			ssize_t got = read(d->fd[i], frame->at, sizeof frame->at);
			if (got < (ssize_t)d->header)
				continue;
			frame->length = (size_t)got - d->header;
			memmove(frame->at, frame->at + d->header, frame->length);
			return 1;
		}
	}
}

/* Waits for a frame with these bytes anywhere in it. */
static int frame_await(const struct device *d, const char *hex, const char *ms, bool print)
{
	struct bytes wanted, frame;
	if (!hex_read(hex, &wanted))
		return complain(hex, "not hexadecimal");
	int64_t deadline = now_ms() + strtol(ms, NULL, 10);
	while (frame_receive(d, deadline, &frame))
		if (memmem(frame.at, frame.length, wanted.at, wanted.length)) {
			if (print)
				hex_print(frame.at, frame.length);
			return 1;
		}
	return 0;
}

static int do_expect(struct device *d, char **argument)
{
	return frame_await(d, argument[0], argument[1], true) == 1
	               ? 0
	               : complain(argument[0], "did not arrive");
}

static int do_refuse(struct device *d, char **argument)
{
	return frame_await(d, argument[0], argument[1], false) == 0
	               ? 0
	               : complain(argument[0], "arrived");
}

/* Prints every frame up to the one with these bytes. */
static int do_until(struct device *d, char **argument)
{
	struct bytes last, frame;
	if (!hex_read(argument[0], &last))
		return complain(argument[0], "not hexadecimal");
	int64_t deadline = now_ms() + strtol(argument[1], NULL, 10);
	while (frame_receive(d, deadline, &frame)) {
		hex_print(frame.at, frame.length);
		if (memmem(frame.at, frame.length, last.at, last.length))
			return 0;
	}
	return complain(argument[0], "did not arrive");
}

static int frame_send(const struct device *d, const char *hex, long times)
{
	struct bytes frame, out = { .length = d->header };
	if (!hex_read(hex, &frame) || frame.length + d->header > sizeof out.at)
		return complain(hex, "not hexadecimal");
	memset(out.at, 0, d->header);
	if (d->checksum_start)
		memcpy(out.at,
		       &(struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		                                 .csum_start = d->checksum_start,
		                                 .csum_offset = d->checksum_offset },
		       sizeof(struct virtio_net_hdr));
	memcpy(out.at + d->header, frame.at, frame.length);
	out.length += frame.length;
	/* ENOBUFS of a socket means that something dropped the frame on its way, as on a LAN. */
	for (; times > 0; times--)
		if (write(d->fd[0], out.at, out.length) != (ssize_t)out.length &&
		    (d->tap || errno != ENOBUFS))
			return complain("send", strerror(errno));
	return 0;
}

static int do_send(struct device *d, char **argument)
{
	return frame_send(d, argument[0], 1);
}

/* Sends past the queueing discipline and the classifiers of the interface, from here on. */
static int do_bypass(struct device *d, char **argument)
{
	const int on = 1;

	(void)argument;
	return setsockopt(d->fd[0], SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) < 0
	               ? complain("bypass", strerror(errno))
	               : 0;
}

/* Leaves a checksum of the frames to the kernel, from here on: of the bytes from START on, written
 * at START + OFFSET. START 0 ends that. */
static int do_checksum(struct device *d, char **argument)
{
	const int on = 1;

	d->checksum_start = (uint16_t)strtoul(argument[0], NULL, 10);
	d->checksum_offset = (uint16_t)strtoul(argument[1], NULL, 10);
	if (d->tap || d->header)
		return 0;
	d->header = sizeof(struct virtio_net_hdr);
	return setsockopt(d->fd[0], SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) < 0
	               ? complain("checksum", strerror(errno))
	               : 0;
}

/* Sends a frame whose bytes stay in memory of this program, and changes them when it is under way.
 */
static int do_swap(struct device *d, char **argument)
{
	enum { RING = 4096, BEFORE = TPACKET2_HDRLEN - sizeof(struct sockaddr_ll) };
	struct tpacket_req request = { RING, 1, RING, 1 };
	struct bytes first, second;
	int version = TPACKET_V2;

	if (!hex_read(argument[0], &first) || !hex_read(argument[1], &second) ||
	    first.length != second.length || first.length > RING - BEFORE)
		return complain("swap", "two frames of one length");
	if (setsockopt(d->fd[0], SOL_PACKET, PACKET_VERSION, &version, sizeof version) < 0 ||
	    setsockopt(d->fd[0], SOL_PACKET, PACKET_TX_RING, &request, sizeof request) < 0)
		return complain("swap", strerror(errno));
	uint8_t *ring = mmap(NULL, RING, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd[0], 0);
	if (ring == MAP_FAILED)
		return complain("swap", strerror(errno));
	struct tpacket2_hdr *header = (struct tpacket2_hdr *)(void *)ring;
	memcpy(ring + BEFORE, first.at, first.length);
	header->tp_len = (uint32_t)first.length;
	__atomic_store_n(&header->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_SEQ_CST);
	if (send(d->fd[0], NULL, 0, MSG_DONTWAIT) < 0 && errno != ENOBUFS && errno != EAGAIN)
		return complain("swap", strerror(errno));
	memcpy(ring + BEFORE, second.at, second.length);
	return 0;
}

/* Sends a frame many times, as fast as the kernel takes it. Frames that wait in the receiver's
 * queue count as sent by this socket. */
static int do_burst(struct device *d, char **argument)
{
	const int most = 64 << 20;

	if (!d->tap && setsockopt(d->fd[0], SOL_SOCKET, SO_SNDBUFFORCE, &most, sizeof most) < 0)
		return complain(d->name, strerror(errno));
	return frame_send(d, argument[1], strtol(argument[0], NULL, 10));
}

/* Prints the link's name and MAC, which the descriptor reports. */
static int do_identity(struct device *d, char **argument)
{
	(void)argument;
	struct ifreq request = { 0 };
	if (!d->tap)
		snprintf(request.ifr_name, sizeof request.ifr_name, "%s", d->name);
	else if (ioctl(d->fd[0], TUNGETIFF, &request) < 0)
		return complain(d->name, strerror(errno));
	printf("%s ", request.ifr_name);
	if (ioctl(d->fd[0], SIOCGIFHWADDR, &request) < 0)
		return complain(d->name, strerror(errno));
	hex_print((const uint8_t *)request.ifr_hwaddr.sa_data, ETH_ALEN);
	return 0;
}

static int do_queues(struct device *d, char **argument)
{
	for (long n = strtol(argument[0], NULL, 10); n > (long)d->n;)
		if (queue_open(d) < 0)
			return -1;
	return 0;
}

static int do_say(struct device *d, char **argument)
{
	(void)d;
	puts(argument[0]);
	fflush(stdout);
	return 0;
}

/* Keeps the device open until stdin ends. */
static int do_hold(struct device *d, char **argument)
{
	(void)d, (void)argument;
	while (getchar() != EOF)
		continue;
	return 0;
}

static const struct action {
	const char *name;
	int (*run)(struct device *, char **argument);
	int arguments;
	const char *help;
} actions[] = {
	{ "expect", do_expect, 2, "HEX MS: wait for a frame with these bytes, print it" },
	{ "refuse", do_refuse, 2, "HEX MS: no frame with these bytes within MS" },
	{ "until", do_until, 2, "HEX MS: print all frames up to one with these bytes" },
	{ "send", do_send, 1, "HEX: send this frame" },
	{ "bypass", do_bypass, 0, ": send past the interface's classifiers from here on" },
	{ "checksum", do_checksum, 2, "START OFFSET: leave a checksum to the kernel from here on" },
	{ "swap", do_swap, 2, "HEX HEX: send a frame and make another of it on its way" },
	{ "burst", do_burst, 2, "N HEX: send this frame N times" },
	{ "identity", do_identity, 0, ": print name and MAC of the link" },
	{ "queues", do_queues, 1, "N: have the tap open N times" },
	{ "say", do_say, 1, "TEXT: print a line" },
	{ "hold", do_hold, 0, ": wait until stdin ends" },
};

static const struct action *action_find(const char *name)
{
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

static int usage(void)
{
	fprintf(stderr, "tapio DEVICE ACTION...\n");
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		fprintf(stderr, "    %s %s\n", actions[i].name, actions[i].help);
	return 2;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return usage();
	struct device d = { .name = argv[1], .tap = strchr(argv[1], '/') };
	if ((d.tap ? tap_open(&d) : interface_open(&d)) < 0)
		return 1;
	for (int i = 2; i < argc;) {
		const struct action *a = action_find(argv[i]);
		if (!a || argc - i <= a->arguments)
			return usage();
		if (a->run(&d, &argv[i + 1]) < 0)
			return 1;
		i += 1 + a->arguments;
	}
	return 0; /* the kernel closes what is open */
}
