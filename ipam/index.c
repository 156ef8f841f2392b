/* SPDX-License-Identifier: Apache-2.0 */
/* The file of the index: its head, the conditions to trust it, and how it is written. */
#include "ipam/index.h"
#include "base/random.h"

#include "base/clock.h"
#include "base/hash.h"
#include "ipam/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>

static const char magic[7] = { 'p', 'o', 'd', 't', 'a', 'p', 'I' };

enum {
	PAGES_MAX = 1 << 24,
	LIFE_MARKED = 1,
	INDEX_VERSION = 2, /* a new layout or meaning needs a new version: see index.h */
};

struct head { /* the begin of page 0; the rest is zero */
	char magic[sizeof magic];
	uint8_t version;
	uint64_t sum;
	uint64_t seed;
	uint64_t dev;
	uint64_t ino;
	int64_t changed[4]; /* mtime and ctime of the directory, seconds and nanoseconds */
	struct table holders;
	struct table blocks;
	uint32_t stamped;
	char boot[BOOT_TEXT];
	uint32_t life; /* the id of the life, and LIFE_MARKED */
};
_Static_assert(sizeof(struct head) <= PAGE_BYTES, "the head is one page");

void index_release(struct index *x)
{
	pages_release(&x->pages);
	fd_release(&x->fd);
}

static uint64_t head_sum(const struct head *h)
{
	struct head copy = *h;

	copy.sum = 0;
	return bytes_hash(&copy, sizeof copy, 0);
}

static bool is_power(uint32_t n)
{
	return n > 0 && (n & (n - 1)) == 0 && n <= PAGES_MAX;
}

static bool head_sound(const struct head *h)
{
	return memcmp(h->magic, magic, sizeof magic) == 0 && h->version == INDEX_VERSION &&
	       h->sum == head_sum(h) && is_power(h->holders.pages) && is_power(h->blocks.pages) &&
	       h->holders.first == 1 && h->blocks.first == 1 + h->holders.pages &&
	       h->boot[BOOT_TEXT - 1] == '\0';
}

static void stat_to_head(const struct stat *st, struct head *h)
{
	h->dev = st->st_dev;
	h->ino = st->st_ino;
	h->changed[0] = st->st_mtim.tv_sec;
	h->changed[1] = st->st_mtim.tv_nsec;
	h->changed[2] = st->st_ctim.tv_sec;
	h->changed[3] = st->st_ctim.tv_nsec;
}

static void head_to_stat(const struct head *h, struct stat *st)
{
	st->st_dev = h->dev;
	st->st_ino = h->ino;
	st->st_mtim = (struct timespec){ h->changed[0], h->changed[1] };
	st->st_ctim = (struct timespec){ h->changed[2], h->changed[3] };
}

void index_open(struct index *x, const struct own_directory *p)
{
	struct head h;

	x->directory = p;
	x->fd = own_directory_open(p, "index", O_RDWR);
	if (x->fd < 0 || pread(x->fd, &h, sizeof h, 0) != (ssize_t)sizeof h || !head_sound(&h))
		return;
	x->pages = (struct pages){
		.fd = x->fd, .seed = h.seed, .holders = h.holders, .blocks = h.blocks
	};
	head_to_stat(&h, &x->seen);
	memcpy(x->boot, h.boot, sizeof x->boot);
	x->stamped = h.stamped != 0;
	x->life = h.life & ~(uint32_t)LIFE_MARKED;
	x->marked = h.life & LIFE_MARKED;
	x->sound = true;
	pages_defer(&x->pages);
}

bool index_is_of(const struct index *x, const struct life *life)
{
	return x->sound && x->life && x->life == life->id && strcmp(x->boot, life->boot) == 0;
}

