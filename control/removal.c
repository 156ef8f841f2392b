/* SPDX-License-Identifier: Apache-2.0 */
/* Deciding whether an endpoint is stale, and running the plugin's DEL for it. */
#include "control/removal.h"

#include "base/json.h"
#include "control/apart.h"
#include "control/recorded_call.h"
#include "control/versions.h"
#include "plugin/log.h"
#include "plugin/verbs.h"
#include "record/verify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum found removal_is_due(const struct endpoint *e, const struct host *host, struct failure *why)
{
	if (!e->ready) {
		fail(why, CNI_OTHER, "its ADD did not end", "endpoint %s of container %s",
		     e->ifname, e->container_id);
		return FOUND;
	}
	const enum found exists = endpoint_exists(e, host, why);
	return exists == FOUND_FAILED ? FOUND_FAILED : exists == FOUND ? FOUND_NONE : FOUND;
}

/* What is_due() is asked by, and what it has found. */
struct due {
	const struct host *host;
	bool lives;
	struct failure *failure;
};

static bool is_due(const struct request *r, void *data)
{
	struct due *due = data;
	OWNED(endpoint_release) struct endpoint e = { .source = NULL };
	struct failure why = { 0 };
	enum found found = endpoint_read(r->container_id, r->ifname, &e, &why);

	if (found == FOUND) {
		found = removal_is_due(&e, due->host, &why);
		due->lives = found == FOUND_NONE;
	}
	if (found == FOUND_FAILED)
		failure_join(due->failure, &why);
	return found == FOUND;
}

static enum removal_outcome remove_stale(const struct request *r, const struct host *host,
                                         struct failure *f)
{
	struct due due = { .host = host, .failure = f };
	const int removed = del_if(r, is_due, &due, f);

	if (removed < 0 || f->code)
		return REMOVAL_FAILED;
	return removed ? REMOVAL_DONE : due.lives ? REMOVAL_LIVES : REMOVAL_BUSY;
}

static enum removal_outcome remove_forced(const struct request *r, struct failure *f)
{
	return del(r, f) < 0 ? REMOVAL_FAILED : REMOVAL_DONE;
}

/* Without addresses to release, DEL needs no more than names. */
static char *bare_config(const struct endpoint *e, struct failure *f)
{
	char *text;

	if (asprintf(&text, "{\"cniVersion\":\"1.0.0\",\"name\":\"%s\",\"type\":\"podtap\"}",
	             e->network) >= 0)
		return text;
	fail_errno(f, ENOMEM, "write a configuration");
	return NULL;
}

static int request_make(struct request *r, const struct endpoint *e, const char *file,
                        struct failure *f)
{
	if (file || e->ipam || e->call.config || !identifier_valid(e->network))
		return recorded_call(r, e, file, f) < 0 || (file && request_agree(r, f) < 0) ? -1
		                                                                             : 0;
	*r = (struct request){ .container_id = e->container_id,
		               .netns = e->netns_path ? e->netns_path : "",
		               .ifname = e->ifname,
		               .args = "",
		               .path = "",
		               .text = bare_config(e, f) };
	if (!r->text)
		return -1;
	r->length = strlen(r->text);
	return request_decode(r, f);
}

static int refuse_damaged(const struct removal *removal, const struct failure *unreadable,
                          struct failure *f)
{
	char why[256];

	snprintf(why, sizeof why,
	         "%.128s: --force deletes it, and its addresses only by a file with --config",
	         unreadable->details);
	return fail(f, CNI_DECODE, why, "the record of endpoint %s of container %s",
	            removal->ifname, removal->container_id);
}

/* Finds the record. One that cannot be read is replaced by what its place says. */
static int record_find(const struct removal *removal, struct endpoint *e, struct failure *f)
{
	struct failure unreadable = { 0 };
	const enum found found =
	        endpoint_read(removal->container_id, removal->ifname, e, &unreadable);

	if (found == FOUND)
		return 0;
	if (found == FOUND_NONE)
		return fail(f, CNI_OTHER, "there is no record of it", "endpoint %s of container %s",
		            removal->ifname, removal->container_id);
	if (unreadable.code != CNI_DECODE)
		return failure_pass(f, &unreadable);
	if (!removal->force)
		return refuse_damaged(removal, &unreadable, f);
	*e = (struct endpoint){ .container_id = removal->container_id,
		                .ifname = removal->ifname,
		                .network = "unknown" };
	return 0;
}

static int remove_apart(void *data, struct failure *f)
{
	const struct removal *removal = data;
	OWNED(endpoint_release) struct endpoint e = { .source = NULL };
	OWNED(request_release) struct request r = { .text = NULL };
	OWNED(host_release) struct host host = HOST_CLOSED;

	if (record_find(removal, &e, f) < 0 || request_make(&r, &e, removal->config, f) < 0 ||
	    request_export(&r, f) < 0 || host_open(&host, f) < 0)
		return -1;
	const enum removal_outcome outcome =
	        removal->force ? remove_forced(&r, f) : remove_stale(&r, &host, f);
	if (outcome == REMOVAL_DONE || outcome == REMOVAL_FAILED)
		log_call("DEL", &r, f);
	return outcome;
}

enum removal_outcome removal_run(const struct removal *r, struct failure *f)
{
	struct removal copy = *r;

	return (enum removal_outcome)apart_run(remove_apart, &copy, f);
}
