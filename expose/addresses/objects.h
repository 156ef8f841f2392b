/* SPDX-License-Identifier: Apache-2.0 */
/* What an engine stores: pools of addresses, and the blocks of 16 addresses in which nodes hold
 * claims. The JSON form is the same in every engine: that of the Kubernetes API.
 */
#ifndef EXPOSE_ADDRESSES_OBJECTS_H
#define EXPOSE_ADDRESSES_OBJECTS_H

#include "base/address.h"
#include "base/failure.h"
#include "base/json.h"
#include "base/owned.h"
#include "base/span.h"
#include "base/utc.h"
#include "ipam/held.h"
#include "ipam/range.h"

#include <stdint.h>

#define OBJECTS_API "ipam.podtap.dev/v1alpha1"

enum {
	BLOCK_SIZE = 16,  /* addresses: a /28 or a /124 */
	BLOCK_SHARED = 8, /* addresses of a block that two nodes may have at a time */
	CLAIMS_MAX = BLOCK_SIZE + BLOCK_SHARED,
	NODE_NAME = 254, /* a DNS name and its NUL */
	NODE_UID = 64,
	BLOCK_NAME = POOL_NAME + 33, /* <pool>.<hex of the first address> */
	VERSION_TEXT = 32,
	POOL_SETS_MAX = 4,
	POOL_EXCLUDED_MAX = 64, /* in each set */
	POOL_WAITING_MAX = 16,
	POOL_HANDED_MAX = 16,
	OBJECT_MAX = 65536, /* bytes of one object's JSON */
};

/* One network of a pool. Each set gives an endpoint one address. */
struct pool_set {
	struct range range; /* complete: range_complete() */
	struct span excluded[POOL_EXCLUDED_MAX];
	size_t n_excluded;
};

/* A node that has an ADD waiting, and found no free address. */
struct pool_waiting {
	char node[NODE_NAME];
	char uid[NODE_UID];
	uint64_t id;    /* of this request; 0: a former version of the program made it */
	uint32_t count; /* addresses that it asks for */
	uint32_t spare; /* and would take from a node that has many */
	uint32_t set;   /* of which it asks them */
};

/* What a node that asked has got: the answer to a request. Between the two versions of the block
 * nothing else has changed. */
struct pool_handed {
	char node[NODE_NAME];
	char uid[NODE_UID];
	char since[UTC_TEXT]; /* of the node's active claims in the block */
	uint64_t id;
	struct ip first; /* of the block */
	char before[VERSION_TEXT];
	char version[VERSION_TEXT];
	uint16_t addresses; /* a bit for each */
};

/* whereabouts gives addresses of the same networks: its IPPools say which. */
struct pool_shared {
	bool with_whereabouts;
	char namespace[POOL_NAME];    /* of the IPPools */
	char network_name[POOL_NAME]; /* as in whereabouts' configuration; "": none */
};

enum claim_state {
	CLAIM_ACTIVE,    /* the node may use these addresses */
	CLAIM_RELEASING, /* the node gives them back, and uses none of them any more */
	CLAIM_LOST,      /* the node is gone; they become free after reclaimAfter */
	CLAIM_IDLE,      /* of an owner, and nothing uses it: the node looks after it */
};

struct claim {
	uint8_t offset; /* of the first address in the block */
	uint8_t count;
	uint8_t state;  /* an enum claim_state */
	uint64_t owner; /* whom the address belongs to, a binding_number(); 0: to the node */
	char node[NODE_NAME];
	char uid[NODE_UID];
	char since[UTC_TEXT]; /* a time for people: no decision depends on it */
};

struct address_block {
	char pool[POOL_NAME];
	struct ip first;
	char version[VERSION_TEXT];      /* "": it does not exist yet */
	struct claim claims[CLAIMS_MAX]; /* by offset; none overlaps another, except that two nodes
	                                  * may have an owner's address */
	size_t n_claims;
	uint16_t reclaimed; /* bits of addresses whose node is gone: until one was used again, a
	                     * program that came back may still use it */
	uint16_t used;      /* addresses that endpoints had when their node wrote the block last */
	uint16_t taken;     /* addresses of others than nodes: a bit for each */
	bool foreign; /* it has something that we do not understand: nothing in it is free, and it
	               * must not be written */
};

