/* SPDX-License-Identifier: Apache-2.0 */
/* Calling a plugin, and judging its exit status and what it printed. */
#include "tests/fault/scenario.h"

#include "base/file.h"
#include "base/json.h"
#include "tests/fault/allocated.h"
#include "tests/fault/table.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define START "{\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"type\":\"podtap\",\"master\":\"lan0\","
#define POOL  "\"ipam\":{\"type\":\"podtap-ipam\",\"dataDir\":\"%s/leases\",\"sticky\":true,"

const struct scenario scenarios[] = {
	{ "takeover", "podtap",
	  "{\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"type\":\"macvtap\",\"deviceID\":"
	  "\"lanMvp0\"," POOL "\"subnet\":\"10.99.0.0/24\"}",
	  "lanMvp0", false },
	{ "macvtap", "podtap",
	  START "\"cdi\":true,\"owner\":107," POOL
	        "\"subnet\":\"10.99.0.0/24\",\"routes\":[{\"dst\":\"0.0.0.0/0\"}]}",
	  NULL, false },
	{ "delegate", "podtap",
	  START
	  "\"deviceID\":\"lan0-1\",\"ipam\":{\"type\":\"reserving\",\"dataDir\":\"%s/leases\"}",
	  NULL, false },
	{ "macvlan", "podtap",
	  START "\"link\":\"macvlan\",\"dad\":\"off\",\"delWait\":false,\"mac\":\"02:00:00:00:00:"
	        "07\"," POOL
	        "\"ranges\":[[{\"subnet\":\"10.99.0.0/24\"}],[{\"subnet\":\"fd99::/120\"}]]}",
	  NULL, false },
	{ "plain", "podtap", START "\"link\":\"macvlan\",\"delWait\":false", NULL, false },
	{ "hostaccess", "podtap",
	  START "\"link\":\"macvlan\",\"dad\":\"off\",\"hostAccess\":true," POOL
	        "\"subnet\":\"10.99.0.0/24\"}",
	  NULL, false },
	{ "antispoof", "podtap",
	  START "\"link\":\"macvlan\",\"dad\":\"off\",\"mode\":\"private\",\"antispoof\":true,"
	        "\"ingressRate\":1000000," POOL "\"subnet\":\"10.99.0.0/24\"}",
	  NULL, false },
	{ "ipam", "podtap-ipam",
	  "{\"cniVersion\":\"1.1.0\",\"name\":\"net\"," POOL
	  "\"ranges\":[[{\"subnet\":\"10.99.0.0/24\"}],[{\"subnet\":\"fd99::/120\"}]]}",
	  NULL, false },
	{ "ipam-pool", "podtap-ipam",
	  "{\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"ipam\":{\"type\":\"podtap-ipam\","
	  "\"dataDir\":"
	  "\"%s/leases\",\"pool\":\"lan\",\"poolWait\":0}",
	  NULL, true },
	{ NULL, NULL, NULL, NULL, false },
};

static int netns_named(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "/run/netns/%s", name ? name : "");
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		stop(path);
	return fd;
}

static void set(const char *name, const char *folder, const char *below)
{
	char value[PATH_MAX];

	snprintf(value, sizeof value, "%s%s", folder, below);
	if (setenv(name, value, 1) < 0)
		stop(name);
}

/* The file of podtap-addresses, with two sets. */
static void pool_write(const char *folder)
{
	static const char text[] = "{\"ranges\":[[{\"subnet\":\"10.99.0.0/24\",\"rangeStart\":"
	                           "\"10.99.0.16\",\"rangeEnd\":\"10.99.0.19\"}],[{\"subnet\":"
	                           "\"fd99::/120\",\"rangeStart\":\"fd99::10\",\"rangeEnd\":"
	                           "\"fd99::13\"}]]}";
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/state/pools", folder);
	if (path_make(path) < 0)
		stop(path);
	snprintf(path, sizeof path, "%s/state/pools/lan.json", folder);
	OWNED(fd_release) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, sizeof text - 1) < 0)
		stop(path);
}

/* On a node the state directory outlives the calls: where the boot id cannot be read, podtap-ipam
 * keeps the node's number there. */
static void state_make(const char *folder)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/state", folder);
	if (path_make(path) < 0)
		stop(path);
}

