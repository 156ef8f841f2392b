/* SPDX-License-Identifier: Apache-2.0 */
/* The engine kubernetes, for the files that it consists of. */
#ifndef EXPOSE_ADDRESSES_KUBE_ENGINE_H
#define EXPOSE_ADDRESSES_KUBE_ENGINE_H

#include "expose/addresses/sharing.h"
#include "expose/addresses/watcher.h"

struct kubernetes {
	struct engine engine; /* the first member */
	struct kube_client client;
	char seen[VERSION_TEXT]; /* the version of the last list of pools; "": none */
	struct watcher watcher;
	struct sharing sharing;
};

/* As the functions of struct engine_kind, for objects of ours alone. */
enum engine_answer kube_node_enter(struct engine *e, const char *node, char uid[static NODE_UID],
                                   struct failure *f);
enum engine_answer kube_pools(struct engine *e, struct pool_list *out, struct failure *f);
enum engine_answer kube_blocks(struct engine *e, const char *pool, const char *uid,
                               const struct block_visit *v, struct failure *f);
enum engine_answer kube_block_get(struct engine *e, const char *pool, const struct ip *first,
                                  struct address_block *out, struct failure *f);
enum engine_answer kube_block_put(struct engine *e, struct address_block *b, struct failure *f);
enum engine_answer kube_block_delete(struct engine *e, const struct address_block *b,
                                     struct failure *f);

/* The same, and whereabouts' entries. */
enum engine_answer shared_node_enter(struct engine *e, const char *node, char uid[static NODE_UID],
                                     struct failure *f);
enum engine_answer shared_pools(struct engine *e, struct pool_list *out, struct failure *f);
enum engine_answer shared_blocks(struct engine *e, const char *pool, const char *uid,
                                 const struct block_visit *v, struct failure *f);
enum engine_answer shared_block_get(struct engine *e, const char *pool, const struct ip *first,
                                    struct address_block *out, struct failure *f);
enum engine_answer shared_block_put(struct engine *e, struct address_block *b, struct failure *f);
enum engine_answer shared_block_delete(struct engine *e, const struct address_block *b,
                                       struct failure *f);

#endif
