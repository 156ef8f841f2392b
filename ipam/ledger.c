/* SPDX-License-Identifier: Apache-2.0 */
/* Reservations: the index finds them, the store proves and changes them. */
#include "ipam/ledger.h"

#include "base/errno_text.h"
#include "base/hash.h"

#include <string.h>

void ledger_unlock(struct ledger *l)
{
	if (l->usable && !l->pending && !l->looking)
		index_save(&l->index, &l->store, &l->life);
	l->usable = false;
	fd_release(&l->store.lock);
	index_release(&l->index);
}

void ledger_release(struct ledger *l)
{
	ledger_unlock(l);
	store_release(&l->store);
	own_directory_release(&l->directory);
}

/* Continues the stamp's life. The calls of one life may have different network namespaces, and not
 * all can read the boot id. They all have the stamp's id. If only this call cannot read the boot
 * id, it may be in a later boot. */
static void life_continue(struct life *now, const struct life *stamp)
{
	if (!stamp->id || (*stamp->boot && !*now->boot))
		return;
	now->id = stamp->id;
	now->space = stamp->space;
	now->start = stamp->start;
}

/* Finds the current life, if the index does not tell it. */
static void life_settle(struct ledger *l)
{
	const bool stamped = life_stamp_read(&l->directory, &l->former);

	life_complete(&l->life);
	l->pending = stamped && life_is_over(&l->former, &l->life);
	if (stamped && !l->pending)
		life_continue(&l->life, &l->former);
	if (!l->former.id || !index_is_of(&l->index, &l->life))
		l->index.stamped = false;
}

enum found ledger_begin(struct ledger *l, const char *data_dir, const char *network,
                        enum store_use use, struct failure *f)
{
	const enum found open = store_open(&l->store, data_dir, network, use, f);

	if (open != FOUND)
		return open;
	if (!own_directory_set(&l->directory, data_dir, network, use != STORE_LOOK))
		return fail(f, CNI_CONFIG, "the path is too long", "dataDir %.200s", data_dir);
	l->looking = use == STORE_LOOK;
	life_read(&l->life);
	l->store.life = &l->life;
	return FOUND;
}

enum found ledger_lock(struct ledger *l, struct failure *f)
{
	const enum found locked = store_lock(&l->store, f);

	if (locked != FOUND)
		return locked;
	l->index = (struct index)INDEX_CLOSED;
	index_open(&l->index, &l->directory);
	if (!*l->life.boot || !index_is_of(&l->index, &l->life))
		life_settle(l);
	l->usable = !l->pending && index_is_of(&l->index, &l->life) &&
	            index_fresh(&l->index, &l->store);
	return FOUND;
}

enum found ledger_open(struct ledger *l, const char *data_dir, const char *network,
                       enum store_use use, struct failure *f)
{
	const enum found begun = ledger_begin(l, data_dir, network, use, f);
	return begun == FOUND ? ledger_lock(l, f) : begun;
}

/* Returns whether all reservations are of this life, after the release of former ones. Without a
 * boot id, a reservation may be of the stamp's boot or of this one. */
static bool is_all_of_now(const struct ledger *l)
{
	return !l->pending && (*l->life.boot || !*l->former.boot);
}

/* Makes the index usable. */
static int index_need(struct ledger *l, struct failure *f)
{
	if (l->usable)
		return 0;
	if (index_rebuild(&l->index, &l->store, !l->looking && is_all_of_now(l), f) < 0)
		return -1;
	l->usable = true;
	return 0;
}

/* Returns whether the index was rebuilt: it is then completely in memory, and as true as the
 * store. */
static bool index_is_new(const struct ledger *l)
{
	return l->usable && l->index.pages.fd < 0;
}

static int index_again(struct ledger *l, struct failure *f)
{
	l->usable = false;
	return index_need(l, f);
}

bool ledger_holds(const struct ledger *l, const struct ip *ip, const char *holder)
{
	char text[HOLDER_MAX + 1];

	return store_read(&l->store, ip, text) == HOLDING_SOMEONE && strcmp(text, holder) == 0;
}