static bool time_same(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool index_fresh(const struct index *x, const struct store *s)
{
	struct stat now;

	return x->sound && fstat(s->dir, &now) == 0 && now.st_dev == x->seen.st_dev &&
	       now.st_ino == x->seen.st_ino && time_same(&now.st_mtim, &x->seen.st_mtim) &&
	       time_same(&now.st_ctim, &x->seen.st_ctim);
}

bool index_note(struct index *x, const char *holder, const struct ip *ip, bool taken)
{
	const uint64_t hash = text_hash(holder);

	x->changed = true;
	x->sound = x->sound && (!taken || pages_grow(&x->pages) >= 0) &&
	           (taken ? holders_add(&x->pages, hash, ip)
	                  : holders_remove(&x->pages, hash, ip)) >= 0 &&
	           blocks_set(&x->pages, ip, taken) >= 0;
	return x->sound;
}

struct rebuild {
	struct index *index;
	const struct life *life; /* NULL: writes no marks */
};

/* Marks a reservation, also one that another program made. */
static bool rebuild_mark(const struct rebuild *rebuild, const struct reservation *r)
{
	if (!rebuild->life)
		return false;
	const struct mark mark = mark_of(rebuild->life, r->holder);
	return mark_set(r->fd, &mark);
}

static int rebuild_visit(const struct reservation *r, void *data)
{
	const struct rebuild *rebuild = data;
	struct index *x = rebuild->index;

	if (r->holding == HOLDING_SOMEONE) {
		x->marked &= rebuild_mark(rebuild, r);
		return index_note(x, r->holder, r->ip, true) ? 0 : -1;
	}
	if (r->holding == HOLDING_UNKNOWN) {
		x->unread = errno;
		x->unread_ip = *r->ip;
	}
	if (r->holding == HOLDING_FOREIGN || r->holding == HOLDING_UNKNOWN)
		return pages_grow(&x->pages) < 0 || blocks_set(&x->pages, r->ip, true) < 0 ? -1 : 0;
	return 0;
}

int index_rebuild(struct index *x, const struct store *s, bool mark, struct failure *f)
{
	struct rebuild rebuild = { x, mark ? s->life : NULL };
	const struct store_visit v = { rebuild_visit, &rebuild };
	uint64_t seed = 0;

	index_release(x);
	if (!random_draw(&seed, sizeof seed) || pages_make(&x->pages, seed, 4, 2) < 0)
		return fail_errno(f, ENOMEM, "index %s", s->path);
	x->sound = true;
	x->changed = true;
	x->unread = 0;
	x->marked = true;
	const int result = store_each(s, &v, f);
	return result < 0 ? fail_errno(f, ENOMEM, "index %s", s->path) : 0;
}

/* Gives the directory a time that no change would give it. The kernel dates changes by a clock that
 * stands still between ticks, and this time is between two ticks. So a later change in the same
 * tick shows too, even by a program that does not know us. Returns false if the file system rounds
 * times. */
static bool directory_mark(struct index *x, const struct store *s)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, clock_read(CLOCK_REALTIME) };
	const struct timespec tick = clock_read(CLOCK_REALTIME_COARSE);

	if (time_same(&times[1], &tick))
		times[1].tv_nsec ^= 1;
	return futimens(s->dir, times) == 0 && fstat(s->dir, &x->seen) == 0 &&
	       time_same(&x->seen.st_mtim, &times[1]);
}

/* Write the few pages and the head in one call: if we are killed, all or none are there. A limit on
 * the size of files cuts the call after the head. The head would then prove pages that are not
 * there, so that the index must go. */
static bool pages_write(const struct pages *p, const struct head *h)
{
	static const char rest[PAGE_BYTES - sizeof *h];
	const struct iovec parts[] = { { (void *)(uintptr_t)h, sizeof *h },
		                       { (void *)(uintptr_t)rest, sizeof rest },
		                       { p->memory, p->count * PAGE_BYTES } };
	const ssize_t written = pwritev(p->fd, parts, sizeof parts / sizeof *parts, 0);

	if (written > 0 && written != (ssize_t)pages_size(p) && ftruncate(p->fd, 0) < 0)
		return false;
	return written == (ssize_t)pages_size(p);
}

static bool head_write(const struct index *x, const struct head *h)
{
	if (x->pages.deferred)
		return pages_write(&x->pages, h);
	if (x->pages.fd >= 0)
		return pwrite(x->pages.fd, h, sizeof *h, 0) == (ssize_t)sizeof *h;
	memcpy(x->pages.memory, h, sizeof *h);
	return own_directory_write(x->directory, "index", x->pages.memory, pages_size(&x->pages)) ==
	       0;
}

void index_save(struct index *x, const struct store *s, const struct life *life)
{
	struct head h;

	/* An index that lacks an existing reservation would hide that reservation forever. */
	if (!x->changed || !x->sound || x->unread || !directory_mark(x, s))
		return;
	memset(&h, 0, sizeof h); /* the sum includes the bytes between members */
	memcpy(h.magic, magic, sizeof h.magic);
	h.version = INDEX_VERSION;
	memcpy(h.boot, life->boot, strlen(life->boot));
	h.seed = x->pages.seed;
	h.holders = x->pages.holders;
	h.blocks = x->pages.blocks;
	h.stamped = x->stamped;
	h.life = life->id | (x->marked && !s->unmarked ? LIFE_MARKED : 0);
	stat_to_head(&x->seen, &h);
	h.sum = head_sum(&h);
	x->changed = !head_write(x, &h);
}