void stage_open(struct stage *s, const struct scenario *scenario, const char *build,
                const char *folder)
{
	static const char *folders[2];

	folders[0] = folder;
	s->scenario = scenario;
	snprintf(s->program, sizeof s->program, "%s/%s", build, scenario->program);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(s->config, sizeof s->config, scenario->config, folder);
#pragma GCC diagnostic pop
	s->places =
	        (struct places){ netns_named(getenv("HOST")), netns_named(getenv("POD")), folders };
	set("CNI_NETNS", "/run/netns/", getenv("POD"));
	set("CNI_CONTAINERID", "ctr-", getenv("POD"));
	set("CNI_IFNAME", "eth0", "");
	set("PODTAP_STATE_DIR", folder, "/state");
	set("PODTAP_CDI_DIR", folder, "/cdi");
	set("PODTAP_DEV_DIR", folder, "/dev");
	set("PODTAP_IPAM_STATE_DIR", folder, "/own");
	set("LEASES", folder, "/leases");
	if (strcmp(scenario->program, "podtap-ipam") == 0)
		state_make(folder);
	if (scenario->pool)
		pool_write(folder);
}

static int wrong(const struct stage *s, const char *verb, const struct run *run, const char *what)
{
	const struct outcome *o = run->outcome;
	const struct fault *f = run->fault;
	printf("#   %s of %s, %s %s at call %u: %s; it printed: %.400s\n", verb, s->scenario->name,
	       f->at ? call_name(o->calls[f->at - 1].number) : "nothing",
	       f->kill   ? "killed"
	       : f->hold ? "held up"
	                 : strerror(f->error),
	       f->at, what, o->output);
	return -1;
}

/* Exactly one error object as the specification has it. */
static bool is_error(const char *text)
{
	struct failure f = { 0 };
	int64_t code;
	OWNED(json_release) cJSON *json = json_parse(text, strlen(text), "it", &f);
	const char *msg = json_string(json_member(json, "msg"));

	return msg && *msg && json_string(json_member(json, "cniVersion")) &&
	       json_string(json_member(json, "details")) &&
	       json_integer(json_member(json, "code"), &code) && code > 0;
}

static bool is_result(const char *text)
{
	struct failure f = { 0 };
	OWNED(json_release) cJSON *json = json_parse(text, strlen(text), "it", &f);

	return json_string(json_member(json, "cniVersion")) &&
	       (cJSON_IsArray(json_member(json, "ips")) ||
	        cJSON_IsArray(json_member(json, "interfaces")));
}

int stage_judge(struct stage *s, const char *verb, const struct run *run)
{
	const struct outcome *o = run->outcome;
	const struct fault *f = run->fault;
	const bool add = strcmp(verb, "ADD") == 0;

	if (o->hung)
		return wrong(s, verb, run, "it hangs");
	if (WIFSIGNALED(o->status))
		return f->kill && o->hits ? 2 : wrong(s, verb, run, strsignal(WTERMSIG(o->status)));
	if (WEXITSTATUS(o->status) == 0) {
		if (add ? !is_result(o->output) : o->length > 0)
			return wrong(s, verb, run, "success, but its stdout is not as promised");
		if (add)
			memcpy(s->result, o->output, o->length + 1);
		return 0;
	}
	/* Where stdout itself fails, there is no way to report an error. */
	const bool mute = o->length == 0 && o->hits && o->calls[f->at - 1].number == SYS_write;
	if (WEXITSTATUS(o->status) != 1 || (!mute && !is_error(o->output)))
		return wrong(s, verb, run, "a failure without an error object");
	return 1;
}

void stage_look(const struct stage *s, struct world *w)
{
	if (s->scenario->allocated)
		allocated_remove(s->scenario->allocated);
	world_look(&s->places, w);
}

void stage_begin(struct stage *s, const char *verb, const struct fault *fault, struct run *run,
                 struct outcome *outcome)
{
	static char input[OUTPUT_MAX + 8192];
	const bool compared =
	        (strcmp(verb, "CHECK") == 0 || strcmp(verb, "DEL") == 0) && *s->result;

	snprintf(input, sizeof input, "%s%s%s%s}", s->config, compared ? ",\"prevResult\":" : "",
	         compared ? s->result : "",
	         strcmp(verb, "GC") == 0 ? ",\"cni.dev/valid-attachments\":[]" : "");
	if (s->scenario->allocated && strcmp(verb, "ADD") == 0)
		allocated_make(s->scenario->allocated);
	set("CNI_COMMAND", verb, "");
	program_start(run, s->program, input, fault, outcome);
}

int stage_call(struct stage *s, const char *verb, const struct fault *fault)
{
	struct run run;

	stage_begin(s, verb, fault, &run, &s->outcome);
	if (program_go_on(&run))
		stop("a call is held up for ever");
	return stage_judge(s, verb, &run);
}
