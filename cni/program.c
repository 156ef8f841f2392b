/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of a CNI executable: from the environment to one document on stdout. */
#include "cni/program.h"

#include "base/bytes.h"
#include "base/cli.h"
#include "base/errno_text.h"
#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cni/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

int document_print(const cJSON *document, struct failure *f)
{
	OWNED(text_release) char *text = utf8_repair(json_text(document));

	if (!text)
		return fail(f, CNI_OTHER, "out of memory", "cannot write to stdout");
	const size_t length = strlen(text);
	text[length] = '\n'; /* replaces the NUL: one write prints all or nothing */
	if (stream_write(STDOUT_FILENO, text, length + 1) < 0)
		return fail(f, CNI_IO, errno_text(errno), "cannot write to stdout");
	return 0;
}

static void error_print(const struct failure *f, const char *version)
{
	static const char last[] = "{\"cniVersion\":\"1.1.0\",\"code\":999,"
	                           "\"msg\":\"out of memory\",\"details\":\"\"}\n";
	OWNED(json_release) cJSON *error = error_write(f, version);
	struct failure unsaid = { 0 };

	if (document_print(error, &unsaid) < 0 && unsaid.code != CNI_IO)
		bytes_write(STDOUT_FILENO, last, sizeof last - 1);
}

/* Prints an error object for the runtime on an abort: when it would do harm to continue, or when
 * the C library finds itself damaged. */
static void abort_print(int signal)
{
	static const char ended[] = "{\"cniVersion\":\"1.1.0\",\"code\":999,"
	                            "\"msg\":\"ended abnormally\",\"details\":\"\"}\n";

	(void)signal;
	bytes_write(STDOUT_FILENO, ended, sizeof ended - 1);
	_exit(1);
}

/* Fills standard streams that were closed at the start, so that no later descriptor gets their
 * number. Opens each in the wrong direction, so that using the stream remains an error. */
static void streams_fill(void)
{
	static const int modes[] = { O_WRONLY, O_RDONLY, O_RDONLY };
	static const struct timespec now = { 0, 0 };
	enum { STREAMS = sizeof modes / sizeof *modes };
	struct pollfd streams[STREAMS] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };

	if (ppoll(streams, STREAMS, &now, NULL) == 0)
		return;
	for (int fd = 0; fd < STREAMS; fd++)
		if (streams[fd].revents & POLLNVAL)
			openat(AT_FDCWD, "/dev/null", modes[fd] | O_CLOEXEC);
}

void program_begin(void (*on_abort)(int))
{
	streams_fill();
	signal(SIGABRT, on_abort);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is an error of write() */
}

/* Prints what the program is, because a person ran it and not a runtime. */
static int about_print(const struct program *p, int argc, char **argv)
{
	const struct cli cli = {
		.program = p->name,
		.synopsis = "< CONFIGURATION",
		.about = "A runtime calls it as the Container Network Interface says: by "
		         "CNI_COMMAND and\n"
		         "other variables, with the network's configuration on stdin.\n",
	};
	int status;

	if (!cli_bare(&cli, argc, argv, &status))
		return status;
	fprintf(stderr, "%s\nCNI protocol versions supported: %s\n", p->about, version_list());
	return 0;
}

static int version_print(struct failure *f)
{
	OWNED(json_release) cJSON *report = version_report();

	return document_print(report, f);
}

static int call_run(const struct program *p, struct request *r, struct failure *f)
{
	const struct cni_verb *verb;

	if (request_read(r, p->verbs, &verb, f) < 0)
		return -1;
	return verb ? verb->run(r, f) : version_print(f);
}

int program_run(const struct program *p, int argc, char **argv)
{
	const char *command = getenv("CNI_COMMAND");
	OWNED(request_release) struct request r = { .text = NULL };
	struct failure f;

	failure_clear(&f);
	program_begin(abort_print);
	if (!command || !*command)
		return about_print(p, argc, argv);
	const bool failed = call_run(p, &r, &f) < 0;
	if (failed) {
		if (!f.code)
			fail(&f, CNI_OTHER, "", "%s failed", command);
		error_print(&f, request_version_text(&r));
	}
	if (p->ended)
		p->ended(command, &r, &f);
	return failed ? 1 : 0;
}
