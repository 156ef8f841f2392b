/* SPDX-License-Identifier: Apache-2.0 */
/* The executable podtap-exec: runs a VM's command in a container with the container's taps open,
 * and tells the command of them. Its own failures exit 125. */
#include "tools/arguments.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { EXIT_OWN = 125 };

static const char usage[] =
        "usage: podtap-exec [--if IFNAME]... [--no-vnet-hdr] -- COMMAND [ARGUMENT...]\n"
        "Placeholders in arguments: {netdev} {device} for QEMU, one of each for every interface;\n"
        "{fd} {fds} {mac} {mtu} {ifname} of the first one, {mac:1} of the second, and so on.\n";

struct call {
	const char *ifname[VNICS_MAX]; /* none: all */
	size_t n_ifnames;
	bool header;
	const char *const *command;
};

static bool call_read(struct call *call, int argc, char **argv)
{
	static const struct option options[] = {
		{ "if", required_argument, NULL, 'i' },
		{ "no-vnet-hdr", no_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 },
	};

	for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
		if (option == '?' || (option == 'i' && call->n_ifnames == VNICS_MAX))
			return false;
		if (option == 'i')
			call->ifname[call->n_ifnames++] = optarg;
		else
			call->header = false;
	}
	call->command = (const char *const *)(argv + optind);
	return optind < argc;
}

/* Whether QEMU, which opens it itself, can have vhost here. */
static bool vhost_usable(void)
{
	OWNED(fd_release) int fd = open("/dev/vhost-net", O_RDWR | O_CLOEXEC);
	return fd >= 0;
}

/* The command inherits the taps; nothing else of ours is open. */
static int inherit(const struct vnics *v, struct failure *f)
{
	for (size_t i = 0; i < v->n; i++)
		for (uint32_t q = 0; q < v->vnic[i].opened; q++)
			if (fcntl(v->vnic[i].fd[q], F_SETFD, 0) < 0)
				return fail_errno(f, errno, "keep a tap open");
	return 0;
}

/* Returns only when it failed. */
static int run(const struct call *call, struct vnics *v, struct failure *f)
{
	OWNED(arguments_release) struct arguments a = { .at = NULL };

	if (vnics_find(v, call->ifname, call->n_ifnames, f) < 0 ||
	    vnics_open(v, call->header, f) < 0 ||
	    arguments_expand(&a, call->command, v, vhost_usable(), f) < 0 || inherit(v, f) < 0)
		return -1;
	execvp(a.at[0], a.at);
	return fail_errno(f, errno, "run %s", a.at[0]);
}

int main(int argc, char **argv)
{
	OWNED(vnics_release) struct vnics v = { .n = 0 };
	struct call call = { .header = true };
	struct failure f = { 0 };

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	if (!call_read(&call, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_OWN;
	}
	if (run(&call, &v, &f) < 0)
		fprintf(stderr, "podtap-exec: %s: %s\n", f.msg, f.details);
	return EXIT_OWN;
}
