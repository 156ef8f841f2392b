/* SPDX-License-Identifier: Apache-2.0 */
/* The executable podtap-exec: opens the container's taps and runs a VM's command, whose
 * placeholders it replaces. Exit codes: the command's; 125: a failure of its own; 2: a wrong
 * command line. */
#include "base/cli.h"
#include "tools/arguments.h"

#include <fcntl.h>
#include <stdio.h>

enum { EXIT_OWN = 125 };

static const struct cli cli = {
	.program = "podtap-exec",
	.synopsis = "[--if IFNAME]... [--no-vnet-hdr] -- COMMAND [ARGUMENT...]",
	.about = "Runs a command with the container's taps open. Placeholders in its arguments:\n"
	         "{netdev} {device} for QEMU, one of each for every interface; {fd} {fds} {mac} "
	         "{mtu}\n"
	         "{ifname} of the first one, {mac:1} of the second, and so on.\n",
	.options =
	        (const struct cli_option[]){
	                { "if", "IFNAME", 'i', "open this interface's tap (all there are)" },
	                { "no-vnet-hdr", NULL, 'n', "open it without the virtio-net header" },
	                { .name = NULL },
	        },
	.leading = true,
};

struct call {
	const char *ifname[VNICS_MAX]; /* empty: all interfaces */
	size_t n_ifnames;
	bool header;
	const char *const *command;
};

/* Returns -1 to continue, else the exit code. */
static int call_read(struct call *call, int argc, char **argv)
{
	struct cli_walk w = { .cli = &cli, .argc = argc, .argv = argv };

	for (int key; (key = cli_next(&w)) != CLI_ARGUMENTS;) {
		if (key == CLI_EXIT)
			return w.status;
		if (key == 'n')
			call->header = false;
		else if (call->n_ifnames == VNICS_MAX)
			return cli_misused(&cli, "--if %s: more than %d interfaces", w.value,
			                   VNICS_MAX);
		else
			call->ifname[call->n_ifnames++] = w.value;
	}
	call->command = (const char *const *)(argv + w.rest);
	return w.rest < argc ? -1 : cli_misused(&cli, "there is no command");
}

/* Returns whether QEMU, which opens /dev/vhost-net itself, can do so here. */
static bool vhost_usable(void)
{
	OWNED(fd_release) int fd = openat(AT_FDCWD, "/dev/vhost-net", O_RDWR | O_CLOEXEC);
	return fd >= 0;
}

/* Lets the command inherit the taps, and none of our other descriptors. */
static int inherit(const struct vnics *v, struct failure *f)
{
	for (size_t i = 0; i < v->n; i++)
		for (uint32_t q = 0; q < v->vnic[i].opened; q++)
			if (fcntl(v->vnic[i].fd[q], F_SETFD, 0) < 0)
				return fail_errno(f, errno, "keep a tap open");
	return 0;
}

/* Runs the command. Returns only on failure. */
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

	const int status = call_read(&call, argc, argv);

	if (status >= 0)
		return status;
	if (run(&call, &v, &f) < 0)
		fprintf(stderr, "podtap-exec: %s: %s\n", f.msg, f.details);
	return EXIT_OWN;
}
