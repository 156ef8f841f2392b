/* SPDX-License-Identifier: Apache-2.0 */
/* Where pools and blocks are stored: one interface, and one source file for each engine.
 *
 * Every call blocks, at most ENGINE_CALL_MS: only podtap-addresses waits for it, never a CNI call.
 * The watch alone is an event of the loop. An engine keeps one connection, and opens it again by
 * itself at the next call.
 */
#ifndef EXPOSE_ADDRESSES_ENGINE_H
#define EXPOSE_ADDRESSES_ENGINE_H

#include "base/failure.h"
#include "expose/addresses/binding.h"
#include "expose/common/loop.h"

enum { ENGINE_CALL_MS = 3000 };

enum engine_answer {
	ENGINE_OK,
	ENGINE_NONE,      /* there is no such object */
	ENGINE_CONFLICT,  /* nothing was written: the object exists already, or has changed */
	ENGINE_THROTTLED, /* nothing was written: try again after e->retry_ms */
	ENGINE_UNKNOWN, /* no answer in time, or the connection broke: a write may have happened, or
	                 * may still happen */
	ENGINE_REFUSED, /* nothing was written, and a repetition does not help: rights, schema */
};

struct engine; /* each engine's own struct begins with this one */

struct engine_watch {
	/* The pools may have changed: list them again. With `ended` the watch is over, as after a
	 * lost connection: start another one, later. */
	void (*changed)(void *data, bool ended);
	/* A pool is as *p now; the callee may take it over, and leaves another, or zeros. Returns
	 * whether that is all about this change; else changed() follows. It must not call the
	 * engine. NULL: only changed() is called. */
	bool (*pool)(void *data, struct address_pool *p);
	void *data;
};

struct block_visit {
	void (*visit)(const struct address_block *b, void *data);
	void *data;
};

/* Except for open() and close(), every function returns an enum engine_answer. Every failure
 * fills `f` with what was asked of which address, and the engine's own words. ENGINE_OK,
 * ENGINE_NONE and ENGINE_CONFLICT are no failures. */
struct engine_kind {
	const char *name; /* the value of the key `engine` */
	bool has_nodes;   /* of its own: a node's UID may change while the machine lives */
	bool shows;       /* a conflict of block_put() shows the block: e->there */

	/* Makes an engine from its own object of the configuration file, {"engine": "etcd", "etcd":
	 * {...}}, whose keys it checks. NULL: no such object. Does not connect. Returns NULL on
	 * failure (CNI_CONFIG). */
	struct engine *(*open)(const cJSON *config, struct failure *f);
	void (*close)(struct engine *e);

	/* Finds the UID of our own node, or makes it where the engine has no nodes of its own: then
	 * *uid comes with a proposal, which a name that is used again must not repeat. */
	enum engine_answer (*node_enter)(struct engine *e, const char *node,
	                                 char uid[static NODE_UID], struct failure *f);
	/* ENGINE_OK: a node of this name and UID exists. ENGINE_NONE: proved that it does not. */
	enum engine_answer (*node_find)(struct engine *e, const char *node, const char *uid,
	                                struct failure *f);

	/* Tells the cluster's people of something about a pool, where they look for it: a reason in
	 * one word, and a text. Nothing depends on it, so no failure is reported. NULL: the engine
	 * has no such place. */
	void (*announce)(struct engine *e, const char *pool, const char *reason, const char *text);

	/* Lists all pools that can be read. One that cannot is left out, and logged. */
	enum engine_answer (*pools)(struct engine *e, struct pool_list *out, struct failure *f);
	/* Replaces our parts of a pool, if its version is p->version. Sets the new version. */
	enum engine_answer (*pool_update)(struct engine *e, struct address_pool *p,
	                                  struct failure *f);
	/* Starts to watch the pools. */
	enum engine_answer (*watch)(struct engine *e, struct loop *l, const struct engine_watch *w,
	                            struct failure *f);

	/* Visits the blocks of a pool; with a UID only those in which that node has a claim. A pool
	 * has up to thousands: no more of them is in memory than one page of an answer. After a
	 * failure some may have been visited. */
	enum engine_answer (*blocks)(struct engine *e, const char *pool, const char *uid,
	                             const struct block_visit *v, struct failure *f);
	enum engine_answer (*block_get)(struct engine *e, const char *pool, const struct ip *first,
	                                struct address_block *out, struct failure *f);
	/* Compare-and-swap: creates the block if b->version is "" and no such block exists; else
	 * replaces or deletes it if its version is b->version. Sets the new version. */
	enum engine_answer (*block_put)(struct engine *e, struct address_block *b,
	                                struct failure *f);
	enum engine_answer (*block_delete)(struct engine *e, const struct address_block *b,
	                                   struct failure *f);

	/* Where an owner's address is: see binding.h. binding_create() sets the version; it is
	 * ENGINE_CONFLICT if a binding of this name exists already. binding_delete()
	 * deletes it if its version is b->version. */
	enum engine_answer (*binding_get)(struct engine *e, const char *pool, uint64_t id,
	                                  struct address_binding *out, struct failure *f);
	enum engine_answer (*binding_create)(struct engine *e, struct address_binding *b,
	                                     struct failure *f);
	enum engine_answer (*binding_delete)(struct engine *e, const struct address_binding *b,
	                                     struct failure *f);

	/* Finds the owner of that kind of a pod's interface, and whether the pod is the target of a
	 * live migration. ENGINE_REFUSED: the pod has none. ENGINE_NONE: there is no such pod.
	 * NULL: the engine knows no pods. */
	enum engine_answer (*pod_owner)(struct engine *e, const struct pod_interface *pod,
	                                struct owner *owner, bool *migrates, struct failure *f);
	/* ENGINE_NONE: proved that the VM or IPAMClaim does not exist. NULL likewise. */
	enum engine_answer (*owner_find)(struct engine *e, const struct owner *owner,
	                                 struct failure *f);
	/* Writes into the status of an IPAMClaim which addresses it has, and which pod got them.
	 * NULL likewise. */
	enum engine_answer (*claim_tell)(struct engine *e, const struct owner *owner,
	                                 const struct cidr *ips, size_t n, const char *pod,
	                                 struct failure *f);
};

struct engine {
	const struct engine_kind *kind;
	uint32_t retry_ms; /* after ENGINE_THROTTLED: Retry-After, or the engine's own guess */
	struct address_block there; /* see `shows`; its pool is "" if the block is gone */
};

extern const struct engine_kind engine_etcd, engine_kubernetes;

#endif
