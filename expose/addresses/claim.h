/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol by which a node holds addresses of a pool, without any I/O: from what the node knows
 * follows the next step. The program makes that step, and says what came of it.
 *
 * - The node serves an address only if the newest read or write of its block has it in an active
 *   claim of the node, and the node is not about to give it back.
 * - It gives an address back in two steps: it serves it no longer and proves that nothing uses it;
 *   it removes the claim.
 * - A write without an answer may still happen, even after the program was started again, as long
 *   as the block is as it was. So what such a write may take away is not served before the block
 *   has changed. At the start that is every address that the former process did not serve.
 * - No clock ends a claim. Times are of the monotonic clock, in milliseconds.
 */
#ifndef EXPOSE_ADDRESSES_CLAIM_H
#define EXPOSE_ADDRESSES_CLAIM_H

#include "expose/addresses/engine.h"
#include "expose/addresses/masks.h"

#include <string.h>

enum { CANDIDATES_MAX = 8, ASIDES_MAX = 8, OWED_MAX = 4 };

/* A block in which the node has addresses, or of which it must know whether it has. */
struct stake {
	struct address_block block; /* as it was read or written last */
	mask used;                  /* an endpoint has it */
	mask rested;      /* nothing has used it since it was claimed, or for the pool's holdDown */
	mask leaving;     /* about to be given back: not served */
	mask proved_free; /* reclaimed, and used since for so long that the first use was proved */
	mask unsure;      /* a write without an answer may take it away: not served */
	mask offered;     /* leaving, for nodes that ask */
	bool behind;   /* the block has changed since, in what others have: read before a write */
	bool proved;   /* nothing uses what is leaving, since it is not served any more */
	bool doubtful; /* the block may have changed: read it */
	int64_t read_at;
	int64_t used_from[BLOCK_SIZE];
	int64_t used_until[BLOCK_SIZE];
};

enum step_kind {
	STEP_NONE,     /* nothing to do until `wake`, or until something is told */
	STEP_WITHDRAW, /* serve nothing that is leaving, then claimer_prove() each such stake */
	STEP_READ,     /* read the block `block` */
	STEP_PUT,      /* write `block` */
	STEP_DELETE,   /* delete `block` */
	STEP_LIST,     /* claimer_list_begin(), then claimer_list_visit() every block of the pool */
	STEP_POOL,     /* read the pool, claimer_edit() it, write it, and claimer_pool() */
};

struct candidate {
	struct address_block block;
	int64_t read_at;
};

struct step {
	enum step_kind kind;
	struct address_block block;
	bool stale;   /* the block may have changed since it was read */
	int64_t wake; /* -1: never */
};

/* Where to look for free addresses: in blocks that a hash of the node chooses, then in those that a
 * list of all blocks shows. */
struct search {
	size_t set; /* that is short of addresses */
	uint32_t place;
	uint32_t probes;              /* blocks tried since the last success */
	struct candidate *candidates; /* owned; have free addresses, and none of ours */
	size_t n_candidates;
	uint8_t *seen; /* owned; a bit for each block of the set that exists */
	uint32_t n_with_room;
	uint32_t n_all; /* blocks of the pool, of every set */
	struct {
		uint32_t n_blocks; /* that exist */
		uint64_t n_free;   /* addresses in them */
	} listed[POOL_SETS_MAX];   /* what the list showed of each set */
	bool crowded;              /* most blocks exist: no probes */
	bool tight;                /* few addresses are free: small claims, and none to spare */
	bool judged;               /* `tight` is newer than what the pool says */
	bool exhausted;            /* the newest list has no free address */
	int64_t full_from;  /* since then addresses are only handed over: answers tell of them */
	int64_t full_until; /* until then, other nodes are asked without a list before */
	int64_t not_again;  /* no list for spare addresses before */
};

/* An address of ours on its way to an owner: it takes the way of one that is given back, and at the
 * end becomes the owner's. */
struct aside {
	struct ip first; /* of the block */
	unsigned offset;
	uint64_t owner;
	bool bound;     /* the owner has it, and we may use it */
	bool reclaimed; /* it must be proved unused */
};

/* A request of another node or ours, as the pool has it at the same place. */
struct request_seen {
	uint64_t id;
	int64_t at; /* when we saw it first */
};

