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

static bool is_due(const struct request *r, void *data)
{
	OWNED(endpoint_release) struct endpoint e = { .source = NULL };
	struct failure ignored = { 0 };

	return endpoint_read(r->container_id, r->ifname, &e, &ignored) == FOUND &&
	       removal_is_due(&e, data, &ignored) == FOUND;
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
	if (!removal->force || unreadable.code != CNI_DECODE)
		return failure_pass(f, &unreadable);
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
	const int forced = removal->force ? del(&r, f) : 0;
	const int removed = removal->force ? forced + 1 : del_if(&r, is_due, &host, f);
	if (removed != 0 || f->code)
		log_call("DEL", &r, f);
	return f->code ? -1 : removed;
}

int removal_run(const struct removal *r, struct failure *f)
{
	struct removal copy = *r;

	return apart_run(remove_apart, &copy, f);
}
