/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting stale endpoints from the records. */
#include "control/stale.h"

#include "control/removal.h"
#include "record/verify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void stale_release(struct stale *s)
{
	for (size_t i = 0; i < s->n; i++) {
		text_release(&s->one[i].container_id);
		text_release(&s->one[i].why);
	}
	free(s->one);
	s->one = NULL;
	s->n = 0;
	host_release(&s->host);
}

static int add(struct stale *s, const struct endpoint *e, const struct failure *why)
{
	struct stale_one *grown = realloc(s->one, (s->n + 1) * sizeof *grown);

	if (!grown)
		return -1;
	s->one = grown;
	struct stale_one *one = &s->one[s->n];
	*one = (struct stale_one){ strdup(e->container_id), strdup(why->details), "" };
	snprintf(one->ifname, sizeof one->ifname, "%s", e->ifname);
	s->n++;
	return one->container_id && one->why ? 0 : -1;
}

/* Whether the namespace of an endpoint is gone. */
static bool has_ended(const struct endpoint *e, const struct host *host)
{
	OWNED(sandbox_release) struct sandbox sandbox = SANDBOX_CLOSED;
	struct failure ignored = { 0 };

	return endpoint_sandbox(e, NULL, host, 0, &sandbox, &ignored) == FOUND_NONE;
}

static int on_record(const struct endpoint *e, const struct failure *error, void *data)
{
	struct stale *s = data;
	struct failure why;

	failure_clear(&why);
	if (error) {
		fail(&why, error->code, error->details, "endpoint %s of container %s: %s",
		     e->ifname, e->container_id, error->msg);
		failure_join(s->failure, &why);
		return 0;
	}
	if (s->network && strcmp(e->network, s->network) != 0)
		return 0;
	const enum found due = removal_is_due(e, &s->host, &why);
	if (due == FOUND_FAILED)
		failure_join(s->failure, &why);
	if (due != FOUND || (s->ended && !has_ended(e, &s->host)))
		return 0;
	return add(s, e, &why);
}

int stale_find(struct stale *s, struct failure *missed, struct failure *f)
{
	const struct endpoint_visit visitor = { .on_record = on_record, .data = s };
	struct failure unlisted = { 0 };

	s->failure = missed;
	if (host_open(&s->host, f) < 0)
		return -1;
	if (endpoint_each(&visitor, &unlisted) == 0)
		return 0;
	if (unlisted.code) {
		failure_join(missed, &unlisted);
		return 0;
	}
	return fail_errno(f, ENOMEM, "list the stale endpoints");
}

/* Removes one, and prints what came of it. */
static int remove_one(const struct stale_one *one, const char *config, struct failure *f)
{
	static const char *const said[] = {
		[REMOVAL_DONE] = "deleted",
		[REMOVAL_LIVES] = "left: its interface exists now",
		[REMOVAL_BUSY] = "left: another call works on it",
	};
	const struct removal removal = { .container_id = one->container_id,
		                         .ifname = one->ifname,
		                         .config = config };
	const enum removal_outcome outcome = removal_run(&removal, f);

	printf("%s of %s: %s\n", one->ifname, one->container_id,
	       outcome == REMOVAL_FAILED ? "failed" : said[outcome]);
	return outcome == REMOVAL_FAILED ? -1 : 0;
}

int stale_remove(const struct stale *s, const char *config, bool only_list, struct failure *f)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct stale_one *one = &s->one[i];
		struct failure why = { 0 };

		if (only_list)
			printf("%s of %s: stale: %s\n", one->ifname, one->container_id, one->why);
		else if (remove_one(one, config, &why) < 0)
			failure_join(f, &why);
	}
	return f->code ? -1 : 0;
}
