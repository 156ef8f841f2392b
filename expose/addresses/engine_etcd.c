/* SPDX-License-Identifier: Apache-2.0 */
/* The engine etcd: objects as keys, written by transactions that compare the revision of the last
 * change. No key has a lease.
 *
 *   PREFIXpools/NAME, PREFIXblocks/POOL.HEX   the JSON of the Kubernetes API
 *   PREFIXbindings/POOL.NUMBER                likewise
 *   PREFIXnodes/NAME                          {"uid": "..."}; an operator deletes it
 */
#include "expose/addresses/engine.h"
#include "expose/addresses/etcd_keys.h"
#include "expose/addresses/watcher.h"
#include "expose/common/daemon.h"

#include <stdio.h>
#include <string.h>

struct etcd {
	struct engine engine; /* the first member */
	struct etcd_client client;
	char seen[VERSION_TEXT]; /* the revision of the last list of pools; "": none */
	struct watcher watcher;
};

static struct etcd *etcd_of(struct engine *e)
{
	return (struct etcd *)e;
}

static const char *key_of(const struct etcd *e, const char *kind, const char *name,
                          char key[static ETCD_KEY])
{
	snprintf(key, ETCD_KEY, "%s%s/%s", e->client.config.prefix, kind, name);
	return key;
}

static const char *name_in(const struct etcd_entry *entry)
{
	return strrchr(entry->key, '/') + 1; /* every key of ours has one */
}

static bool named(const cJSON *object, const char *name)
{
	const char *own = json_string(json_member(json_member(object, "metadata"), "name"));

	return own && strcmp(own, name) == 0;
}

/* Reads a pool, which the caller releases, also after a failure. */
static int pool_of(struct address_pool *p, const struct etcd_entry *entry, struct failure *f)
{
	if (!named(entry->object, name_in(entry)))
		return fail(f, CNI_CONFIG,
		            "it must be the JSON of an AddressPool of the key's name, of at most "
		            "65536 bytes",
		            "etcd's key %s", entry->key);
	if (pool_read(p, entry->object, f) < 0)
		return -1;
	if (p->shared.with_whereabouts)
		return fail(f, CNI_CONFIG, "whereabouts' addresses are in the Kubernetes API alone",
		            "etcd's key %s: spec.whereabouts", entry->key);
	memcpy(p->version, entry->version, sizeof p->version);
	p->born = entry->created;
	return 0;
}

/* The pool of a watch's line with one change. */
static bool pool_event_read(const char *line, size_t length, struct address_pool *p)
{
	OWNED(etcd_entry_release) struct etcd_entry entry = { .object = NULL };
	struct failure ignored = { 0 };
	OWNED(json_release) cJSON *json = json_parse(line, length, "a change", &ignored);
	const cJSON *events = json_member(json_member(json, "result"), "events");
	const cJSON *event = cJSON_GetArrayItem(events, 0);

	return cJSON_GetArraySize(events) == 1 && !json_member(event, "type") &&
	       etcd_entry_read(&entry, json_member(event, "kv"), &ignored) == 0 &&
	       strchr(entry.key, '/') && pool_of(p, &entry, &ignored) == 0;
}

static void pool_walk(struct etcd_walk *w, const struct etcd_entry *entry)
{
	struct pool_list *out = w->out;
	struct failure unread = { 0 };
	struct address_pool *p = pool_list_add(out, w->f);

	w->failed = !p;
	if (!p || pool_of(p, entry, &unread) == 0)
		return;
	log_failure(&unread);
	address_pool_release(p);
	out->n--;
}

static enum engine_answer pools(struct engine *engine, struct pool_list *out, struct failure *f)
{
	struct etcd *e = etcd_of(engine);
	struct etcd_walk w = { pool_walk, NULL, out, f, false, "" };
	char prefix[ETCD_KEY];

	const enum engine_answer got =
	        etcd_entries_walk(&e->client, "read the pools", key_of(e, "pools", "", prefix), &w);
	if (got == ENGINE_OK)
		memcpy(e->seen, w.seen, sizeof e->seen);
	return got;
}

/* A pool that is being deleted goes with our finalizer, as the Kubernetes API has it. */
static enum engine_answer pool_update(struct engine *engine, struct address_pool *p,
                                      struct failure *f)
{
	struct etcd *e = etcd_of(engine);
	OWNED(etcd_entry_release) struct etcd_entry other = { .object = NULL };
	char key[ETCD_KEY];

	OWNED(json_release) cJSON *fresh = cJSON_Duplicate(p->object, true);
	if (pool_write(p, fresh, f) < 0)
		return ENGINE_REFUSED;
	const bool gone = p->deleting && !p->finalizer;
	key_of(e, "pools", p->name, key);
	const enum engine_answer got =
	        gone ? etcd_entry_delete(&e->client, "delete a pool", key, p->version, &other, f)
	             : etcd_entry_put(&e->client, "write a pool", key, p->version, fresh, &other,
	                              f);
	if (got == ENGINE_OK)
		pool_object_set(p, &fresh);
	return got;
}

