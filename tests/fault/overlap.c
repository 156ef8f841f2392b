/* SPDX-License-Identifier: Apache-2.0 */
/* Overlapping calls. In every order, DEL and GC succeed; an ADD that succeeded is complete, or a
 * later call has undone it; and the next DEL or GC leaves nothing. */
#include "tests/fault/overlap.h"

#include "tests/fault/table.h"

#include <stdio.h>
#include <string.h>

enum { STEP = 11, FULL_SECONDS = 4, BAD_MAX = 10, TURNS_MAX = 16 }; /* the first without `full` */

struct pair {
	const char *name;
	const char *first;
	const char *second;
	bool added; /* an ADD has succeeded before */
};

static const struct pair pairs[] = {
	{ "ADD+DEL", "ADD", "DEL", false }, { "ADD+GC", "ADD", "GC", false },
	{ "ADD+ADD", "ADD", "ADD", false }, { "DEL+ADD", "DEL", "ADD", true },
	{ "DEL+DEL", "DEL", "DEL", true },  { "DEL+GC", "DEL", "GC", true },
	{ "GC+ADD", "GC", "ADD", true },    { "GC+DEL", "GC", "DEL", true },
};

struct overlap {
	struct stage *stage;
	const struct pair *pair;
	unsigned at;        /* where the first is held up */
	unsigned second_at; /* where the second is; 0: nowhere */
	unsigned second_n;  /* how many calls it makes */
	unsigned cases;
	unsigned waits;
	int bad;
	struct world now;
	struct outcome first;
	struct outcome second;
};

static const struct fault none = { .at = 0 };

static void say(struct overlap *o, const char *what)
{
	const unsigned n = o->first.n;

	printf("#   %s, held up at call %u, %s, and call %u: %s\n", o->pair->name, o->at,
	       o->at && o->at <= n ? call_name(o->first.calls[o->at - 1].number) : "none",
	       o->second_at, what);
	o->bad++;
}

static void must(struct overlap *o, const char *verb, const char *when)
{
	char what[600];

	if (stage_call(o->stage, verb, &none) == 0)
		return;
	snprintf(what, sizeof what, "%s %s fails: %.400s", verb, when, o->stage->outcome.output);
	say(o, what);
}

static bool is_as_before(struct overlap *o)
{
	stage_look(o->stage, &o->now);
	return world_same(&o->stage->before, &o->now);
}

static void expect_as_before(struct overlap *o, const char *when)
{
	if (is_as_before(o))
		return;
	say(o, when);
	world_difference(&o->stage->before, &o->now);
}

/* Judges a call's answer: DEL and GC have no reason to fail. */
static int judge(struct overlap *o, const char *verb, const struct run *run)
{
	char what[600];
	const int done = stage_judge(o->stage, verb, run);

	if (done == 0 || (done > 0 && strcmp(verb, "ADD") == 0))
		return done;
	snprintf(what, sizeof what, "%s fails: %.400s", verb, run->outcome->output);
	say(o, what);
	return done;
}

/* Continues both calls to their ends. The held one waits for the other. */
static void finish(struct run *one, bool one_runs, struct run *other, bool other_runs)
{
	for (int turns = 0; one_runs || other_runs; turns++) {
		if (turns == TURNS_MAX)
			stop("both calls wait for each other");
		one_runs = one_runs && program_go_on(one);
		other_runs = other_runs && program_go_on(other);
	}
}

/* Both calls, and whether the second had to wait for the first to own the attachment. */
static bool play(struct overlap *o, int *first, int *second)
{
	const struct fault hold = { .at = o->at, .hold = true };
	const struct fault hold_second = { .at = o->second_at, .hold = true };
	struct run one, other;

	o->stage->result[0] = '\0';
	stage_begin(o->stage, o->pair->first, &hold, &one, &o->first);
	const bool one_runs = program_go_on(&one);
	stage_begin(o->stage, o->pair->second, &hold_second, &other, &o->second);
	other.rival = &one;
	const bool other_runs = program_go_on(&other);
	one.rival = &other;
	finish(&one, one_runs, &other, other_runs);
	*first = judge(o, o->pair->first, &one);
	*second = judge(o, o->pair->second, &other);
	return other.waited;
}

static bool is(const char *verb, const char *name)
{
	return strcmp(verb, name) == 0;
}

static void try(struct overlap *o)
{
	const struct pair *p = o->pair;
	const int bad = o->bad;
	int first, second;

	if (p->added)
		must(o, "ADD", "before");
	const bool waits = play(o, &first, &second);
	const bool added =
	        (is(p->first, "ADD") && first == 0) || (is(p->second, "ADD") && second == 0);
	o->waits += waits;
	o->cases++;
	if (waits && is(p->second, "DEL"))
		expect_as_before(o, "something is left by a DEL that waited");
	else if (added && !is_as_before(o))
		must(o, "CHECK", "of an ADD that succeeded");
	o->stage->result[0] = '\0';
	const char *undo = o->at % 2 ? "DEL" : "GC";
	must(o, undo, "afterwards");
	expect_as_before(o, is(undo, "DEL") ? "after DEL" : "after GC");
	if (o->bad != bad) /* the next case is not to suffer for it */
		stage_look(o->stage, &o->stage->before);
}

/* The second call runs to its end, and is held at some calls. */
static void try_all(struct overlap *o, bool full)
{
	const unsigned times = full ? FULL_SECONDS : 1;

	o->second_at = 0;
	try(o);
	for (unsigned i = 0; i < times; i++) {
		o->second_at = 1 + (o->at * 37 + i * 59) % o->second_n;
		try(o);
	}
}

/* How many calls a verb makes. */
static unsigned count(struct overlap *o, const char *verb)
{
	if (!is(verb, "ADD"))
		must(o, "ADD", "before");
	must(o, verb, "at first");
	const unsigned n = o->stage->outcome.n;
	must(o, "DEL", "at first");
	return n;
}

/* A first round makes what stays, such as directories, and counts the calls. */
static unsigned prepare(struct overlap *o)
{
	must(o, "ADD", "at first");
	must(o, "DEL", "at first");
	stage_look(o->stage, &o->stage->before);
	o->second_n = count(o, o->pair->second);
	return count(o, o->pair->first);
}

int overlap_run(struct stage *s, const char *name, bool full)
{
	static struct overlap o;
	const unsigned step = full ? 1 : STEP;

	o = (struct overlap){ .stage = s };
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (is(pairs[i].name, name))
			o.pair = &pairs[i];
	if (!o.pair)
		return -1;
	const unsigned n = prepare(&o);
	for (o.at = 1; o.at <= n && o.bad < BAD_MAX; o.at += step)
		try_all(&o, full);
	printf("%s - overlap %s %s: %u calls, %u cases, in %u of which the second waited; %d "
	       "broken "
	       "promises\n",
	       o.bad ? "not ok" : "ok", s->scenario->name, name, n, o.cases, o.waits, o.bad);
	return o.bad;
}
