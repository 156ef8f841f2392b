/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses for an endpoint: the CNI rules of delegation, over whichever plugin is named. */
#include "ipam/ipam.h"

#include "cni/json.h"
#include "ipam/delegate.h"

#include <stdio.h>
#include <string.h>

void ipam_answer_release(struct ipam_answer *a)
{
	result_release(&a->result);
	json_release(&a->json);
}

const char *ipam_type(const cJSON *config)
{
	const char *type = json_string(json_member(json_member(config, "ipam"), "type"));
	return type && *type ? type : NULL;
}

/* The same stdin for every verb, byte for byte. */
static char *run(const struct request *r, const char *type, const char *command,
                 const char *const *environment, struct failure *f)
{
	struct delegate_call call = {
		.path = r->path,
		.type = type,
		.command = command,
		.stdin_text = r->text,
		.stdin_length = r->length,
		.environment = environment,
	};
	return delegate_run(&call, f);
}

static int run_silent(const struct request *r, const char *type, const char *command,
                      struct failure *f)
{
	OWNED(text_release) char *text = run(r, type, command, NULL, f);
	return text ? 0 : -1;
}

static int answer_read(const struct request *r, const char *type, struct ipam_answer *a,
                       struct failure *f)
{
	char what[300];
	snprintf(what, sizeof what, "the result of %s", type);
	OWNED(text_release) char *text = run(r, type, "ADD", NULL, f);
	if (!text)
		return -1;
	a->json = json_parse(text, strlen(text), what, f);
	if (!a->json || result_read(&a->result, a->json, r->version, what, f) < 0)
		return -1;
	if (a->result.n_ips == 0)
		return fail(f, CNI_OTHER, "an address is needed where ipam.type is set",
		            "IPAM plugin %s returned no IP addresses", type);
	return 0;
}

int ipam_add(const struct request *r, const char *type, struct ipam_answer *a, struct failure *f)
{
	*a = (struct ipam_answer){ 0 };
	if (answer_read(r, type, a, f) == 0)
		return 0;
	struct failure ignored = { 0 }; /* the first cause is the one to report */
	run_silent(r, type, "DEL", &ignored);
	ipam_answer_release(a);
	return -1;
}

int ipam_check(const struct request *r, const char *type, struct failure *f)
{
	return run_silent(r, type, "CHECK", f);
}

int ipam_del(const struct request *r, const char *type, struct failure *f)
{
	return run_silent(r, type, "DEL", f);
}

/* Plugins older than a verb answer it with one of these codes, and have nothing to say. */
static bool verb_unknown(int code)
{
	enum { CNI_UNKNOWN_CONTAINER = 3 }; /* libraries before 1.1 miss a containerID first */
	return code == CNI_ENV || code == CNI_VERSION || code == CNI_UNKNOWN_CONTAINER;
}

static int run_if_known(const struct request *r, const char *type, const char *command,
                        struct failure *f)
{
	struct failure answer = { 0 };
	if (run_silent(r, type, command, &answer) == 0 || verb_unknown(answer.code))
		return 0;
	return fail(f, answer.code, answer.details, "%s", answer.msg);
}

int ipam_status(const struct request *r, const char *type, struct failure *f)
{
	return run_if_known(r, type, "STATUS", f);
}

int ipam_gc(const struct request *r, const char *type, struct failure *f)
{
	return run_if_known(r, type, "GC", f);
}

static char *variable(const char *name, const char *value)
{
	char *text;
	return asprintf(&text, "%s=%s", name, value) < 0 ? NULL : text;
}

int ipam_release(const struct request *r, const char *type, const char *container_id,
                 const char *ifname, const char *netns, struct failure *f)
{
	OWNED(text_release) char *id = variable("CNI_CONTAINERID", container_id);
	OWNED(text_release) char *name = variable("CNI_IFNAME", ifname);
	OWNED(text_release) char *sandbox = variable("CNI_NETNS", netns ? netns : "");
	if (!id || !name || !sandbox)
		return fail_errno(f, ENOMEM, "run %s", type);
	const char *const environment[] = { id, name, sandbox, NULL };
	OWNED(text_release) char *text = run(r, type, "DEL", environment, f);
	return text ? 0 : -1;
}
