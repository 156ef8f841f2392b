/* SPDX-License-Identifier: Apache-2.0 */
/* Removing many reservations at once: those of a life that ended, and those that GC finds
 * invalid. */
#include "ipam/ledger.h"

#include "base/errno_text.h"
#include "base/hash.h"
#include "ipam/mark.h"

#include <errno.h>
#include <string.h>

struct former {
	struct ledger *ledger;
	bool indexed; /* the index is of the former life, and has reservations without marks */
	struct failure *f;
};

/* Returns whether the life of a mark has ended. Only the former life and lives of other boots have
 * ended. */
static bool mark_is_over(const struct ledger *l, const struct mark *mark)
{
	const struct mark now = mark_of(&l->life, "");

	if (mark->boot && now.boot && mark->boot != now.boot)
		return true;
	return mark->life && mark->life == l->former.id && mark->life != now.life;
}

/* Returns 1 if a reservation was made before the former life ended, 0 if it may be of this life, or
 * -1. A file without a mark is one that podtap-ipam did not see in the former life. Such a file
 * belongs to a holder of this life, unless its file system cannot keep marks. */
static int is_former(const struct former *s, const struct reservation *r)
{
	struct mark mark;

	if (r->holding == HOLDING_NOBODY)
		return 1;
	if (r->holding != HOLDING_SOMEONE)
		return 0;
	if (mark_read(r->fd, &s->ledger->life, r->holder, &mark))
		return mark_is_over(s->ledger, &mark);
	return s->indexed ? holders_has(&s->ledger->index.pages, text_hash(r->holder), r->ip) : 0;
}

static int former_visit(const struct reservation *r, void *data)
{
	const struct former *s = data;
	const int former = is_former(s, r);

	return former > 0 ? store_remove(&s->ledger->store, r->ip, s->f) : 0;
}

static bool index_is_former(const struct ledger *l)
{
	const struct index *x = &l->index;

	if (!x->sound || x->marked)
		return false;
	return (*x->boot && *l->life.boot && strcmp(x->boot, l->life.boot) != 0) ||
	       index_is_of(x, &l->former);
}

static int former_release(struct ledger *l, struct failure *f)
{
	struct pages *pages = &l->index.pages;
	struct former s = { .ledger = l, .f = f };
	const struct store_visit v = { former_visit, &s };

	s.indexed = index_is_former(l) && pages_load(pages, 1, pages->holders.pages) >= 0;
	return store_each(&l->store, &v, f);
}

/* Returns the stamp to write: this life's. It has the boot id of the call that could read it. */
static struct life stamp_of(const struct ledger *l)
{
	struct life stamp = l->pending || !*l->former.boot || *l->life.boot ? l->life : l->former;

	stamp.uptime = l->life.uptime;
	return stamp;
}

/* Nothing is saved before the stamp. So the next ADD starts again here if this one is killed. If
 * the boot id is unreadable, the uptime of the last ADD counts. */
int ledger_enter_life(struct ledger *l, bool keep, struct failure *f)
{
	if (l->index.stamped && *l->life.boot)
		return 0;
	if (l->pending && !keep && former_release(l, f) < 0)
		return -1;
	const struct life stamp = stamp_of(l);
	const bool stamped = life_stamp_write(&l->directory, &stamp) == 0;
	if (!stamped && l->pending) /* the next ADD would release the address of this one */
		return fail(f, CNI_IO, errno_text(errno),
		            "stamp the reservations in %s for this boot", l->store.path);
	l->pending = false;
	l->index.stamped = stamped;
	l->index.changed = true;
	return 0;
}

struct sweep {
	struct ledger *ledger;
	const uint64_t *keep;
	size_t n;
	struct failure *f;
};

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

/* The file decides, and not the index. */
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