struct claimer {
	const struct claimant *me;       /* borrowed */
	char name[POOL_NAME];            /* of the pool */
	const struct address_pool *pool; /* borrowed; NULL: the pool does not exist */
	uint32_t waiting;                /* ADDs that wait for an address of each set */
	bool wanted;                     /* a network of this node uses the pool */
	bool begun;                      /* it has decided on a step */
	bool shown; /* a conflict shows the block as it is: write without a read */
	uint64_t random;
	struct stake *stakes; /* owned */
	size_t n_stakes;
	struct aside asides[ASIDES_MAX];
	size_t n_asides;
	struct search search;
	unsigned conflicts;   /* since the last success */
	unsigned contended;   /* likewise, those that showed the block */
	unsigned polls;       /* likewise, lists that showed no free address */
	unsigned silences;    /* calls without an answer since the last answer */
	int64_t not_before;   /* no call to the engine before */
	int64_t throttled;    /* likewise: the engine says so */
	int64_t protect_at;   /* when to give the pool its finalizer */
	uint64_t others;      /* a hash of the other nodes that wait; 0: none */
	int64_t leave_at;     /* when to give back what they wait for */
	int64_t scarce_until; /* an ADD waits, or waited shortly before: claim no spare ones */
	struct request_seen requests[POOL_WAITING_MAX];
	struct pool_handed handing;        /* what the newest write gives to whom */
	struct pool_handed owed[OWED_MAX]; /* answers that the pool does not have yet */
	size_t n_owed;
	struct address_block written; /* the block of the newest of them, as we left it */
	uint64_t ask;                 /* the id of our newest request; 0: none of this process */
	uint32_t ask_count, ask_spare, ask_set;
	bool told_full;    /* the pool was nearly full when it was told last */
	bool asked;        /* the pool has our request */
	bool asking;       /* the step that was decided on asks */
	int64_t answer_by; /* when to look for free addresses ourselves again */
	uint64_t newest;   /* the version of the newest block that we have read or written */
	uint64_t answered[POOL_HANDED_MAX]; /* the versions in the pool's answers, as told last */
	uint32_t strays;                    /* addresses in use that no claim of ours has */
};

void claimer_begin(struct claimer *c, const struct claimant *me, const char *pool);
void claimer_release(struct claimer *c);

/* Tells the pool as it is now; NULL: it does not exist. It is borrowed until the next call. */
void claimer_pool(struct claimer *c, const struct address_pool *pool, int64_t now);

/* Tells a block that has a claim of the node, from a list. */
void claimer_own(struct claimer *c, const struct address_block *b, int64_t now);

/* Tells, before the first step, which addresses of a stake a former process served: no write of it
 * takes them away. */
void claimer_vouch(struct stake *h, mask served);

/* Tells that every stake may have changed: it is read, unless claimer_own() comes before. */
void claimer_doubt(struct claimer *c);

/* Tells how many ADDs wait for addresses that the node does not have. */
void claimer_wait(struct claimer *c, uint32_t waiting, int64_t now);

/* Tells what endpoints use of a stake. */
void claimer_use(struct stake *h, mask used, int64_t now);

/* Tells what endpoints use although it is leaving, and is served no longer. */
void claimer_prove(struct stake *h, mask used);

/* Returns the addresses of a stake that endpoints may get, of one set, or of any. */
mask claimer_served(const struct claimer *c, const struct stake *h);
mask claimer_served_of(const struct claimer *c, const struct stake *h, size_t set);

/* Returns the addresses that are served, and must be proved unused on the LAN before their use. */
mask claimer_unproved(const struct claimer *c, const struct stake *h);

/* Puts a free address of a set aside for an owner. Returns false without a free one, or if too many
 * are on their way. Afterwards claimer_aside() tells how far it is. */
bool claimer_set_aside(struct claimer *c, size_t set, uint64_t owner);
enum aside_state {
	ASIDE_NONE, /* it failed, or was not begun */
	ASIDE_ON_ITS_WAY,
	ASIDE_BOUND, /* *ip is the owner's, and *unproved says whether it was reclaimed; it is
	              * forgotten here */
};
enum aside_state claimer_aside(struct claimer *c, uint64_t owner, struct ip *ip, bool *unproved);

/* Decides on the next step. */
void claimer_next(struct claimer *c, int64_t now, struct step *step);

/* Tells what came of a step. `seen` is the block that STEP_READ found, or that was there when
 * STEP_PUT met a conflict; NULL: not known. STEP_PUT has set the version of step->block. `retry_ms`
 * is for ENGINE_THROTTLED. */
void claimer_answer(struct claimer *c, const struct step *step, enum engine_answer answer,
                    const struct address_block *seen, uint32_t retry_ms, int64_t now);

void claimer_list_begin(struct claimer *c);
void claimer_list_visit(struct claimer *c, const struct address_block *b, int64_t now);

/* Returns whether the node is to list all blocks now, at its list of five minutes, to see how full
 * the pool is. Of all nodes about one does, the fuller the pool the more likely. */
bool claimer_surveys(struct claimer *c);