/* A block that cannot be read has claims all the same: it is foreign. Returns whether the key names
 * a block. */
static bool block_of(struct address_block *b, const struct etcd_entry *entry)
{
	struct failure unread = { 0 };
	const char *name = name_in(entry);

	*b = (struct address_block){ .n_claims = 0 };
	if (named(entry->object, name) && block_read(b, entry->object, &unread) == 0) {
		memcpy(b->version, entry->version, sizeof b->version);
		return true;
	}
	OWNED(json_release) cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(cJSON_AddObjectToObject(object, "metadata"), "name", name);
	*b = (struct address_block){ .n_claims = 0 };
	struct failure unnamed = { 0 };
	if (block_read(b, object, &unnamed) < 0)
		return false;
	memcpy(b->version, entry->version, sizeof b->version);
	b->foreign = true;
	return true;
}

static bool claims_have(const struct address_block *b, const char *uid)
{
	for (size_t i = 0; i < b->n_claims; i++)
		if (strcmp(b->claims[i].uid, uid) == 0)
			return true;
	return false;
}

static void block_walk(struct etcd_walk *w, const struct etcd_entry *entry)
{
	const struct block_visit *v = w->out;
	const char *uid = w->context;
	struct address_block b;

	if (!block_of(&b, entry))
		log_event("etcd's key %s does not name a block", entry->key);
	else if (!uid || claims_have(&b, uid))
		v->visit(&b, v->data);
}

static enum engine_answer blocks(struct engine *engine, const char *pool, const char *uid,
                                 const struct block_visit *v, struct failure *f)
{
	struct etcd *e = etcd_of(engine);
	struct block_visit visit = *v;
	struct etcd_walk w = { block_walk, uid, &visit, f, false, "" };
	char prefix[ETCD_KEY], start[POOL_NAME + 1];

	snprintf(start, sizeof start, "%s.", pool);
	return etcd_entries_walk(&e->client, "read the blocks", key_of(e, "blocks", start, prefix),
	                         &w);
}

static enum engine_answer block_get(struct engine *engine, const char *pool, const struct ip *first,
                                    struct address_block *out, struct failure *f)
{
	struct etcd *e = etcd_of(engine);
	OWNED(etcd_entry_release) struct etcd_entry entry = { .object = NULL };
	char key[ETCD_KEY], name[BLOCK_NAME];

	key_of(e, "blocks", block_name(pool, first, name), key);
	const enum engine_answer got = etcd_entry_get(&e->client, "read a block", key, &entry, f);
	if (got == ENGINE_OK && !block_of(out, &entry)) {
		fail(f, CNI_CONFIG, "its name is not that of a block", "read %s", key);
		return ENGINE_REFUSED;
	}
	return got;
}

static enum engine_answer block_put(struct engine *engine, struct address_block *b,
                                    struct failure *f)
{
	struct etcd *e = etcd_of(engine);
	OWNED(etcd_entry_release) struct etcd_entry other = { .object = NULL };
	OWNED(json_release) cJSON *object = block_json(b);
	char key[ETCD_KEY], name[BLOCK_NAME];

	/* The version is the key's revision, which changes with every transaction. */
	cJSON_DeleteItemFromObject(cJSON_GetObjectItem(object, "metadata"), "resourceVersion");
	key_of(e, "blocks", block_name(b->pool, &b->first, name), key);
	const enum engine_answer got =
	        etcd_entry_put(&e->client, "write a block", key, b->version, object, &other, f);
	if (got == ENGINE_CONFLICT && (!*other.key || !block_of(&engine->there, &other)))
		engine->there.pool[0] = '\0';
	return got;
}

static enum engine_answer block_delete(struct engine *engine, const struct address_block *b,
                                       struct failure *f)
{
	struct etcd *e = etcd_of(engine);
	OWNED(etcd_entry_release) struct etcd_entry other = { .object = NULL };
	char key[ETCD_KEY], name[BLOCK_NAME];

	key_of(e, "blocks", block_name(b->pool, &b->first, name), key);
	const enum engine_answer got =
	        etcd_entry_delete(&e->client, "delete a block", key, b->version, &other, f);
	return got == ENGINE_CONFLICT && !*other.key ? ENGINE_NONE : got;
}

static enum engine_answer binding_get(struct engine *engine, const char *pool, uint64_t id,
                                      struct address_binding *out, struct failure *f)
{
	struct etcd *e = etcd_of(engine);
	OWNED(etcd_entry_release) struct etcd_entry entry = { .object = NULL };
	char key[ETCD_KEY], name[BINDING_NAME];

	key_of(e, "bindings", binding_name(pool, id, name), key);
	const enum engine_answer got = etcd_entry_get(&e->client, "read a binding", key, &entry, f);
	if (got != ENGINE_OK)
		return got;
	*out = (struct address_binding){ .set = 0 };
	if (!named(entry.object, name))
		fail(f, CNI_CONFIG, "it must be the JSON of an AddressBinding of the key's name",
		     "etcd's key %s", key);
	if (f->code || binding_read(out, entry.object, f) < 0)
		return ENGINE_REFUSED;
	memcpy(out->version, entry.version, sizeof out->version);
	return ENGINE_OK;
}

