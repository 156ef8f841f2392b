/* SPDX-License-Identifier: Apache-2.0 */
/* The engine kubernetes: pools and blocks are cluster-scoped custom resources, and nodes are the
 * cluster's own. */
#include "expose/addresses/kube_engine.h"
#include "expose/addresses/kube_event.h"
#include "expose/addresses/kube_owner.h"
#include "expose/common/daemon.h"

#include <stdio.h>
#include <string.h>

#define RESOURCES "/apis/" OBJECTS_API "/"
static const char pools_path[] = RESOURCES "addresspools",
                  blocks_path[] = RESOURCES "addressblocks";

enum { PATH_TEXT = 1408 };

static struct kubernetes *kubernetes_of(struct engine *e)
{
	return (struct kubernetes *)e;
}

struct kube_client *kube_client_of(struct engine *e)
{
	return &kubernetes_of(e)->client;
}

static enum engine_answer object_get(struct kubernetes *k, const char *what, const char *resource,
                                     const char *name, cJSON **object, struct failure *f)
{
	char path[PATH_TEXT];
	const struct kube_request r = { what, "GET", path, NULL, KUBE_OBJECT };

	snprintf(path, sizeof path, "%s/%s", resource, name);
	return kube_call(&k->client, &r, object, f);
}

/* Visits the objects of a list, one page after the other. */
struct walk {
	const char *what;
	const char *resource;
	const char *selector; /* "": all objects */
	int (*object)(struct walk *w, const cJSON *object);
	const char *pool;
	void *out;
	struct failure *f;
	char seen[VERSION_TEXT];
};

static enum engine_answer page_get(struct kubernetes *k, const struct walk *w, const char *token,
                                   cJSON **list)
{
	char path[PATH_TEXT];
	const struct kube_request r = { w->what, "GET", path, NULL, KUBE_OBJECT };

	snprintf(path, sizeof path, "%s?limit=%d%s%s%s%s", w->resource, KUBE_PAGE,
	         *w->selector ? "&labelSelector=" : "", w->selector, *token ? "&continue=" : "",
	         token);
	return kube_call(&k->client, &r, list, w->f);
}

static enum engine_answer objects_walk(struct kubernetes *k, struct walk *w)
{
	char token[KUBE_CONTINUE] = "";

	do {
		OWNED(json_release) cJSON *list = NULL;
		const enum engine_answer got = page_get(k, w, token, &list);
		const cJSON *item;
		if (got != ENGINE_OK)
			return got;
		cJSON_ArrayForEach(item, json_member(list, "items"))
		{
			if (w->object(w, item) < 0)
				return ENGINE_REFUSED;
		}
		if (!*token && !kube_version(list, w->seen))
			w->seen[0] = '\0';
		if (!kube_continue(list, token))
			return ENGINE_OK;
	} while (true);
}

/* The pool of a watch's line. */
static bool pool_event_read(const char *line, size_t length, struct address_pool *p)
{
	struct failure ignored = { 0 };
	OWNED(json_release) cJSON *json = json_parse(line, length, "a change", &ignored);
	const char *type = json_string(json_member(json, "type"));

	return type && strcmp(type, "MODIFIED") == 0 &&
	       pool_read(p, json_member(json, "object"), &ignored) == 0;
}

static int pool_walk(struct walk *w, const cJSON *object)
{
	struct pool_list *out = w->out;
	struct failure unread = { 0 };
	struct address_pool *p = pool_list_add(out, w->f);

	if (!p)
		return -1;
	if (pool_read(p, object, &unread) == 0)
		return 0;
	log_failure(&unread);
	address_pool_release(p);
	out->n--;
	return 0;
}

enum engine_answer kube_pools(struct engine *e, struct pool_list *out, struct failure *f)
{
	struct kubernetes *k = kubernetes_of(e);
	struct walk w = { "read the pools", pools_path, "", pool_walk, "", out, f, "" };
	const enum engine_answer got = objects_walk(k, &w);

	if (got == ENGINE_OK)
		memcpy(k->seen, w.seen, sizeof k->seen);
	return got;
}

/* Puts an object, whose version becomes the new one. */
static enum engine_answer object_put(struct kubernetes *k, const char *what, const char *method,
                                     const char *path, const cJSON *object,
                                     char version[static VERSION_TEXT], struct failure *f)
{
	OWNED(text_release) char *text = json_text(object);
	OWNED(json_release) cJSON *answer = NULL;
	const struct kube_request r = { what, method, path, text, KUBE_OBJECT };

	if (!text) {
		fail_errno(f, ENOMEM, "%s", what);
		return ENGINE_REFUSED;
	}
	const enum engine_answer got = kube_call(&k->client, &r, &answer, f);
	if (got != ENGINE_OK || kube_version(answer, version))
		return got;
	fail(f, CNI_DECODE, "it has no resourceVersion", "%s: the answer", what);
	return ENGINE_UNKNOWN;
}

