/* SPDX-License-Identifier: Apache-2.0 */
/* The executable podtap-addresses: holds addresses of the cluster's pools for this node, so that a
 * CNI call finds them in a file. */
#include "base/cli.h"
#include "base/keys.h"
#include "expose/addresses/agent.h"
#include "expose/addresses/import.h"
#include "expose/addresses/readiness.h"
#include "expose/common/config_file.h"
#include "expose/common/confine.h"
#include "expose/common/health.h"

#include <stdio.h>
#include <string.h>

#define CONFIG_DEFAULT "/etc/podtap/addresses.json"

static const struct engine_kind *const kinds[] = { &engine_kubernetes, &engine_etcd };
static const struct word kind_words[] = {
	{ "kubernetes", 0 },
	{ "etcd", 1 },
	{ NULL, 0 },
};

struct config {
	const char *node; /* NULL: $NODE_NAME, or the name of the host */
	uint32_t engine;
};

#define FIELD(member) .offset = offsetof(struct config, member)
static const struct key config_keys[] = {
	{ "engine", KEY_WORD, FIELD(engine), .words = kind_words, .required = true },
	{ "node", KEY_TEXT, FIELD(node) },
};
#undef FIELD

/* The system calls of the running program beside those of all such programs, under the names that
 * glibc and musl use. */
static const char *const calls[] = {
	"accept4",     "access",         "bind",         "clock_nanosleep", "epoll_create1",
	"eventfd2",    "faccessat",      "fgetxattr",    "flock",           "fsync",
	"getpeername", "getsockname",    "ioctl",        "mkdir",           "mkdirat",
	"nanosleep",   "pipe2",          "readlink",     "readlinkat",      "rename",
	"renameat",    "renameat2",      "rt_sigaction", "sendmmsg",        "shutdown",
	"socketpair",  "timerfd_create", "uname",        "unlink",          "unlinkat",
	NULL,
};

static const struct cli cli = {
	.program = "podtap-addresses",
	.synopsis = "[-c FILE] [--import IPPOOL] [--probe WHAT]",
	.about = "Holds addresses of the cluster's pools for this node.\n",
	.options =
	        (const struct cli_option[]){
	                { "config", "FILE", 'c', "the configuration (" CONFIG_DEFAULT ")" },
	                { "import", "IPPOOL", 'i', "take over an IPPool of whereabouts, and exit" },
	                { "probe", "WHAT", 'p',
	                  "ask the running one, at $" HEALTH_VARIABLE ": ready or live" },
	                { .name = NULL },
	        },
};

struct options {
	const char *config;
	const char *ippool; /* NULL: do not import */
	const char *probe;  /* the question of health_probe(); NULL: serve */
};

/* Returns -1 to go on, else the exit code. */
static int options_read(struct options *o, int argc, char **argv)
{
	struct cli_walk w = { .cli = &cli, .argc = argc, .argv = argv };

	*o = (struct options){ .config = CONFIG_DEFAULT };
	for (int key; (key = cli_next(&w)) != CLI_ARGUMENTS;) {
		if (key == CLI_EXIT)
			return w.status;
		*(key == 'c' ? &o->config : key == 'i' ? &o->ippool : &o->probe) = w.value;
	}
	if (o->probe && !health_is_question(o->probe))
		return cli_misused(&cli, "--probe %s: it must be ready or live", o->probe);
	return w.rest < argc ? cli_misused(&cli, "unexpected argument %s", argv[w.rest]) : -1;
}

static cJSON *config_load(const char *path, struct failure *f)
{
	size_t length;
	OWNED(text_release) char *text = config_file_read(path, &length, f);

	return text ? json_parse(text, length, path, f) : NULL;
}

static int node_name(const struct config *c, char node[static NODE_NAME], struct failure *f)
{
	char host[256] = "";
	const char *name = c->node ? c->node : getenv("NODE_NAME");

	if (!name && gethostname(host, sizeof host - 1) == 0)
		name = host;
	if (name && *name && strlen(name) < NODE_NAME &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(name)) {
		memcpy(node, name, strlen(name) + 1);
		return 0;
	}
	return fail(f, CNI_CONFIG,
	            "it must be a DNS name in lower case: set the key node, or $NODE_NAME",
	            "the node's name \"%.80s\"", name ? name : "");
}

static void on_signal(void *data, uint32_t events)
{
	struct loop *loop = data;

	(void)events;
	loop->ended = true;
}

static bool is_ready(const void *data, char text[static HEALTH_TEXT])
{
	return agent_ready(data, text);
}

static int serve(struct engine *e, const char *node, struct failure *f)
{
	OWNED(loop_release) struct loop loop = { .fd = -1 };
	OWNED(fd_release) int signals = signals_open(f);
	struct watch watch = { signals, on_signal, &loop };
	OWNED(agent_release)
	struct agent agent = { .usage.inotify = -1,
		               .view = VIEW_CLOSED,
		               .connect = BACKOFF_CLOSED,
		               .work = BACKOFF_CLOSED,
		               .list = BACKOFF_CLOSED };
	OWNED(health_release)
	struct health health = { .watch.fd = -1, .ready = is_ready, .data = &agent };

	snprintf(agent.me.node, sizeof agent.me.node, "%s", node);
	memory_in_small_pages();
	if (signals < 0 || loop_open(&loop, f) < 0 || loop_watch(&loop, &watch, EPOLLIN, f) < 0 ||
	    agent_begin(&agent, &loop, e, f) < 0 || health_open(&health, &loop, f) < 0 ||
	    confine_capabilities(NULL, 0, f) < 0 || confine_calls(calls, f) < 0)
		return -1;
	return loop_run(&loop, f);
}

static void engine_release(struct engine **e)
{
	if (*e)
		(*e)->kind->close(*e);
}

/* Returns the exit code. */
static int import(struct engine *e, const char *ippool, struct failure *f)
{
	if (e->kind != &engine_kubernetes) {
		fail(f, CNI_CONFIG, "the key engine must be kubernetes", "import IPPool %s",
		     ippool);
		return 1;
	}
	switch (import_run(e, ippool, f)) {
	case IMPORT_OVER:
		return 0;
	case IMPORT_PODS_LEFT:
		return 3;
	default:
		return 1;
	}
}

/* Returns the exit code. */
static int run(const struct options *o, struct failure *f)
{
	OWNED(json_release) cJSON *json = config_load(o->config, f);
	const struct key_scope scope = { json, "", f };
	struct config config = { .node = NULL };
	char node[NODE_NAME];

	if (!json ||
	    keys_read(config_keys, sizeof config_keys / sizeof *config_keys, &scope, &config) < 0 ||
	    node_name(&config, node, f) < 0)
		return 1;
	const struct engine_kind *kind = kinds[config.engine];
	OWNED(engine_release) struct engine *e = kind->open(json_member(json, kind->name), f);
	if (!e)
		return 1;
	return o->ippool ? import(e, o->ippool, f) : serve(e, node, f) < 0;
}

int main(int argc, char **argv)
{
	struct failure f = { 0 };
	struct options o;

	const int status = options_read(&o, argc, argv);
	if (status >= 0)
		return status;
	if (o.probe)
		return health_probe(o.probe);
	const int code = run(&o, &f);
	if (f.code)
		log_failure(&f);
	return code;
}