static enum engine_answer binding_create(struct engine *engine, struct address_binding *b,
                                         struct failure *f)
{
	struct etcd *e = etcd_of(engine);
	OWNED(etcd_entry_release) struct etcd_entry other = { .object = NULL };
	OWNED(json_release) cJSON *object = binding_json(b);
	char key[ETCD_KEY], name[BINDING_NAME];

	key_of(e, "bindings", binding_name(b->pool, b->number, name), key);
	b->version[0] = '\0';
	return etcd_entry_put(&e->client, "write a binding", key, b->version, object, &other, f);
}

static enum engine_answer binding_delete(struct engine *engine, const struct address_binding *b,
                                         struct failure *f)
{
	struct etcd *e = etcd_of(engine);
	OWNED(etcd_entry_release) struct etcd_entry other = { .object = NULL };
	char key[ETCD_KEY], name[BINDING_NAME];

	key_of(e, "bindings", binding_name(b->pool, b->number, name), key);
	return etcd_entry_delete(&e->client, "delete a binding", key, b->version, &other, f);
}

static enum engine_answer node_enter(struct engine *engine, const char *node,
                                     char uid[static NODE_UID], struct failure *f)
{
	struct etcd *e = etcd_of(engine);
	OWNED(etcd_entry_release) struct etcd_entry other = { .object = NULL };
	OWNED(json_release) cJSON *object = cJSON_CreateObject();
	char key[ETCD_KEY], version[VERSION_TEXT] = "";

	cJSON_AddStringToObject(object, "uid", uid);
	const enum engine_answer got =
	        etcd_entry_put(&e->client, "enter a node", key_of(e, "nodes", node, key), version,
	                       object, &other, f);
	if (got != ENGINE_CONFLICT)
		return got;
	const char *known = json_string(json_member(other.object, "uid"));
	if (known && *known && snprintf(uid, NODE_UID, "%s", known) < NODE_UID)
		return ENGINE_OK;
	fail(f, CNI_CONFIG, "it must be {\"uid\": \"...\"}", "etcd's key %s", key);
	return ENGINE_REFUSED;
}

static enum engine_answer node_find(struct engine *engine, const char *node, const char *uid,
                                    struct failure *f)
{
	struct etcd *e = etcd_of(engine);
	OWNED(etcd_entry_release) struct etcd_entry entry = { .object = NULL };
	char key[ETCD_KEY];

	const enum engine_answer got =
	        etcd_entry_get(&e->client, "read a node", key_of(e, "nodes", node, key), &entry, f);
	if (got != ENGINE_OK)
		return got;
	const char *known = json_string(json_member(entry.object, "uid"));
	if (known)
		return strcmp(known, uid) == 0 ? ENGINE_OK : ENGINE_NONE;
	fail(f, CNI_CONFIG, "it must be {\"uid\": \"...\"}", "etcd's key %s", key);
	return ENGINE_REFUSED;
}

static enum engine_answer watch(struct engine *engine, struct loop *l, const struct engine_watch *w,
                                struct failure *f)
{
	struct etcd *e = etcd_of(engine);
	char prefix[ETCD_KEY], end[ETCD_KEY];

	key_of(e, "pools", "", prefix);
	OWNED(text_release)
	char *body = etcd_watch_body(prefix, etcd_prefix_end(prefix, end), e->seen);
	const struct etcd_request r = { "watch the pools", "/v3/watch", body, false };

	if (e->watcher.failed)
		etcd_endpoint_next(&e->client);
	return etcd_stream(&e->client, &r, watcher_begin(&e->watcher, w), l, f);
}

static void engine_close(struct engine *engine)
{
	struct etcd *e = etcd_of(engine);

	watcher_release(&e->watcher);
	etcd_client_release(&e->client);
	free(e);
}

static struct engine *engine_open(const cJSON *config, struct failure *f)
{
	struct etcd *e = calloc(1, sizeof *e);

	if (!e) {
		fail_errno(f, ENOMEM, "open etcd");
		return NULL;
	}
	e->engine.kind = &engine_etcd;
	e->client.engine = &e->engine;
	watcher_init(&e->watcher, etcd_event_read, pool_event_read);
	if (etcd_client_open(&e->client, config, f) == 0)
		return &e->engine;
	free(e);
	return NULL;
}

const struct engine_kind engine_etcd = {
	.name = "etcd",
	.shows = true,
	.open = engine_open,
	.close = engine_close,
	.node_enter = node_enter,
	.node_find = node_find,
	.pools = pools,
	.pool_update = pool_update,
	.watch = watch,
	.blocks = blocks,
	.block_get = block_get,
	.block_put = block_put,
	.block_delete = block_delete,
	.binding_get = binding_get,
	.binding_create = binding_create,
	.binding_delete = binding_delete,
};
