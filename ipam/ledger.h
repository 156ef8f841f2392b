/* SPDX-License-Identifier: Apache-2.0 */
/* The reservations of one network, from lock to unlock. The store is the truth; the index is a
 * hint. A reservation in the index counts only after the store confirms it. An absence in the index
 * counts only while no other program has changed the store. */
#ifndef IPAM_LEDGER_H
#define IPAM_LEDGER_H

#include "base/ip_list.h"
#include "ipam/index.h"
#include "ipam/range.h"

struct ledger {
	struct store store;
	struct own_directory directory;
	struct index index;
	struct life life;   /* the current life; borrowed by the store */
	struct life former; /* the life of the stamp */
	bool usable;        /* the index describes the store */
	bool pending; /* reservations of a former life wait for the next ADD; nothing is saved */
	bool looking; /* opened with STORE_LOOK; nothing is saved */
};

#define LEDGER_CLOSED                                        \
	{                                                    \
		.store = STORE_CLOSED, .index = INDEX_CLOSED \
	}

/* Save the index and unlock. ledger_lock() locks again. */
void ledger_unlock(struct ledger *l);

void ledger_release(struct ledger *l);

/* Open the store, as store_open() does, and read what needs no lock. STORE_LOOK writes nothing. */
enum found ledger_begin(struct ledger *l, const char *data_dir, const char *network,
                        enum store_use use, struct failure *f) MUST_CHECK;

/* Wait for the lock, as store_lock() does, and open the index. The functions below need it. */
enum found ledger_lock(struct ledger *l, struct failure *f) MUST_CHECK;

/* Begin and lock. */
enum found ledger_open(struct ledger *l, const char *data_dir, const char *network,
                       enum store_use use, struct failure *f) MUST_CHECK;

/* Begin a life, as the first step of an ADD. Releases the reservations of a former life, or adopts
 * them if `keep` is true. Gives the network the stamp of this life. */
int ledger_enter_life(struct ledger *l, bool keep, struct failure *f) MUST_CHECK;

/* Find the addresses of a holder. */
int ledger_find(struct ledger *l, const char *holder, struct ip_list *found,
                struct failure *f) MUST_CHECK;

/* Returns whether the store has an address as a holder's. */
bool ledger_holds(const struct ledger *l, const struct ip *ip, const char *holder);

/* Check that every reservation was readable, because an unreadable one may belong to any holder.
 * Returns 0, or -1 (CNI_IO) with the reservation in the message. */
int ledger_whole(const struct ledger *l, struct failure *f) MUST_CHECK;

/* Find the first free address of a pool. */
enum found ledger_find_free(struct ledger *l, const struct pool *pool, struct ip *out,
                            struct failure *f) MUST_CHECK;

/* Reserve an address, as store_reserve() does. */
enum found ledger_reserve(struct ledger *l, const struct ip *ip, const char *holder, bool durable,
                          struct failure *f) MUST_CHECK;

/* Remove a reservation. The caller has verified that it belongs to the holder. */
int ledger_remove(struct ledger *l, const struct ip *ip, const char *holder,
                  struct failure *f) MUST_CHECK;

/* Visit every reservation of the index. */
int ledger_each(struct ledger *l, const struct holder_visit *v, struct failure *f) MUST_CHECK;

/* Remove every reservation whose holder's hash is not in a sorted array. Continues past unreadable
 * reservations, and then fails at the end. */
int ledger_collect(struct ledger *l, const uint64_t *keep, size_t n, struct failure *f) MUST_CHECK;

#endif
