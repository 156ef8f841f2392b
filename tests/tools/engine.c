/* SPDX-License-Identifier: Apache-2.0 */
/* Calls an engine of podtap-addresses: one call for each line of stdin, one line of stdout for its
 * answer, which begins with a word for the enum engine_answer. The configuration is that of
 * podtap-addresses. One process keeps its connection as podtap-addresses does.
 *
 *   engine CONFIGURATION
 *
 *   enter NODE PROPOSAL           find NODE UID            pools          update POOL VERSION
 * REASON blocks POOL [UID]             get POOL FIRST           put JSON       delete POOL FIRST
 * VERSION watch                         wait (for the watch)
 */
#include "expose/addresses/engine.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 4 };

struct context {
	struct engine *engine;
	struct loop loop;
	struct failure f;
};

/* The words of a line; the last one is the rest of it. */
struct words {
	char *word[WORDS_MAX];
	int n;
};

static void out_text(char *text)
{
	printf(" %s", text ? text : "no memory");
	free(text);
}

static void block_print(const struct address_block *b, void *data)
{
	OWNED(json_release) cJSON *json = block_json(b);

	(void)data;
	printf("%s", b->foreign ? " foreign" : "");
	out_text(json_text(json));
}

static void pool_print(const struct address_pool *p)
{
	printf(" {\"name\":\"%s\",\"version\":\"%s\",\"born\":%lld,\"deleting\":%s,\"finalizer\":%"
	       "s,"
	       "\"refused\":\"%s\"}",
	       p->name, p->version, (long long)p->born, p->deleting ? "true" : "false",
	       p->finalizer ? "true" : "false", p->refused);
}

static enum engine_answer call_enter(struct context *c, const struct words *w)
{
	char uid[NODE_UID];

	snprintf(uid, sizeof uid, "%s", w->word[2]);
	const enum engine_answer got =
	        c->engine->kind->node_enter(c->engine, w->word[1], uid, &c->f);
	printf(" %s", uid);
	return got;
}

static enum engine_answer call_find(struct context *c, const struct words *w)
{
	return c->engine->kind->node_find(c->engine, w->word[1], w->word[2], &c->f);
}

static enum engine_answer call_pools(struct context *c, const struct words *w)
{
	OWNED(pool_list_release) struct pool_list list = { 0 };
	const enum engine_answer got = c->engine->kind->pools(c->engine, &list, &c->f);

	(void)w;
	for (size_t i = 0; i < list.n; i++)
		pool_print(&list.pools[i]);
	return got;
}

static enum engine_answer call_update(struct context *c, const struct words *w)
{
	OWNED(pool_list_release) struct pool_list list = { 0 };
	enum engine_answer got = c->engine->kind->pools(c->engine, &list, &c->f);

	for (size_t i = 0; got == ENGINE_OK && i < list.n; i++) {
		struct address_pool *p = &list.pools[i];
		if (strcmp(p->name, w->word[1]) != 0)
			continue;
		snprintf(p->version, sizeof p->version, "%s", w->word[2]);
		snprintf(p->refused, sizeof p->refused, "%s", w->word[3]);
		p->finalizer = !p->deleting;
		got = c->engine->kind->pool_update(c->engine, p, &c->f);
		pool_print(p);
	}
	return got;
}

static enum engine_answer call_blocks(struct context *c, const struct words *w)
{
	const struct block_visit visit = { block_print, NULL };

	return c->engine->kind->blocks(c->engine, w->word[1], w->n > 2 ? w->word[2] : NULL, &visit,
	                               &c->f);
}

static enum engine_answer call_get(struct context *c, const struct words *w)
{
	struct address_block b = { .n_claims = 0 };
	struct ip first;

	if (!ip_parse(w->word[2], &first))
		exit(2);
	const enum engine_answer got =
	        c->engine->kind->block_get(c->engine, w->word[1], &first, &b, &c->f);
	if (got == ENGINE_OK)
		block_print(&b, NULL);
	return got;
}

static enum engine_answer call_put(struct context *c, const struct words *w)
{
	OWNED(json_release)
	cJSON *json = json_parse(w->word[1], strlen(w->word[1]), "block", &c->f);
	struct address_block b = { .n_claims = 0 };

