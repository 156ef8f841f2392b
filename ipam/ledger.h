/* SPDX-License-Identifier: Apache-2.0 */
/* The reservations of one network, from lock to unlock: the store, which is the truth, asked by way
 * of the index, which is a hint. What the index says is looked up in the store before it counts,
 * and what it denies counts only while nothing has touched the store since. */
#ifndef IPAM_LEDGER_H
#define IPAM_LEDGER_H

#include "base/ip_list.h"
#include "ipam/index.h"
#include "ipam/range.h"

struct ledger {
	struct store store;
	struct own_directory directory;
	struct index index;
	struct life life;   /* this one; borrowed by the store */
	struct life former; /* the stamp's */
	bool usable;        /* the index says what is in the store */
	bool pending; /* a former life's reservations wait for the next ADD; nothing is saved */
	bool looking; /* nothing is saved either */
};

#define LEDGER_CLOSED                                        \
	{                                                    \
		.store = STORE_CLOSED, .index = INDEX_CLOSED \
	}

/* Saves the index and unlocks. */
void ledger_release(struct ledger *l);

/* Open the store, as store_open() does, and the index. With STORE_LOOK nothing is written. */
enum found ledger_open(struct ledger *l, const char *data_dir, const char *network,
                       enum store_use use, struct failure *f) MUST_CHECK;

/* What an ADD does first: reservations of a former life are released, or adopted if they are to be
 * kept, and the network gets this life's stamp. */
int ledger_enter_life(struct ledger *l, bool keep, struct failure *f) MUST_CHECK;

/* The addresses a holder has. */
int ledger_find(struct ledger *l, const char *holder, struct ip_list *found,
                struct failure *f) MUST_CHECK;

/* Fails, naming it, where a reservation could not be read: it may be anybody's. Code CNI_IO. */
int ledger_whole(const struct ledger *l, struct failure *f) MUST_CHECK;

/* Find the first free address of a pool. */
enum found ledger_find_free(struct ledger *l, const struct pool *pool, struct ip *out,
                            struct failure *f) MUST_CHECK;

/* Reserve an address, as store_reserve() does. */
enum found ledger_reserve(struct ledger *l, const struct ip *ip, const char *holder, bool durable,
                          struct failure *f) MUST_CHECK;

/* Removes a reservation that the caller has seen to be the holder's. */
int ledger_remove(struct ledger *l, const struct ip *ip, const char *holder,
                  struct failure *f) MUST_CHECK;

/* Shows every reservation, as the index has it. */
int ledger_each(struct ledger *l, const struct holder_visit *v, struct failure *f) MUST_CHECK;

/* Removes every reservation whose holder's hash is not in a sorted array, past those that cannot be
 * read: they are a failure at the end. */
int ledger_collect(struct ledger *l, const uint64_t *keep, size_t n, struct failure *f) MUST_CHECK;

#endif