struct search {
	const struct ledger *ledger;
	const char *holder;
	struct ip_list *found;
	struct failure *f;
};

/* Ends the search at an entry that the store contradicts: the index is wrong. */
static int search_visit(uint64_t hash, const struct ip *ip, void *data)
{
	const struct search *s = data;

	(void)hash;
	if (!ledger_holds(s->ledger, ip, s->holder))
		return -1;
	return ip_list_add(s->found, ip, s->f) < 0 ? -1 : 1;
}

int ledger_find(struct ledger *l, const char *holder, struct ip_list *found, struct failure *f)
{
	struct search s = { l, holder, found, f };
	const struct holder_visit v = { search_visit, &s };

	if (index_need(l, f) < 0)
		return -1;
	if (holders_find(&l->index.pages, text_hash(holder), &v) >= 0)
		return 0;
	if (f->code || index_again(l, f) < 0)
		return -1;
	ip_list_release(found);
	if (holders_find(&l->index.pages, text_hash(holder), &v) >= 0)
		return 0;
	return fail(f, CNI_AGAIN, "files change without the lock being held",
	            "read the reservations in %s", l->store.path);
}

int ledger_whole(const struct ledger *l, struct failure *f)
{
	char name[IP_TEXT];

	if (!l->index.unread)
		return 0;
	return fail(f, CNI_IO, errno_text(l->index.unread), "read the reservation %s/%s",
	            l->store.path, ip_format(&l->index.unread_ip, name));
}

int ledger_each(struct ledger *l, const struct holder_visit *v, struct failure *f)
{
	if (index_need(l, f) < 0)
		return -1;
	if (pages_load(&l->index.pages, l->index.pages.holders.first,
	               l->index.pages.holders.pages) < 0 &&
	    index_again(l, f) < 0)
		return -1;
	if (holders_each(&l->index.pages, v) >= 0)
		return 0;
	return fail_errno(f, ENOMEM, "read the reservations in %s", l->store.path);
}

static enum found pool_find_free(struct ledger *l, const struct pool *pool, struct ip *out)
{
	for (size_t i = 0; i < pool->n; i++) {
		const int found = blocks_find_free(&l->index.pages, &pool->spans[i], out);
		if (found)
			return found > 0 ? FOUND : FOUND_FAILED;
	}
	return FOUND_NONE;
}

enum found ledger_find_free(struct ledger *l, const struct pool *pool, struct ip *out,
                            struct failure *f)
{
	if (index_need(l, f) < 0)
		return FOUND_FAILED;
	enum found found = pool_find_free(l, pool, out);
	if (found == FOUND_FAILED && index_again(l, f) == 0)
		found = pool_find_free(l, pool, out);
	if (found == FOUND_FAILED)
		return fail_errno(f, ENOMEM, "search the reservations in %s", l->store.path);
	return found;
}

static void note(struct ledger *l, const char *holder, const struct ip *ip, bool taken)
{
	if (l->usable)
		l->usable = index_note(&l->index, holder, ip, taken);
}

enum found ledger_reserve(struct ledger *l, const struct ip *ip, const char *holder, bool durable,
                          struct failure *f)
{
	const enum found reserved = store_reserve(&l->store, ip, holder, durable, f);

	if (reserved == FOUND)
		note(l, holder, ip, true);
	if (reserved != FOUND_NONE || !l->usable)
		return reserved;
	/* If the index has the address as free, the index is wrong, or the file appeared without
	 * the lock. */
	if (!index_is_new(l))
		return index_again(l, f) < 0 ? FOUND_FAILED : FOUND_NONE;
	if (blocks_set(&l->index.pages, ip, true) < 0)
		return fail_errno(f, ENOMEM, "index %s", l->store.path);
	return FOUND_NONE;
}

int ledger_remove(struct ledger *l, const struct ip *ip, const char *holder, struct failure *f)
{
	if (store_remove(&l->store, ip, f) < 0)
		return -1;
	note(l, holder, ip, false);
	return 0;
}
