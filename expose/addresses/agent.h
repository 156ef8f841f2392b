/* SPDX-License-Identifier: Apache-2.0 */
/* The program's work: it keeps the pools of the engine, the claims of this node, and the files that
 * CNI calls read, in step. */
#ifndef EXPOSE_ADDRESSES_AGENT_H
#define EXPOSE_ADDRESSES_AGENT_H

#include "expose/addresses/pool_file.h"
#include "expose/addresses/reclaim.h"
#include "expose/addresses/sticky.h"
#include "expose/addresses/usage.h"
#include "expose/addresses/view.h"
#include "expose/common/daemon.h"

/* A pool that this node knows. */
struct member {
	struct claimer claimer;
	struct pool_file file;
	struct sticky sticky;
	bool recalled;       /* the file of a former process was read */
	bool unwritten;      /* its file could not be written */
	char complaint[128]; /* why, as it was logged since it was written last */
	bool listed;         /* our blocks of it were listed since the program started */
	int64_t waits_from;  /* an ADD has waited since then; 0: none waits */
	int64_t waited;      /* when an ADD waited last */
	bool exhausted;      /* it was announced that ADDs wait in vain */
	uint32_t strays;     /* addresses in use that no claim of ours has, as it was logged last */
	int64_t suspect_at;  /* when a list may look for nodes that are gone again */
	int64_t n_claimed; /* addresses in claims at the newest list of all blocks; -1: none yet */
	int64_t n_used;    /* likewise in use */
};

struct agent {
	struct loop *loop;     /* borrowed */
	struct engine *engine; /* borrowed */
	struct claimant me;
	char former[NODE_UID];   /* our UID before, whose claims are not ours yet; "": none */
	struct pool_list pools;  /* as they were listed last */
	struct member **members; /* owned, and each of them: they do not move */
	size_t n_members;
	struct reclaim reclaim;
	struct usage usage;
	struct view view;
	struct backoff connect; /* entering the node, listing and watching pools */
	struct backoff work;    /* when there is something to do */
	struct backoff list;    /* when to list our blocks again */
	struct watch on_usage, on_connect, on_work, on_list;
	struct engine_watch on_pools;
	bool entered;
	bool watching;
	bool stale;       /* the pools must be listed again */
	char said[512];   /* the failure that was logged last; "": the engine answers */
	char failed[512]; /* the last failure of the engine, also when it has answered since */
};

/* Begins to work, in the loop. a->me has the node's name. Returns 0, or -1. */
int agent_begin(struct agent *a, struct loop *l, struct engine *e, struct failure *f) MUST_CHECK;
void agent_release(struct agent *a);

/* Logs what an engine's failure says, unless it was the last thing that was logged. */
void agent_said(struct agent *a, enum engine_answer answer, const struct failure *f);

/* Finds a pool; NULL: no pool has this name. */
struct address_pool *agent_pool(const struct agent *a, const char *name);

/* Lists the pools, and tells every member. */
enum engine_answer agent_pools(struct agent *a);

/* Takes over a pool of which only what nodes say has changed. Returns false if it is another pool
 * than before: list them. */
bool agent_pool_told(struct agent *a, struct address_pool *p);

/* Lists our blocks of a member's pool. */
enum engine_answer agent_own(struct agent *a, struct member *m);

/* Writes down what endpoints use of a member's blocks, where it has changed since a block was
 * written last. */
void agent_tell_used(struct agent *a, struct member *m);

/* Lists all blocks of a member's pool, if it is the node's turn to see how full the pool is. */
void agent_survey(struct agent *a, struct member *m);

/* Makes the member's next step. Returns when the next one is due; -1: never. */
int64_t agent_step(struct agent *a, struct member *m);

/* Makes the next steps of owners' addresses. Returns when the next one is due; -1: never. */
int64_t sticky_step(struct agent *a, struct member *m);

/* Writes the member's file. Returns whether it is as it should be. */
bool agent_write(struct agent *a, struct member *m);

#endif
