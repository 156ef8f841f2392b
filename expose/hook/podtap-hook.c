/* SPDX-License-Identifier: Apache-2.0 */
/* The executable podtap-hook: an OCI precreate hook that gives a container the taps of its network
 * namespace. It runs for every container of the host. If it cannot read a configuration, or has
 * nothing to add, it prints the configuration unchanged and exits with 0: the container starts. */
#include "base/cli.h"
#include "base/file.h"
#include "base/json.h"
#include "expose/hook/splice.h"
#include "record/taps.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

enum { CONFIG_MAX = 32 << 20, CHUNK = 1 << 16 }; /* bytes */

struct input {
	char *text; /* owned */
	size_t length;
	bool whole; /* false: stdin holds more than CONFIG_MAX */
};

static void input_release(struct input *in)
{
	text_release(&in->text);
}

static void doubt(const struct failure *f)
{
	fprintf(stderr, "podtap-hook: %s: %s\n", f->msg, f->details);
	syslog(LOG_DAEMON | LOG_WARNING, "%s: %s", f->msg, f->details);
}

static int input_read(struct input *in, struct failure *f)
{
	in->whole = file_read_all(STDIN_FILENO, CONFIG_MAX - 1, &in->text, &in->length) == 0;
	if (in->whole)
		return 0;
	if (errno == EFBIG)
		return fail(f, CNI_DECODE, "it is too large", "read the container's configuration");
	return fail_errno(f, errno, "read the container's configuration");
}

static int print(const char *text, size_t length, struct failure *f)
{
	if (stream_write(STDOUT_FILENO, text, length) < 0)
		return fail_errno(f, errno, "print the container's configuration");
	return 0;
}

static int print_rest(struct failure *f)
{
	char chunk[CHUNK];
	ssize_t got;

	while ((got = read(STDIN_FILENO, chunk, sizeof chunk)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno(f, errno, "read the container's configuration");
		if (print(chunk, (size_t)got, f) < 0)
			return -1;
	}
	return 0;
}

/* Finds the additions to the configuration: none if its namespace has no tap of ours. */
static int additions_find(const struct input *in, struct splice *s, struct failure *f)
{
	struct taps taps;
	const char *why = NULL;
	char details[96];
	size_t at;

	if (!json_check(in->text, in->length, &why, &at)) {
		snprintf(details, sizeof details, "%s, at byte %zu", why, at);
		return fail(f, CNI_DECODE, details, "decode the container's configuration");
	}
	OWNED(text_release) char *netns = splice_netns(in->text, in->length, f);
	if (!netns)
		return f->code ? -1 : 0;
	if (taps_find(NULL, netns, &taps, doubt, f) < 0)
		return -1;
	return taps.n ? splice_devices(in->text, in->length, taps.device, taps.n, s, f) : 0;
}

static int output_print(const struct input *in, const struct splice *s, struct failure *f)
{
	size_t at = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct insertion *it = &s->insertion[i];
		if (print(in->text + at, it->at - at, f) < 0 ||
		    print(it->text, strlen(it->text), f) < 0)
			return -1;
		at = it->at + it->skip;
	}
	return print(in->text + at, in->length - at, f);
}

/* Reads the command line. The hook's configuration names the stage, which a list of processes then
 * shows. */
static bool arguments_read(int argc, char **argv, int *status)
{
	static const struct cli cli = {
		.program = "podtap-hook",
		.synopsis = "[precreate] < CONFIGURATION",
		.about = "podman runs it as an OCI precreate hook: it reads a container's "
		         "configuration and\n"
		         "prints it with the taps of the container's network namespace.\n",
	};
	const bool staged = argc > 1 && strcmp(argv[argc - 1], "precreate") == 0;

	return cli_bare(&cli, argc - staged, argv, status);
}

int main(int argc, char **argv)
{
	int status;
	OWNED(input_release) struct input in = { .text = NULL };
	OWNED(splice_release) struct splice additions = { .n = 0 };
	struct failure why = { 0 }, broken = { 0 };

	if (!arguments_read(argc, argv, &status))
		return status;
	openlog("podtap-hook", LOG_PID, LOG_DAEMON);
	if (input_read(&in, &why) < 0 || additions_find(&in, &additions, &why) < 0) {
		doubt(&why);
		splice_release(&additions);
	}
	if (output_print(&in, &additions, &broken) < 0 || (!in.whole && print_rest(&broken) < 0)) {
		doubt(&broken);
		return 1;
	}
	return 0;
}