/* Makes our changes in the newest version of the pool. Returns whether there are any. */
bool claimer_edit(const struct claimer *c, struct address_pool *p);

/* Parts of claimer_next(): each returns whether it decided on a step. */
bool claimer_search(struct claimer *c, int64_t now, struct step *step);
bool claimer_surplus(struct claimer *c, int64_t now, int64_t *wake);

static inline bool claimer_is_me(const struct claimer *c, const char *uid)
{
	return strcmp(uid, c->me->uid) == 0;
}

/* Parts of claimer_pool(): other nodes' requests, and their answers. */
void claimer_answers_told(struct claimer *c, bool first, int64_t now);
/* Notes the version of a block that was read or written. */
void claimer_seen(struct claimer *c, const struct address_block *b);
/* Returns whether the node asks already. */
bool claimer_asks(const struct claimer *c);
/* Notes that every address of the pool is claimed. */
void claimer_full(struct claimer *c, int64_t now);
/* Decides to ask other nodes for addresses of the set that is short, by STEP_POOL: for so many, of
 * at most `most`. Returns false if too many others ask. */
bool claimer_ask(struct claimer *c, uint32_t count, uint32_t most, int64_t now, struct step *step);
/* Tells what came of STEP_POOL. */
void claimer_pool_written(struct claimer *c, enum engine_answer answer, int64_t now);
/* Offers some of our surplus addresses of a set to those that ask. Returns whether there are any,
 * and when there may be more. */
bool claimer_offer(struct claimer *c, size_t set, uint32_t surplus, int64_t now, int64_t *wake);
/* Has addresses of a stake given back. */
void claimer_leave(struct stake *h, mask m);
/* Returns whether nodes can only find addresses that are in no claim. */
bool claimer_asked_plainly(const struct claimer *c);
/* Gives what is offered to one of those that ask, in a block for a write. What nobody
 * asks for leaves no longer. Returns whether the block has changed. */
bool claimer_hand(struct claimer *c, struct stake *h, struct address_block *b);
/* Notes which addresses of a stake a newer version of the block has given to those that ask. */
void claimer_owe(struct claimer *c, const struct stake *h, const struct address_block *b);
/* Returns whether a block is as an answer's write left it. */
bool handed_in(const struct pool_handed *given, const struct address_block *b);
/* Writes answers into a pool. Returns whether there are any. */
bool claimer_answers_edit(const struct claimer *c, struct address_pool *p);
/* Adds a stake. Returns NULL without memory: then the next list of our blocks brings it. */
struct stake *stake_add(struct claimer *c, const struct address_block *b);
/* Takes the newest contents of a block over. */
void stake_set(struct claimer *c, struct stake *h, const struct address_block *b, int64_t now);
/* Has a block read that may have addresses of ours. */
void claimer_doubt_of(struct claimer *c, const struct address_block *b);

/* For both. Returns the addresses of a set that are served and not used. */
uint32_t claimer_free(const struct claimer *c, size_t set);
/* Returns the number of addresses of a claim that suits a need. */
unsigned claimer_size(const struct claimer *c, size_t set, uint32_t need);
/* Returns how many free addresses of each set the node wants. */
uint32_t claimer_target(const struct claimer *c, int64_t now);
/* Returns whether few addresses of the pool are free. */
bool claimer_tight(const struct claimer *c);
/* Returns whether the node may get new addresses of the pool. */
bool claimer_open(const struct claimer *c);
/* Returns whether a block may have changed since it was read: other nodes have claims in it. */
bool claimer_is_stale(const struct claimer *c, const struct address_block *b, int64_t read_at,
                      int64_t now);
/* Returns whether a write of the stake needs a read of its block before. */
bool claimer_must_read(const struct claimer *c, const struct stake *h, int64_t now);
/* Returns the addresses of a block that are in claims of ours, of any state. */
mask claimer_own_any(const struct claimer *c, const struct address_block *b);
struct stake *claimer_find(const struct claimer *c, const struct ip *first);
/* Decides to give one of the addresses of a stake, which leave, to its owner. */
bool claimer_bind(const struct claimer *c, const struct stake *h, struct step *step);
/* Looks which of the addresses aside a block gives to their owners. */
void claimer_asides_look(struct claimer *c, const struct address_block *b);
/* Returns a random number below n, from the claimer's own sequence. */
uint64_t claimer_random(struct claimer *c, uint64_t n);
void search_candidate(struct claimer *c, const struct address_block *b, int64_t now);
/* Decides to read a block before it is written. Returns false without memory. */
bool claimer_read_first(struct claimer *c, const struct address_block *b, struct step *step);
void search_listed(struct claimer *c, int64_t now);
void search_release(struct search *s);

#endif
