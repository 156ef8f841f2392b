/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that read and change an IPPool. */
#include "expose/addresses/ippool_client.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	TRIES = 8,      /* while others change the IPPool */
	STORM_MS = 200, /* the wait after that */
	JITTER_MS = 20,
	URL_PATH = 512,
};

static const char write_what[] = "write whereabouts' IPPool";

static void path_of(const struct ippool_place *p, bool named, char path[static URL_PATH])
{
	snprintf(path, URL_PATH, IPPOOL_API "%s/ippools%s%s", p->namespace, named ? "/" : "",
	         named ? p->name : "");
}

enum engine_answer ippool_get(const struct ippool_place *p, struct ippool *out, struct failure *f)
{
	char path[URL_PATH], wanted[CIDR_TEXT], is[CIDR_TEXT], details[CIDR_TEXT + 16];
	struct http_answer answer = { .body = NULL };
	const struct kube_request r = { "read whereabouts' IPPool", "GET", path, NULL,
		                        KUBE_OBJECT };

	path_of(p, true, path);
	const enum engine_answer got = kube_call_text(p->client, &r, &answer, f);
	out->text = answer.body;
	if (got != ENGINE_OK)
		return got;
	if (ippool_read(out, answer.length, f) < 0)
		return ENGINE_REFUSED;
	if (out->subnet.prefix == p->subnet.prefix && ip_equal(&out->subnet.ip, &p->subnet.ip))
		return ENGINE_OK;
	snprintf(details, sizeof details, "it must be %s", cidr_format(&p->subnet, wanted));
	fail(f, CNI_CONFIG, details, "the range %s of IPPool %s", cidr_format(&out->subnet, is),
	     p->name);
	return ENGINE_REFUSED;
}

/* The answer to a write is not needed, and may be as long as the IPPool. */
static enum engine_answer send_to(const struct ippool_place *p, const char *method,
                                  const cJSON *body, struct failure *f)
{
	const bool patch = strcmp(method, "PATCH") == 0;
	OWNED(text_release) char *text = json_text(body);
	OWNED(http_answer_release) struct http_answer answer = { .body = NULL };
	char path[URL_PATH];
	const struct kube_request r = { write_what, method, path, text, KUBE_METADATA };

	if (!text) {
		fail_errno(f, ENOMEM, "%s", write_what);
		return ENGINE_REFUSED;
	}
	path_of(p, patch, path);
	return kube_call_text(p->client, &r, &answer, f);
}

enum engine_answer ippool_send(const struct ippool_place *p, const cJSON *patch, struct failure *f)
{
	return send_to(p, "PATCH", patch, f);
}

/* Returns who has an address in a claim; NULL: nobody, or the IPPool does not have it. */
static const char *claim_uid(const struct ippool_change *c, const struct address_block *b,
                             unsigned bit)
{
	const struct ip ip = block_ip(&c->after->first, bit);

	for (size_t i = 0; i < b->n_claims && cidr_contains(&c->place->subnet, &ip); i++)
		if (bit >= b->claims[i].offset &&
		    bit < (unsigned)b->claims[i].offset + b->claims[i].count)
			return b->claims[i].uid;
	return NULL;
}

/* Adds to a patch what one address needs. `part` is NULL to ask whether it may need anything.
 * Returns false if the address is not to be had. */
typedef bool step_of_address(const struct ippool_change *c, const struct ippool_part *part,
                             unsigned bit, cJSON *patch, bool *needed);

static bool hold(const struct ippool_change *c, const struct ippool_part *part, unsigned bit,
                 cJSON *patch, bool *needed)
{
	const char *was = claim_uid(c, c->before, bit), *is = claim_uid(c, c->after, bit);
	const char *has = part && part->holder[bit] == HOLDER_NODE ? part->uid[bit] : "";
	char id[IPPOOL_ID];

	if (!is || (was && strcmp(was, is) == 0))
		return true;
	*needed = true;
	if (!part)
		return true;
	if (part->holder[bit] == HOLDER_OTHER ||
	    (*has && strcmp(has, is) != 0 && (!was || strcmp(has, was) != 0)))
		return false;
	snprintf(id, sizeof id, "podtap/%s/%s/%llx", c->after->pool, is,
	         (unsigned long long)clock_microseconds());
	return ippool_patch_hold(patch, &c->place->subnet, ip_number(&c->after->first) + bit, *has,
	                         id);
}

