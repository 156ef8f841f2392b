/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of a pool that belong to owners, as far as this node has to do with them: CNI calls
 * that want one, those that the node may use, and those that nothing uses and that it looks after.
 *
 * The node serves an owner's address only if its newest write of the block has it in an active
 * claim of the node, or if a former process had it in the pool's file and the engine still has the
 * claim. Before the claim becomes idle, the address leaves the file, and the store proves that
 * nothing uses it.
 */
#ifndef EXPOSE_ADDRESSES_STICKY_H
#define EXPOSE_ADDRESSES_STICKY_H

#include "expose/addresses/binding.h"
#include "expose/addresses/claim.h"

enum bound_phase {
	BOUND_OWNER,  /* whose address is it? */
	BOUND_FIND,   /* where is the owner's address? */
	BOUND_JOIN,   /* may this node use it? */
	BOUND_TAKE,   /* the owner has none, and gets one of the node's */
	BOUND_ENTER,  /* it has one, of which other nodes must know */
	BOUND_SERVED, /* it is in the pool's file */
	BOUND_HELD,   /* the node has it, and the file does not */
	BOUND_LEAVE,  /* nothing uses it: the claim becomes idle, or goes */
	BOUND_IDLE,   /* the node looks whether the owner still exists */
	BOUND_OVER,   /* nothing is left of it here */
	BOUND_PHASES
};

struct bound {
	enum bound_phase phase;
	uint64_t request; /* the number of the CNI call's file; 0: no call has it */
	struct pod_interface pod;
	bool asked; /* the call waits for it */
	bool migrates;
	uint32_t set;
	struct owner owner;         /* name "": not known yet */
	uint64_t number;            /* binding_number(); 0: not known yet */
	struct ip ip;               /* family 0: not known yet */
	char version[VERSION_TEXT]; /* of its AddressBinding, as it was read last; "": not read */
	bool fresh;                 /* it was the node's a moment ago: no other node knows it */
	bool shared;                /* the source of a live migration uses it too */
	bool unproved;              /* it was reclaimed: a program that came back may use it */
	bool untold;                /* its IPAMClaim does not say this address yet */
	bool orphan;                /* the owner's AddressBinding says another address */
	bool recalled;              /* a former process had it in the file */
	bool listed;                /* the newest list of our blocks has it */
	bool used, seen;
	int64_t used_from;
	int64_t quiet_from; /* neither used nor asked for since */
	int64_t idle_from;
	int64_t due; /* of the next step */
	unsigned tries;
	char problem[256]; /* why the call waits; "": not known */
};

struct sticky {
	struct bound *bounds; /* owned */
	size_t n;
};

void sticky_release(struct sticky *s);

/* Make room for one more, which is zero except its phase. Returns NULL without memory. */
struct bound *sticky_add(struct sticky *s, enum bound_phase phase);

/* Tells which CNI calls wait for addresses of how many sets: their files are in a directory. */
void sticky_requests(struct sticky *s, const char *directory, const struct claimer *c, int64_t now);

/* Tells what the store has: sticky_use() each address, which returns whether an owner has it, then
 * the end. */
bool sticky_use(struct sticky *s, const struct ip *ip);
void sticky_use_end(struct sticky *s, bool known, int64_t now);

/* Tells the blocks in which the node has claims: a beginning, each block, and the end of a list
 * that is complete. */
void sticky_list_begin(struct sticky *s);
void sticky_list_visit(struct sticky *s, const struct address_block *b, const char *uid,
                       int64_t now);
void sticky_list_end(struct sticky *s);

/* Returns how many addresses of the node owners wait for. */
uint32_t sticky_lacking(const struct sticky *s);

/* Make the member "bindings" of the pool's file; and read that of a former process. */
cJSON *sticky_json(const struct sticky *s, const struct address_pool *pool);
void sticky_recall(struct sticky *s, const char *directory, const char *pool);

#endif
