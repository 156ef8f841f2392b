/* SPDX-License-Identifier: Apache-2.0 */
/* The verb metrics: prints the metrics of this node, writes them to a file, or serves them. */
#include "expose/metrics/metrics.h"

#include "base/file.h"
#include "control/verb.h"
#include "expose/metrics/metrics_serve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>

/* Replaces the file as a whole: node-exporter never reads half of it. */
static int file_write(const char *path, const char *text, size_t length, struct failure *f)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	OWNED(text_release)
	char *parent = slash ? strndup(path, (size_t)(name - path)) : strdup(".");
	OWNED(fd_release)
	int directory = parent ? openat(AT_FDCWD, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	char fresh[NAME_MAX + 8];

	if (!parent)
		errno = ENOMEM;
	if (directory < 0 ||
	    snprintf(fresh, sizeof fresh, "%.*s.new", NAME_MAX, name) >= (int)sizeof fresh ||
	    file_replace(directory, name, fresh, 0644, text, length) < 0)
		return fail_errno(f, errno, "write %s", path);
	return 0;
}

static int listen_at(const char *where, struct failure *f)
{
	struct metrics_want want = { .parent = -1 };

	if (!metrics_place_read(&want.place, where))
		return fail(f, CNI_OTHER, METRICS_PLACE_WANTED, "--listen %.200s", where);
	signal(SIGPIPE, SIG_IGN);
	return metrics_serve(&want, f);
}

static int metrics(const struct call *call, struct failure *f)
{
	size_t length;

	if (geteuid() != 0)
		return fail(f, CNI_OTHER, "only root can look into the containers' namespaces",
		            "collect the metrics");
	if (call->option['l'] && call->option['o'])
		return fail(f, CNI_OTHER, "give one of them", "--output and --listen");
	if (call->option['l'])
		return listen_at(call->option['l'], f);
	OWNED(text_release) char *text = metrics_text(&length, f);
	if (!text)
		return -1;
	if (call->option['o'])
		return file_write(call->option['o'], text, length, f);
	fputs(text, stdout);
	return 0;
}

static const struct cli_option options[] = {
	{ "output", "FILE", 'o', "write them to this file, as a whole" },
	{ "listen", "ADDRESS", 'l', "serve them by HTTP: unix:PATH, IP:PORT or [IPV6]:PORT" },
	{ .name = NULL },
};

const struct verb verb_metrics = {
	.name = "metrics",
	.summary = "endpoints, addresses and calls, for Prometheus",
	.cli = { .program = "podtapctl metrics",
	         .synopsis = "[--output FILE | --listen ADDRESS]",
	         .about =
	                 "Prints metrics in the text format of Prometheus. The first time it also\n"
	                 "begins to count calls, their failures and how long they take.\n\n"
	                 "  podtapctl metrics --output /var/lib/node_exporter/podtap.prom\n",
	         .options = options },
	.run = metrics,
};