struct address_pool {
	char name[POOL_NAME];
	char version[VERSION_TEXT]; /* resourceVersion, or the revision of the last change */
	int64_t born;   /* orders pools by their creation: seconds, or the revision of creation */
	bool deleting;  /* it is being deleted: no new claims */
	bool finalizer; /* it has ours: it stays until its last block is gone */
	struct pool_set sets[POOL_SETS_MAX];
	size_t n_sets;
	double n_addresses; /* of all sets */
	cJSON *routes;      /* owned; NULL: none */
	cJSON *dns;         /* owned; NULL: none */
	cJSON *object;      /* owned: as it was read, with what we do not understand */
	uint32_t size; /* addresses of one claim: 1, 2, 4, 8 or 16; 0: what fits the pool's use */
	uint32_t spare;
	uint32_t max_per_node;  /* addresses */
	uint32_t hold_down;     /* seconds */
	uint32_t reclaim_after; /* seconds */
	uint32_t sticky_for;    /* seconds for which a pod's name keeps an address */
	struct pool_waiting waiting[POOL_WAITING_MAX];
	size_t n_waiting;
	struct pool_handed handed[POOL_HANDED_MAX]; /* the newest ones, by time */
	size_t n_handed;
	struct address_block latest; /* of one of the newest answers, as its write left it; pool "":
	                              * none */
	char refused[256]; /* the reason of the condition Ready with the status False; "": Ready */
	bool nearly_full;  /* the condition NearlyFull: nodes claim no spare addresses */
	int64_t n_claimed; /* addresses in claims when a node last looked at all blocks; -1: never
	                    */
	int64_t n_used;    /* likewise those of them that endpoints had; -1: never */
	char came_back[NODE_NAME]; /* the node of the condition LostNodeCameBack; "": none */
	struct pool_shared shared;
};

struct pool_list {
	struct address_pool *pools; /* owned */
	size_t n;
};

void address_pool_release(struct address_pool *p);
void pool_list_release(struct pool_list *l);

/* Gives a pool the JSON that the engine has now. *object is NULL then. */
void pool_object_set(struct address_pool *p, cJSON **object);

/* Make room for one more pool, which the caller fills. Returns NULL without memory. */
struct address_pool *pool_list_add(struct pool_list *l, struct failure *f) MUST_CHECK;

/* Write the name of a block: <pool>.<hex of its first address>. Returns the buffer. */
const char *block_name(const char *pool, const struct ip *first, char name[static BLOCK_NAME]);

/* Read an object from a tree of json_parse(), into a struct that is all zero. `version` and `born`
 * are "" and 0 where the metadata lacks them: the engine sets them. Returns 0, or -1 (CNI_CONFIG)
 * for an object that no claim may be based on. A block with an unknown kind of claim is no failure:
 * it is `foreign`. */
int pool_read(struct address_pool *p, const cJSON *object, struct failure *f) MUST_CHECK;
int block_read(struct address_block *b, const cJSON *object, struct failure *f) MUST_CHECK;

/* Read what nodes have written into a pool: pool_read() does. What is wrong in it is left out. */
void pool_status_read(struct address_pool *p, const cJSON *object);

/* Read spec.whereabouts of a pool whose sets were read. Returns 0, or -1 (CNI_CONFIG). */
int pool_shared_read(struct address_pool *p, const cJSON *json, struct failure *f) MUST_CHECK;

/* Read status.waiting, status.handed and status.latest of a pool, and make the JSON of the first
 * two. What cannot be read is left out. */
void pool_requests_read(struct address_pool *p, const cJSON *status);
cJSON *pool_waiting_json(const struct address_pool *p) MUST_CHECK;
cJSON *pool_handed_json(const struct address_pool *p) MUST_CHECK;

/* Read the first address of a block from its hexadecimal digits. */
bool block_first_read(struct ip *first, const char *hex);

/* Make the JSON of a block, with its label for each node (BLOCK_LABEL) and, unless it is "", its
 * resourceVersion. Returns the tree, which the caller owns, or NULL without memory. */
#define BLOCK_LABEL "node.podtap.dev/" /* followed by the node's UID; the value is "" */
cJSON *block_json(const struct address_block *b) MUST_CHECK;

/* Write our parts of a pool into the JSON that was read of it, which keeps what we do not
 * understand: metadata.finalizers, and status. Returns 0, or -1 without memory. */
#define POOL_FINALIZER "ipam.podtap.dev/blocks"
int pool_write(const struct address_pool *p, cJSON *object, struct failure *f) MUST_CHECK;

#endif