	if (!json || block_read(&b, json, &c->f) < 0)
		exit(2);
	const enum engine_answer got = c->engine->kind->block_put(c->engine, &b, &c->f);
	printf(" %s", b.version);
	return got;
}

static enum engine_answer call_delete(struct context *c, const struct words *w)
{
	struct address_block b = { .n_claims = 0 };

	if (!ip_parse(w->word[2], &b.first))
		exit(2);
	snprintf(b.pool, sizeof b.pool, "%s", w->word[1]);
	snprintf(b.version, sizeof b.version, "%s", w->word[3]);
	return c->engine->kind->block_delete(c->engine, &b, &c->f);
}

static void on_changed(void *data, bool ended)
{
	struct context *c = data;

	printf(" %s", ended ? "ended" : "changed");
	c->loop.ended = true;
}

static enum engine_answer call_watch(struct context *c, const struct words *w)
{
	const struct engine_watch watch = { .changed = on_changed, .data = c };

	(void)w;
	return c->engine->kind->watch(c->engine, &c->loop, &watch, &c->f);
}

static enum engine_answer call_wait(struct context *c, const struct words *w)
{
	(void)w;
	c->loop.ended = false;
	return loop_run(&c->loop, &c->f) < 0 ? ENGINE_REFUSED : ENGINE_OK;
}

static const struct call {
	const char *name;
	enum engine_answer (*make)(struct context *c, const struct words *w);
	int words; /* the fewest */
	bool rest; /* one word behind the name, with its spaces */
} calls[] = {
	{ "enter", call_enter, 3, false },   { "find", call_find, 3, false },
	{ "pools", call_pools, 1, false },   { "update", call_update, 4, false },
	{ "blocks", call_blocks, 2, false }, { "get", call_get, 3, false },
	{ "put", call_put, 2, true },        { "delete", call_delete, 4, false },
	{ "watch", call_watch, 1, false },   { "wait", call_wait, 1, false },
};

static void line_run(struct context *c, char *line)
{
	static const char *const answers[] = { "ok",        "none",    "conflict",
		                               "throttled", "unknown", "refused" };
	const char *separators = " ";

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		const size_t length = strlen(calls[i].name);
		if (strncmp(line, calls[i].name, length) != 0 ||
		    (line[length] && line[length] != ' '))
			continue;
		struct words w = { .n = 0 };
		while (w.n < WORDS_MAX && line) {
			if (w.n == WORDS_MAX - 1 || (calls[i].rest && w.n == 1))
				separators = "";
			w.word[w.n++] = strsep(&line, separators);
		}
		if (w.n < calls[i].words)
			break;
		failure_clear(&c->f);
		const enum engine_answer got = calls[i].make(c, &w);
		printf(" %s", answers[got]);
		c->f.details[strcspn(c->f.details, "\n")] = '\0';
		if (c->f.code)
			printf(": %s: %s", c->f.msg, c->f.details);
		if (got == ENGINE_THROTTLED)
			printf(" (%u ms)", c->engine->retry_ms);
		putchar('\n');
		fflush(stdout);
		return;
	}
	fprintf(stderr, "engine: what is %s?\n", line);
	exit(2);
}

/* Opens the engine that the configuration names. */
static struct engine *engine_of(const char *path, struct failure *f)
{
	static const struct engine_kind *const kinds[] = { &engine_etcd, &engine_kubernetes };
	size_t length;
	OWNED(text_release) char *text = file_read(AT_FDCWD, path, 1 << 20, &length);
	OWNED(json_release) cJSON *json = text ? json_parse(text, length, path, f) : NULL;
	const char *name = json_string(json_member(json, "engine"));

	for (size_t i = 0; name && i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i]->open(json_member(json, name), f);
	fail(f, CNI_CONFIG, "it names no engine", "read %s", path);
	return NULL;
}

int main(int argc, char **argv)
{
	OWNED(text_release) char *line = NULL;
	struct context c = { .loop.fd = -1 };
	size_t room = 0;

	if (argc != 2 || loop_open(&c.loop, &c.f) < 0)
		return 2;
	c.engine = engine_of(argv[1], &c.f);
	if (!c.engine) {
		fprintf(stderr, "engine: %s: %s\n", c.f.msg, c.f.details);
		return 1;
	}
	while (getline(&line, &room, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		line_run(&c, line);
	}
	c.engine->kind->close(c.engine);
	loop_release(&c.loop);
	return 0;
}
