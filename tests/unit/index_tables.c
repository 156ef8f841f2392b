/* SPDX-License-Identifier: Apache-2.0 */
/* The index's tables: right as they grow and shrink, and honest about damage. */
#include "ipam/pages.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { ADDRESSES = 4096, HOLDERS = 700 };

static struct ip address(unsigned i)
{
	/* Half in one dense network, half scattered over IPv6. */
	const number scattered = ((number)0xfd << 120) + ((number)i * 0x9e3779b97f4a7c15u << 7);

	return i % 2 ? number_ip(AF_INET6, scattered) : number_ip(AF_INET, 0x0a000000 + i / 2);
}

/* A generator of its own, so that every run is the same. */
static uint64_t draw(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

struct counting {
	size_t n;
};

static int count(uint64_t hash, const struct ip *ip, void *data)
{
	(void)hash;
	(void)ip;
	((struct counting *)data)->n++;
	return 1;
}

/* The tables in a file of memory, from where they are read page by page. */
static int to_file(struct pages *p)
{
	const int fd = memfd_create("index", MFD_CLOEXEC);

	if (fd < 0 || write(fd, p->memory, pages_size(p)) != (ssize_t)pages_size(p))
		abort();
	const struct pages filed = {
		.fd = fd, .seed = p->seed, .holders = p->holders, .blocks = p->blocks
	};
	pages_release(p);
	*p = filed;
	return fd;
}

/* Which addresses are taken, by whom; 0: nobody. */
static bool change(struct pages *p, uint64_t *model, unsigned at, uint64_t holder)
{
	const struct ip ip = address(at);

	if (model[at] && (holders_remove(p, model[at], &ip) != 1 || blocks_set(p, &ip, false) < 0))
		return false;
	if (holder && (pages_grow(p) < 0 || holders_add(p, holder, &ip) != 1 ||
	               blocks_set(p, &ip, true) != 1))
		return false;
	model[at] = holder;
	return true;
}

static bool agrees(struct pages *p, const uint64_t *model, unsigned at)
{
	const struct ip ip = address(at);
	const struct span one = { ip_number(&ip), ip_number(&ip), ip.family };
	struct counting held = { 0 };
	const struct holder_visit v = { count, &held };
	struct ip found;
	size_t expected = 0;

	if (blocks_find_free(p, &one, &found) != (model[at] ? 0 : 1))
		return false;
	if (!model[at])
		return true;
	for (unsigned i = 0; i < ADDRESSES; i++)
		expected += model[i] == model[at];
	return holders_has(p, model[at], &ip) == 1 && holders_find(p, model[at], &v) == 1 &&
	       held.n == expected;
}

static void tables_answer_like_a_plain_list(struct verdict *v)
{
	static uint64_t model[ADDRESSES];
	struct pages p;
	uint64_t state = 1;
	int fd = -1;

	expect(v, pages_make(&p, 42, 4, 2) == 1, "no memory");
	for (unsigned i = 0; i < 20000 && !v->why[0]; i++) {
		if (i == 9000)
			fd = to_file(&p);
		const unsigned at = (unsigned)(draw(&state) % ADDRESSES);
		const uint64_t holder =
		        draw(&state) % 3 ? 1 + draw(&state) % HOLDERS * 0x9e3779b97f4a7c15u : 0;
		expect(v, change(&p, model, at, holder), "change %u at %u", i, at);
		const unsigned other = (unsigned)(draw(&state) % ADDRESSES);
		expect(v, agrees(&p, model, at) && agrees(&p, model, other), "after change %u", i);
	}
	pages_release(&p);
	close(fd);
}

static void the_first_free_address_is_found_across_full_blocks(struct verdict *v)
{
	static const struct {
		unsigned taken; /* so many from 10.0.0.0 on */
		unsigned from, to;
		int found;
		unsigned at;
	} cases[] = {
		{ 0, 0, 10, 1, 0 },        { 1, 0, 10, 1, 1 },
		{ 11, 0, 10, 0, 0 },       { 128, 0, 200, 1, 128 },
		{ 128, 5, 127, 0, 0 },     { 1000, 0, 65535, 1, 1000 },
		{ 1000, 999, 999, 0, 0 },  { 60000, 2, 65533, 1, 60000 },
		{ 65536, 2, 65533, 0, 0 }, { 65536, 65535, 65535, 0, 0 },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const number base = 0x0a000000;
		const struct span span = { base + cases[i].from, base + cases[i].to, AF_INET };
		struct pages p;
		struct ip ip;
		expect(v, pages_make(&p, i, 4, 2) == 1, "no memory");
		for (unsigned k = 0; k < cases[i].taken; k++) {
			ip = number_ip(AF_INET, base + k);
			expect(v, pages_grow(&p) >= 0 && blocks_set(&p, &ip, true) == 1, "set %u",
			       k);
		}
		const int fd = to_file(&p);
		const int found = blocks_find_free(&p, &span, &ip);
		expect(v, found == cases[i].found, "case %zu: %d", i, found);
		expect(v, found < 1 || ip_number(&ip) == base + cases[i].at, "case %zu: %u", i,
		       (unsigned)(ip_number(&ip) - base));
		pages_release(&p);
		close(fd);
	}
}

/* Every page that is read is proved: a flipped bit is met as damage or not at all. */
static void a_damaged_page_is_never_believed(struct verdict *v)
{
	struct pages p;
	uint64_t state = 7;

	expect(v, pages_make(&p, 1, 4, 2) == 1, "no memory");
	for (unsigned i = 0; i < 60; i++) {
		const struct ip ip = address(i);
		expect(v,
		       pages_grow(&p) >= 0 && holders_add(&p, i * 77, &ip) == 1 &&
		               blocks_set(&p, &ip, true) == 1,
		       "add %u", i);
	}
	const int fd = to_file(&p);
	const struct pages sound = p;
	for (unsigned round = 0; round < 500 && !v->why[0]; round++) {
		const off_t at = (off_t)(PAGE_BYTES + draw(&state) % (pages_size(&p) - PAGE_BYTES));
		uint8_t byte, flipped;
		if (pread(fd, &byte, 1, at) != 1)
			abort();
		flipped = byte ^ (uint8_t)(1u << draw(&state) % 8);
		if (pwrite(fd, &flipped, 1, at) != 1)
			abort();
		p = sound;
		for (unsigned i = 0; i < 60; i++) {
			const struct ip ip = address(i);
			const struct span one = { ip_number(&ip), ip_number(&ip), ip.family };
			struct ip out;
			const int has = holders_has(&p, i * 77, &ip);
			const int vacant = blocks_find_free(&p, &one, &out);
			expect(v, has != 0, "byte %ld: denies holder %u", (long)at, i);
			expect(v, vacant != 1, "byte %ld: thinks %u free", (long)at, i);
		}
		expect(v, pages_load(&p, 1, p.holders.pages + p.blocks.pages) < 0,
		       "byte %ld: loaded", (long)at);
		if (pwrite(fd, &byte, 1, at) != 1)
			abort();
	}
	pages_release(&p);
	close(fd);
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(tables_answer_like_a_plain_list),
		UNIT(the_first_free_address_is_found_across_full_blocks),
		UNIT(a_damaged_page_is_never_believed),
	};

	return units_run(units, COUNT_OF(units));
}