/* The parts of a pool that have requests of their own. */
static cJSON *finalizers_of(const cJSON *pool)
{
	return cJSON_Duplicate(json_member(json_member(pool, "metadata"), "finalizers"), true);
}

static cJSON *status_of(const cJSON *pool)
{
	return cJSON_Duplicate(json_member(pool, "status"), true);
}

/* Returns whether two parts are equal; an absent list equals an empty one. */
static bool parts_equal(const cJSON *a, const cJSON *b)
{
	const int n = cJSON_GetArraySize(a) + cJSON_GetArraySize(b);

	return n == 0 || cJSON_Compare(a, b, true);
}

static void version_set(cJSON *object, const char *version)
{
	cJSON *metadata = cJSON_GetObjectItemCaseSensitive(object, "metadata");

	cJSON_DeleteItemFromObjectCaseSensitive(metadata, "resourceVersion");
	cJSON_AddStringToObject(metadata, "resourceVersion", version);
}

static enum engine_answer pool_put(struct kubernetes *k, struct address_pool *p, cJSON *pool,
                                   bool finalizers, bool status, struct failure *f)
{
	char path[PATH_TEXT];
	enum engine_answer got = ENGINE_OK;

	snprintf(path, sizeof path, "%s/%s", pools_path, p->name);
	if (finalizers)
		got = object_put(k, "write a pool", "PUT", path, pool, p->version, f);
	/* A pool that is being deleted goes with our finalizer. */
	if (got != ENGINE_OK || !status || (p->deleting && !p->finalizer))
		return got;
	version_set(pool, p->version);
	snprintf(path, sizeof path, "%s/%s/status", pools_path, p->name);
	return object_put(k, "write a pool's status", "PUT", path, pool, p->version, f);
}

static enum engine_answer pool_update(struct engine *e, struct address_pool *p, struct failure *f)
{
	struct kubernetes *k = kubernetes_of(e);
	OWNED(json_release) cJSON *fresh = cJSON_Duplicate(p->object, true);
	OWNED(json_release) cJSON *finalizers = finalizers_of(p->object);
	OWNED(json_release) cJSON *status = status_of(p->object);

	if (pool_write(p, fresh, f) < 0)
		return ENGINE_REFUSED;
	OWNED(json_release) cJSON *new_finalizers = finalizers_of(fresh);
	OWNED(json_release) cJSON *new_status = status_of(fresh);
	version_set(fresh, p->version);
	const enum engine_answer got =
	        pool_put(k, p, fresh, !parts_equal(finalizers, new_finalizers),
	                 !parts_equal(status, new_status), f);
	if (got == ENGINE_OK)
		pool_object_set(p, &fresh);
	return got;
}

static int block_walk(struct walk *w, const cJSON *object)
{
	const struct block_visit *v = w->out;
	struct address_block b = { .n_claims = 0 };
	struct failure unread = { 0 };

	if (block_read(&b, object, &unread) < 0)
		log_failure(&unread);
	else if (strcmp(b.pool, w->pool) == 0)
		v->visit(&b, v->data);
	return 0;
}

enum engine_answer kube_blocks(struct engine *e, const char *pool, const char *uid,
                               const struct block_visit *v, struct failure *f)
{
	struct block_visit visit = *v;
	char selector[NODE_UID + 32] = "";
	struct walk w = {
		"read the blocks", blocks_path, selector, block_walk, pool, &visit, f, ""
	};

	if (uid && !kube_name_valid(uid)) {
		fail(f, CNI_CONFIG, "it cannot be a label", "node UID %s", uid);
		return ENGINE_REFUSED;
	}
	if (uid)
		snprintf(selector, sizeof selector, "node.podtap.dev%%2F%s", uid);
	return objects_walk(kubernetes_of(e), &w);
}

enum engine_answer kube_block_get(struct engine *e, const char *pool, const struct ip *first,
                                  struct address_block *out, struct failure *f)
{
	OWNED(json_release) cJSON *object = NULL;
	char name[BLOCK_NAME];
	const enum engine_answer got = object_get(kubernetes_of(e), "read a block", blocks_path,
	                                          block_name(pool, first, name), &object, f);

	if (got != ENGINE_OK)
		return got;
	*out = (struct address_block){ .n_claims = 0 };
	return block_read(out, object, f) < 0 ? ENGINE_REFUSED : ENGINE_OK;
}

enum engine_answer kube_block_put(struct engine *e, struct address_block *b, struct failure *f)
{
	OWNED(json_release) cJSON *object = block_json(b);
	const bool fresh = !*b->version;
	char path[PATH_TEXT], name[BLOCK_NAME];

