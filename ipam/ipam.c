/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses for an endpoint: the CNI rules of delegation, for any IPAM plugin. */
#include "ipam/ipam.h"

#include "base/json.h"
#include "ipam/allocator.h"
#include "ipam/delegate.h"

#include <stdio.h>
#include <string.h>

/* Seconds. A DHCP client asks for three minutes before it stops. */
enum { IPAM_SECONDS = 300, IPAM_SECONDS_MAX = 86400, UNDO_SECONDS = 30 };

const struct key ipam_timeout = { "ipamTimeout", KEY_UINT, 0, .min = 1, .max = IPAM_SECONDS_MAX };

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

/* Our own allocator needs no separate process. */
static bool in_process(const char *type)
{
	return strcmp(type, "podtap-ipam") == 0;
}

bool ipam_delegates(const char *type)
{
	return type && !in_process(type);
}

/* Reads the time limit. ADD has refused an invalid value; the other verbs work in spite of one. */
static uint32_t seconds_allowed(const struct request *r)
{
	uint32_t seconds = IPAM_SECONDS;
	struct failure ignored;
	const struct key_scope top = { r->json, "", &ignored };

	failure_clear(&ignored);
	return key_read(&ipam_timeout, &top, &seconds) < 0 ? IPAM_SECONDS : seconds;
}

/* Every verb gets the same stdin, byte for byte. */
static char *run_within(uint32_t seconds, const struct request *r, const char *type,
                        const char *command, const char *const *environment, struct failure *f)
{
	struct delegate_call call = {
		.path = r->path,
		.type = type,
		.command = command,
		.stdin_text = r->text,
		.stdin_length = r->length,
		.seconds = seconds,
		.environment = environment,
	};
	return delegate_run(&call, f);
}

static char *run(const struct request *r, const char *type, const char *command,
                 const char *const *environment, struct failure *f)
{
	return run_within(seconds_allowed(r), r, type, command, environment, f);
}

static int run_silent(const struct request *r, const char *type, const char *command,
                      const char *const *environment, struct failure *f)
{
	OWNED(text_release) char *text = run(r, type, command, environment, f);
	return text ? 0 : -1;
}

/* Returns the tree of what an ADD of the plugin prints; the caller owns it. Our allocator's tree
 * needs no text between. */
static cJSON *answer_get(const struct request *r, const char *type, const char *what,
                         const struct ip_list *avoid, enum proof *proof, struct failure *f)
{
	if (in_process(type))
		return allocator_add(r, avoid, proof, f);
	OWNED(text_release) char *text = run(r, type, "ADD", NULL, f);
	return text ? json_parse(text, strlen(text), what, f) : NULL;
}

/* Both ways read the same: our allocator's numbers get the literals that a text has. */
static int answer_read(const struct request *r, const char *type, const char *what,
                       struct ipam_answer *a, struct failure *f)
{
	if (in_process(type) && json_as_parsed(a->json, what, f) < 0)
		return -1;
	if ((in_process(type) ? result_read_by_host : result_read)(&a->result, a->json, r->version,
	                                                           what, f) < 0)
		return -1;
	if (a->result.n_ips == 0)
		return fail(f, CNI_OTHER, "an address is needed where ipam.type is set",
		            "IPAM plugin %s returned no IP addresses", type);
	return 0;
}

/* Gives back what a failed ADD of the plugin may have reserved. A plugin that exceeded its time
 * limit may do so again; the runtime's own DEL comes later and gets the full time. Our own
 * allocator undoes its own failure, and keeps the addresses of an earlier ADD. */
APART static void undo(const struct request *r, const char *type, bool answered)
{
	const uint32_t allowed = seconds_allowed(r);
	struct failure ignored = { 0 }; /* the first cause must be reported */

	if (in_process(type)) {
		if (answered && allocator_del(r, &ignored) < 0)
			ignored.code = 0;
		return;
	}
	char *text = run_within(allowed < UNDO_SECONDS ? allowed : UNDO_SECONDS, r, type, "DEL",
	                        NULL, &ignored);
	text_release(&text);
}

int ipam_add(const struct request *r, const char *type, const struct ip_list *avoid,
             struct ipam_answer *a, struct failure *f)
{
	char what[300];

	snprintf(what, sizeof what, "the result of %s", type);
	*a = (struct ipam_answer){ 0 };
	a->json = answer_get(r, type, what, avoid, &a->proof, f);
	if (a->json && answer_read(r, type, what, a, f) == 0)
		return 0;
	undo(r, type, a->json != NULL);
	ipam_answer_release(a);
	return -1;
}

int ipam_owner(const struct request *r, const char *type, char space[static POOL_NAME],
               char name[static POD_NAME], struct failure *f)
{
	return in_process(type) ? allocator_owner(r, space, name, f) : 0;
}

int ipam_check(const struct request *r, const char *type, struct failure *f)
{
	return in_process(type) ? allocator_check(r, f) : run_silent(r, type, "CHECK", NULL, f);
}

int ipam_del(const struct request *r, const char *type, struct failure *f)
{
	return in_process(type) ? allocator_del(r, f) : run_silent(r, type, "DEL", NULL, f);
}

/* Returns whether a plugin older than the verb gives this code. Such a plugin reports a wrong
 * CNI_COMMAND or version, or misses a container (code 3 of the specification). It has nothing to do
 * for the verb. */
static bool is_unknown_verb(int code)
{
	return code == CNI_VERSION || code == CNI_ENV || code == 3;
}

static int run_if_known(const struct request *r, const char *type, const char *command,
                        struct failure *f)
{
	struct failure answer = { 0 };
	if (run_silent(r, type, command, NULL, &answer) == 0 || is_unknown_verb(answer.code))
		return 0;
	return failure_pass(f, &answer);
}

int ipam_status(const struct request *r, const char *type, struct failure *f)
{
	const struct delegate_call call = { .path = r->path, .type = type };
	struct failure missing = { 0 };
	char path[PATH_MAX];

	if (in_process(type))
		return allocator_status(r, f);
	if (delegate_find(&call, path, &missing) < 0)
		return fail(f, CNI_UNAVAILABLE, missing.details, "%s", missing.msg);
	return run_if_known(r, type, "STATUS", f);
}

int ipam_gc(const struct request *r, const char *type, struct failure *f)
{
	return in_process(type) ? allocator_gc(r, f) : run_if_known(r, type, "GC", f);
}

static char *variable(const char *name, const char *value)
{
	char *text;
	return asprintf(&text, "%s=%s", name, value) < 0 ? NULL : text;
}

static int run_release(const struct request *other, const char *type, struct failure *f)
{
	OWNED(text_release) char *id = variable("CNI_CONTAINERID", other->container_id);
	OWNED(text_release) char *name = variable("CNI_IFNAME", other->ifname);
	OWNED(text_release) char *sandbox = variable("CNI_NETNS", other->netns);
	if (!id || !name || !sandbox)
		return fail_errno(f, ENOMEM, "run %s", type);
	const char *const environment[] = { id, name, sandbox, NULL };
	return run_silent(other, type, "DEL", environment, f);
}

int ipam_release(const struct request *r, const char *type, const char *container_id,
                 const char *ifname, const char *netns, struct failure *f)
{
	struct request other = *r; /* borrows all members */
	other.container_id = container_id;
	other.ifname = ifname;
	other.netns = netns ? netns : "";
	return in_process(type) ? allocator_del(&other, f) : run_release(&other, type, f);
}
