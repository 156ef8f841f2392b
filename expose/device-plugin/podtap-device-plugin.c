/* SPDX-License-Identifier: Apache-2.0 */
/* The executable podtap-device-plugin: offers taps to the kubelet as resources. The CNI call makes
 * the tap later, and gives its CDI device the name of the allocated device. */
#include "base/cli.h"
#include "base/errno_text.h"
#include "expose/common/config_file.h"
#include "expose/common/confine.h"
#include "expose/common/health.h"
#include "expose/device-plugin/inventory.h"
#include "expose/device-plugin/readiness.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static const char variable[] = "DP_MACVTAP_CONF";

struct options {
	const char *config; /* a file; NULL: the variable */
	const char *directory;
	const char *probe; /* the question of health_probe(); NULL: serve */
};

/* The system calls of the running program beside those of all such programs, under the names that
 * glibc and musl use. */
static const char *const calls[] = {
	"accept4",        "bind",  "flock",  "listen",   "lstat",     "mkdir",
	"mkdirat",        "open",  "rename", "renameat", "renameat2", "stat",
	"timerfd_create", "umask", "unlink", "unlinkat", NULL,
};

static const struct cli cli = {
	.program = "podtap-device-plugin",
	.synopsis = "[-c FILE] [-d DIRECTORY] [--probe WHAT]",
	.about = "Offers macvtap devices to the kubelet as resources.\n",
	.options =
	        (const struct cli_option[]){
	                { "config", "FILE", 'c',
	                  "which resources ($DP_MACVTAP_CONF holds them otherwise)" },
	                { "kubelet-dir", "DIRECTORY", 'd',
	                  "the kubelet's directory (" KUBELET_DIRECTORY ")" },
	                { "probe", "WHAT", 'p',
	                  "ask the running one, at $" HEALTH_VARIABLE ": ready or live" },
	                { .name = NULL },
	        },
};

/* Returns -1 to go on, else the exit code. */
static int options_read(struct options *o, int argc, char **argv)
{
	struct cli_walk w = { .cli = &cli, .argc = argc, .argv = argv };

	*o = (struct options){ .directory = KUBELET_DIRECTORY };
	for (int key; (key = cli_next(&w)) != CLI_ARGUMENTS;) {
		if (key == CLI_EXIT)
			return w.status;
		*(key == 'c' ? &o->config : key == 'p' ? &o->probe : &o->directory) = w.value;
	}
	if (o->probe && !health_is_question(o->probe))
		return cli_misused(&cli, "--probe %s: it must be ready or live", o->probe);
	return w.rest < argc ? cli_misused(&cli, "unexpected argument %s", argv[w.rest]) : -1;
}

static int config_load(const struct options *o, struct dp_config *config, struct failure *f)
{
	const char *value = getenv(variable);
	size_t length;

	if (!o->config && !value)
		return fail(f, CNI_CONFIG, "name a file with -c, or set DP_MACVTAP_CONF",
		            "there is no configuration");
	if (!o->config)
		return dp_config_read(config, value, strlen(value), f);
	OWNED(text_release) char *text = config_file_read(o->config, &length, f);
	return text ? dp_config_read(config, text, length, f) : -1;
}

static void on_signal(void *data, uint32_t events)
{
	struct loop *loop = data;

	(void)events;
	loop->ended = true;
}

static bool is_ready(const void *data, char text[static HEALTH_TEXT])
{
	return inventory_ready(data, text);
}

static int inventory_serve(struct loop *loop, const struct dp_config *config, const char *directory,
                           struct failure *f)
{
	OWNED(inventory_release) struct inventory all;
	OWNED(health_release)
	struct health health = { .watch.fd = -1, .ready = is_ready, .data = &all };

	if (inventory_begin(&all, loop, config, directory, f) < 0 ||
	    health_open(&health, loop, f) < 0 || confine_calls(calls, f) < 0)
		return -1;
	inventory_register(&all);
	return loop_run(loop, f);
}

/* Each resource needs sockets: raises the limit as far as possible. */
static void descriptors_allow(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_event("allow more descriptors: %s", errno_text(errno));
}

static int serve(const struct dp_config *config, const char *directory, struct failure *f)
{
	OWNED(loop_release) struct loop loop = { .fd = -1 };
	OWNED(fd_release) int signals = signals_open(f);
	struct watch watch = { signals, on_signal, &loop };

	memory_in_small_pages();
	if (signals < 0 || loop_open(&loop, f) < 0 || loop_watch(&loop, &watch, EPOLLIN, f) < 0 ||
	    confine_capabilities(NULL, 0, f) < 0)
		return -1;
	descriptors_allow();
	return inventory_serve(&loop, config, directory, f);
}

int main(int argc, char **argv)
{
	OWNED(dp_config_release) struct dp_config config = { .entries = NULL };
	struct failure f = { 0 };
	struct options o;

	const int status = options_read(&o, argc, argv);
	if (status >= 0)
		return status;
	if (o.probe)
		return health_probe(o.probe);
	if (config_load(&o, &config, &f) == 0 && serve(&config, o.directory, &f) == 0)
		return 0;
	log_failure(&f);
	return 1;
}