	if (!object) {
		fail_errno(f, ENOMEM, "write a block");
		return ENGINE_REFUSED;
	}
	snprintf(path, sizeof path, "%s%s%s", blocks_path, fresh ? "" : "/",
	         fresh ? "" : block_name(b->pool, &b->first, name));
	const enum engine_answer got =
	        object_put(kubernetes_of(e), "write a block", fresh ? "POST" : "PUT", path, object,
	                   b->version, f);
	return got == ENGINE_NONE ? ENGINE_CONFLICT : got; /* it was deleted */
}

enum engine_answer kube_block_delete(struct engine *e, const struct address_block *b,
                                     struct failure *f)
{
	OWNED(json_release) cJSON *answer = NULL;
	char path[PATH_TEXT], name[BLOCK_NAME], body[192];
	const struct kube_request r = { "delete a block", "DELETE", path, body, KUBE_OBJECT };

	if (!kube_name_valid(b->version)) {
		fail(f, CNI_CONFIG, "it has no valid version", "delete a block of pool %s",
		     b->pool);
		return ENGINE_REFUSED;
	}
	snprintf(path, sizeof path, "%s/%s", blocks_path, block_name(b->pool, &b->first, name));
	snprintf(body, sizeof body,
	         "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\","
	         "\"preconditions\":{\"resourceVersion\":\"%s\"}}",
	         b->version);
	return kube_call(&kubernetes_of(e)->client, &r, &answer, f);
}

enum engine_answer kube_node_enter(struct engine *e, const char *node, char uid[static NODE_UID],
                                   struct failure *f)
{
	OWNED(json_release) cJSON *object = NULL;
	char path[PATH_TEXT];
	const struct kube_request r = { "read a node", "GET", path, NULL, KUBE_METADATA };

	if (!kube_name_valid(node)) {
		fail(f, CNI_CONFIG, "it cannot be the name of a node", "node %s", node);
		return ENGINE_REFUSED;
	}
	snprintf(path, sizeof path, "/api/v1/nodes/%s", node);
	const enum engine_answer got = kube_call(&kubernetes_of(e)->client, &r, &object, f);
	if (got != ENGINE_OK)
		return got;
	const char *text = json_string(json_member(json_member(object, "metadata"), "uid"));
	if (text && kube_name_valid(text) && snprintf(uid, NODE_UID, "%s", text) < NODE_UID)
		return ENGINE_OK;
	fail(f, CNI_DECODE, "its answer has no valid UID", "read node %s", node);
	return ENGINE_REFUSED;
}

static enum engine_answer node_find(struct engine *e, const char *node, const char *uid,
                                    struct failure *f)
{
	char own[NODE_UID];
	const enum engine_answer got = kube_node_enter(e, node, own, f);

	return got == ENGINE_OK && strcmp(own, uid) != 0 ? ENGINE_NONE : got;
}

static void announce(struct engine *e, const char *pool, const char *reason, const char *text)
{
	kube_event_write(&kubernetes_of(e)->client, pool, reason, text);
}

static enum engine_answer watch(struct engine *e, struct loop *l, const struct engine_watch *w,
                                struct failure *f)
{
	struct kubernetes *k = kubernetes_of(e);
	char path[PATH_TEXT];
	const struct kube_request r = { "watch the pools", "GET", path, NULL, KUBE_OBJECT };

	snprintf(path, sizeof path, "%s?watch=1%s%s", pools_path,
	         *k->seen ? "&resourceVersion=" : "", k->seen);
	return kube_stream(&k->client, &r, watcher_begin(&k->watcher, w), l, f);
}

static void engine_close(struct engine *e)
{
	struct kubernetes *k = kubernetes_of(e);

	watcher_release(&k->watcher);
	kube_client_release(&k->client);
	sharing_release(&k->sharing);
	free(k);
}

static struct engine *engine_open(const cJSON *config, struct failure *f)
{
	struct kubernetes *k = calloc(1, sizeof *k);

	if (!k) {
		fail_errno(f, ENOMEM, "open the Kubernetes API");
		return NULL;
	}
	k->engine.kind = &engine_kubernetes;
	k->client.engine = &k->engine;
	watcher_init(&k->watcher, kube_event_read, pool_event_read);
	if (kube_client_open(&k->client, config, f) == 0)
		return &k->engine;
	free(k);
	return NULL;
}

const struct engine_kind engine_kubernetes = {
	.name = "kubernetes",
	.has_nodes = true,
	.open = engine_open,
	.close = engine_close,
	.node_enter = shared_node_enter,
	.node_find = node_find,
	.announce = announce,
	.pools = shared_pools,
	.pool_update = pool_update,
	.watch = watch,
	.blocks = shared_blocks,
	.block_get = shared_block_get,
	.block_put = shared_block_put,
	.block_delete = shared_block_delete,
	.binding_get = kube_binding_get,
	.binding_create = kube_binding_create,
	.binding_delete = kube_binding_delete,
	.pod_owner = kube_pod_owner,
	.owner_find = kube_owner_find,
	.claim_tell = kube_claim_tell,
};
