/* SPDX-License-Identifier: Apache-2.0 */
/* Removing many reservations at once: what a boot ended, and what GC no longer finds valid. */
#include "ipam/ledger.h"

#include "base/hash.h"

#include <errno.h>
#include <string.h>

struct sweep {
	struct ledger *ledger;
	struct index *former; /* the earlier boot's index, if it tells; NULL: everything is of it */
	const uint64_t *keep;
	size_t n;
	struct failure *f;
};

/* An index of the earlier boot that no longer fits the store tells at least which reservations are
 * old; what it does not know may be of this boot, made by someone else, and stays. */
static int boot_visit(const struct ip *ip, enum holding holding, const char *holder, void *data)
{
	const struct sweep *s = data;

	if (holding == HOLDING_FOREIGN || holding == HOLDING_UNKNOWN)
		return 0;
	if (holding == HOLDING_SOMEONE && s->former) {
		const int known = holders_has(&s->former->pages, text_hash(holder), ip);
		if (known <= 0)
			return known;
	}
	return store_remove(&s->ledger->store, ip, s->f);
}

static int boot_sweep(struct ledger *l, struct index *former, struct failure *f)
{
	struct sweep s = { .ledger = l, .former = former, .f = f };
	const struct store_visit v = { boot_visit, &s };

	return store_each(&l->store, &v, f);
}

static int former_release(struct ledger *l, struct failure *f)
{
	struct index *former = &l->index;
	char stamp[BOOT_TEXT];

	boot_stamp_read(&l->folder, stamp);
	const bool tells = former->sound && strcmp(former->boot, stamp) == 0 &&
	                   !index_fresh(former, &l->store) &&
	                   pages_load(&former->pages, 1, former->pages.holders.pages) >= 0;
	return boot_sweep(l, tells ? former : NULL, f);
}

/* Nothing is saved before the stamp is, so that an ADD that is killed here starts here again. */
int ledger_enter_boot(struct ledger *l, bool keep, struct failure *f)
{
	if (l->index.stamped || !*l->boot)
		return 0;
	if (l->pending && !keep && former_release(l, f) < 0)
		return -1;
	const bool stamped = boot_stamp_write(&l->folder, l->boot) == 0;
	if (!stamped && l->pending) /* the next ADD would release this one's address */
		return fail(f, CNI_IO, strerror(errno),
		            "stamp the reservations in %s for this boot", l->store.path);
	l->pending = false;
	l->index.stamped = stamped;
	l->index.changed = true;
	return 0;
}

struct stale {
	const struct sweep *sweep;
	struct ip_list list;
};

static int stale_visit(uint64_t hash, const struct ip *ip, void *data)
{
	struct stale *stale = data;
	const struct sweep *s = stale->sweep;

	if (bsearch(&hash, s->keep, s->n, sizeof hash, hash_compare))
		return 1;
	return ip_list_add(&stale->list, ip, s->f) < 0 ? -1 : 1;
}

/* By what the file says, whatever the index said. */
static int stale_remove(const struct sweep *s, const struct ip *ip)
{
	char holder[HOLDER_MAX + 1];
	struct ledger *l = s->ledger;
	const enum holding holding = store_read(&l->store, ip, holder);
	const uint64_t hash = holding == HOLDING_SOMEONE ? text_hash(holder) : 0;

	if (holding == HOLDING_UNKNOWN) {
		l->index.unread = errno;
		l->index.unread_ip = *ip;
		return 0;
	}
	if (hash == 0 || bsearch(&hash, s->keep, s->n, sizeof hash, hash_compare)) {
		l->usable = false;
		return 0;
	}
	return ledger_remove(l, ip, holder, s->f);
}

int ledger_collect(struct ledger *l, const uint64_t *keep, size_t n, struct failure *f)
{
	struct sweep s = { .ledger = l, .keep = keep, .n = n, .f = f };
	struct stale stale = { .sweep = &s };
	const struct holder_visit v = { stale_visit, &stale };
	int result = ledger_each(l, &v, f);

	for (size_t i = 0; i < stale.list.n && result == 0; i++)
		result = stale_remove(&s, &stale.list.ips[i]);
	ip_list_release(&stale.list);
	return result < 0 ? -1 : ledger_whole(l, f);
}