static bool drop(const struct ippool_change *c, const struct ippool_part *part, unsigned bit,
                 cJSON *patch, bool *needed)
{
	const char *was = claim_uid(c, c->before, bit);

	if (!was || claim_uid(c, c->after, bit))
		return true;
	if (part && (part->holder[bit] != HOLDER_NODE || strcmp(part->uid[bit], was) != 0))
		return true;
	*needed = true;
	return !part ||
	       ippool_patch_drop(patch, &c->place->subnet, ip_number(&c->after->first) + bit);
}

/* Makes the patch of one version of the IPPool. ENGINE_NONE: nothing has to be written. */
static enum engine_answer patch_make(const struct ippool_change *c, step_of_address *step,
                                     const struct ippool *pool, cJSON **patch)
{
	struct ippool_part part;
	bool needed = false, may = true;

	ippool_part(pool, c->after->pool, &c->after->first, &part);
	*patch = ippool_patch(pool->version);
	for (unsigned i = 0; i < BLOCK_SIZE && may; i++)
		may = step(c, &part, i, *patch, &needed);
	return !may ? ENGINE_CONFLICT : needed ? ENGINE_OK : ENGINE_NONE;
}

/* A try to write; others may have written first. */
struct attempt {
	bool again;
	struct failure why;         /* the API refused the patch of this version: */
	char refused[VERSION_TEXT]; /* "": no patch was refused */
};

/* whereabouts makes an IPPool at its first ADD; so do we. */
static enum engine_answer create_try(const struct ippool_place *p, struct attempt *a,
                                     struct failure *f)
{
	OWNED(json_release) cJSON *empty = ippool_empty(p->name, &p->subnet);
	const enum engine_answer got = send_to(p, "POST", empty, f);

	a->again = got == ENGINE_OK || got == ENGINE_CONFLICT;
	return got;
}

static enum engine_answer patch_try(const struct ippool_change *c, step_of_address *step,
                                    struct ippool *pool, struct attempt *a, struct failure *f)
{
	OWNED(json_release) cJSON *patch = NULL;
	enum engine_answer got = patch_make(c, step, pool, &patch);

	ippool_release(pool);
	if (got != ENGINE_OK)
		return got == ENGINE_NONE ? ENGINE_OK : got;
	if (*a->refused && strcmp(a->refused, pool->version) == 0) {
		failure_pass(f, &a->why);
		return ENGINE_REFUSED;
	}
	failure_clear(&a->why);
	got = ippool_send(c->place, patch, &a->why);
	a->again = got == ENGINE_CONFLICT || got == ENGINE_REFUSED;
	snprintf(a->refused, sizeof a->refused, "%s", got == ENGINE_REFUSED ? pool->version : "");
	if (a->why.code && !a->again)
		failure_pass(f, &a->why);
	return got;
}

static void pause_shortly(void)
{
	const struct timespec t = { .tv_nsec = (long)(clock_microseconds() % JITTER_MS) * 1000000 };

	nanosleep(&t, NULL);
}

static enum engine_answer change(const struct ippool_change *c, step_of_address *step,
                                 struct failure *f)
{
	struct attempt a = { .again = true };
	bool needed = false;

	for (unsigned i = 0; i < BLOCK_SIZE; i++)
		step(c, NULL, i, NULL, &needed);
	if (!needed)
		return ENGINE_OK;
	for (int i = 0; i < TRIES; i++) {
		OWNED(ippool_release) struct ippool pool = { .text = NULL };
		enum engine_answer got = ippool_get(c->place, &pool, f);
		a.again = false;
		if (got == ENGINE_OK)
			got = patch_try(c, step, &pool, &a, f);
		else if (got == ENGINE_NONE)
			got = step == drop ? ENGINE_OK : create_try(c->place, &a, f);
		if (!a.again)
			return got;
		pause_shortly();
	}
	c->place->client->engine->retry_ms = STORM_MS;
	fail(f, CNI_AGAIN, "others change it all the time", "%s", write_what);
	return ENGINE_THROTTLED;
}

enum engine_answer ippool_hold(const struct ippool_change *c, struct failure *f)
{
	return change(c, hold, f);
}

enum engine_answer ippool_drop(const struct ippool_change *c, struct failure *f)
{
	return change(c, drop, f);
}
