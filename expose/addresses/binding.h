/* SPDX-License-Identifier: Apache-2.0 */
/* An address that belongs to a VM, a pod or an IPAMClaim: its owner, the AddressBinding by which
 * every node finds it, and its claims in a block.
 *
 * The claims decide who may use it. An AddressBinding only says where they are: one whose block has
 * no claim of the owner means nothing.
 */
#ifndef EXPOSE_ADDRESSES_BINDING_H
#define EXPOSE_ADDRESSES_BINDING_H

#include "base/word.h"
#include "expose/addresses/masks.h"

enum {
	OWNER_SPACE = 64,
	OWNER_NAME = 254,
	OWNER_IFNAME = 16,
	OWNER_TEXT = OWNER_SPACE + OWNER_NAME + 16,
	BINDING_NUMBER = 17,                       /* 16 hexadecimal digits and a NUL */
	BINDING_NAME = POOL_NAME + BINDING_NUMBER, /* <pool>.<number> */
	HOLDERS_MOST = 2, /* nodes: the source and the target of a live migration */
};

enum owner_kind { OWNER_POD, OWNER_VM, OWNER_CLAIM };
extern const struct word owner_kinds[];

struct owner {
	uint32_t kind;
	char space[OWNER_SPACE]; /* its namespace */
	char name[OWNER_NAME];
	char ifname[OWNER_IFNAME]; /* "" for an IPAMClaim, which is for one interface */
};

/* What a CNI call knows of itself, and which kind of owner it wants. */
struct pod_interface {
	uint32_t kind;
	char space[OWNER_SPACE];
	char pod[OWNER_NAME];
	char ifname[OWNER_IFNAME];
};

struct address_binding {
	char pool[POOL_NAME];
	uint64_t number;
	char version[VERSION_TEXT]; /* "": it does not exist yet */
	struct owner owner;
	uint32_t set;
	struct ip ip;
};

/* Returns the number of an owner's address of a set: a hash, never 0. Two owners may have the same.
 */
uint64_t binding_number(const struct owner *o, uint32_t set);
const char *binding_number_text(uint64_t id, char text[static BINDING_NUMBER]);
bool binding_number_parse(const char *text, uint64_t *id);
const char *binding_name(const char *pool, uint64_t id, char name[static BINDING_NAME]);

/* Write "vm default/web", for messages. Returns the buffer. */
const char *owner_text(const struct owner *o, char text[static OWNER_TEXT]);
bool owner_equal(const struct owner *a, const struct owner *b);

/* Read and make the JSON of an AddressBinding. binding_read() returns 0, or -1 (CNI_CONFIG);
 * binding_json() returns the tree, which the caller owns, or NULL without memory. */
int binding_read(struct address_binding *b, const cJSON *object, struct failure *f) MUST_CHECK;
cJSON *binding_json(const struct address_binding *b) MUST_CHECK;

/* Find a node's claim of an owner's address. NULL: it has none. */
const struct claim *bound_find(const struct address_block *b, unsigned offset, uint64_t owner,
                               const char *uid);

/* Returns whether the block has any claim of the owner at that address. */
bool bound_any(const struct address_block *b, unsigned offset, uint64_t owner);

/* Returns how many other nodes may use an owner's address, and writes their names. */
unsigned bound_others(const struct address_block *b, unsigned offset, uint64_t owner,
                      const char *uid, char *names, size_t size);

/* Gives a node a claim of an owner's address, in place of its own and of those that are idle. The
 * address must be nobody else's. Returns false if the block has no room for another claim. */
bool bound_set(struct address_block *b, unsigned offset, uint64_t owner, const struct claimant *who,
               enum claim_state state);
void bound_remove(struct address_block *b, unsigned offset, uint64_t owner, const char *uid);

#endif
