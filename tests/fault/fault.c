/* SPDX-License-Identifier: Apache-2.0 */
/* The campaign: every system call of a verb fails in turn, with each error that fits it, and the
 * program is killed before each, which is after the one before it. After every case the promises
 * are checked: exit status and JSON; what an undone or repeated call leaves; that the same
 * container can be added again.
 *
 *     fault                                       names the scenarios
 *     fault BUILD FOLDER SCENARIO VERB [full]
 *     fault BUILD FOLDER SCENARIO VERB+VERB [full]
 *
 * HOST and POD are namespaces; lan0 is in the first. With `full`, every later call of the same kind
 * fails too, as on a full disk. Two verbs overlap, see overlap.h. */
#include "tests/fault/overlap.h"
#include "tests/fault/scenario.h"
#include "tests/fault/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERRORS_MAX = 16, NUMBERS = 512, BAD_MAX = 20 };

struct campaign {
	struct stage stage;
	const char *verb;
	const struct call *call; /* the one at which the fault is now */
	unsigned cases;
	unsigned kills;
	unsigned tolerated; /* the verb succeeded all the same */
	unsigned lingering; /* a failed ADD left something for DEL */
	unsigned bad;
	struct world now;
	unsigned short tried[NUMBERS][ERRORS_MAX];
};

static const struct fault none = { .at = 0 };

static void say_case(const struct campaign *c, const struct fault *f)
{
	printf("#   %s, call %u, %s, %s: ", c->verb, f->at,
	       c->call ? call_name(c->call->number) : "", f->kill ? "killed" : strerror(f->error));
}

/* A call without a fault, which succeeds. */
static void must(struct campaign *c, const char *verb, const struct fault *f, const char *when)
{
	if (stage_call(&c->stage, verb, &none) == 0)
		return;
	say_case(c, f);
	printf("%s %s fails: %.400s\n", verb, when, c->stage.outcome.output);
	c->bad++;
}

static bool is_as_before(struct campaign *c)
{
	stage_look(&c->stage, &c->now);
	return world_same(&c->stage.before, &c->now);
}

static void expect_as_before(struct campaign *c, const struct fault *f, const char *after)
{
	if (is_as_before(c))
		return;
	say_case(c, f);
	printf("after %s:\n", after);
	world_difference(&c->stage.before, &c->now);
	c->bad++;
}

/* An ADD with the fault, and then what a runtime does: DEL, or only GC. */
static int case_add(struct campaign *c, const struct fault *f, const char *undo)
{
	c->stage.result[0] = '\0';
	const int done = stage_call(&c->stage, "ADD", f);

	if (done == 1 && !is_as_before(c))
		c->lingering++;
	if (done == 0 && f->at)
		must(c, "CHECK", f, "after an ADD that succeeded");
	if (f->kill)
		c->stage.result[0] = '\0';
	must(c, undo, f, "after ADD");
	expect_as_before(c, f, undo);
	if (f->kill) {
		must(c, "ADD", f, "after a kill and its undoing");
		must(c, "DEL", f, "after that");
		expect_as_before(c, f, "ADD and DEL again");
	}
	return done;
}

/* Runs DEL or GC with the fault after a fresh ADD of the same container. Repeats it only where it
 * failed. */
static int case_undo(struct campaign *c, const struct fault *f, const char *undo)
{
	must(c, "ADD", f, "before");
	const int done = stage_call(&c->stage, c->verb, f);

	if (done != 0)
		must(c, undo, f, "afterwards");
	expect_as_before(c, f, done ? undo : "success");
	return done;
}

/* CHECK with the fault changes nothing. */
static int case_check(struct campaign *c, const struct fault *f, const char *unused)
{
	(void)unused;
	const int done = stage_call(&c->stage, "CHECK", f);

	expect_as_before(c, f, "it");
	return done;
}

typedef int case_run(struct campaign *, const struct fault *, const char *undo);

static void try(struct campaign *c, case_run *run, const struct fault *f, const char *undo)
{
	const unsigned bad = c->bad;
	const int done = run(c, f, undo);

	c->cases++;
	c->kills += f->kill;
	c->tolerated += done == 0 && !f->kill;
	c->bad += done < 0 && bad == c->bad;
	if (c->bad != bad) /* the next case is not to suffer for it */
		stage_look(&c->stage, &c->stage.before);
}

/* A call that is always interrupted would be retried for ever. */
static bool is_lasting(int error)
{
	return error != EINTR && error != EAGAIN;
}

static void try_all(struct campaign *c, case_run *run, unsigned at, bool full)
{
	struct fault f = { .at = at, .kill = true };

	try(c, run, &f, "DEL");
	if (run != case_check)
		try(c, run, &f, "GC");
	f.kill = false;
	for (unsigned i = 0; errors[i].name; i++) {
		if (!error_fits(&errors[i], c->call))
			continue;
		f.error = errors[i].number;
		for (int onwards = 0; onwards <= (full && is_lasting(f.error) ? 1 : 0); onwards++) {
			f.onwards = onwards;
			try(c, run, &f, strcmp(c->verb, "GC") == 0 ? "GC" : "DEL");
			c->tried[c->call->number][i]++;
		}
	}
}

/* The calls that no error fits, each once. */
static void report_untried(const struct campaign *c, const struct call *calls, unsigned n)
{
	printf("#    none on");
	for (unsigned i = 0; i < n; i++) {
		bool seen = false;
		for (unsigned k = 0; errors[k].name && !seen; k++)
			seen = c->tried[calls[i].number][k] > 0;
		for (unsigned k = 0; k < i && !seen; k++)
			seen = calls[k].number == calls[i].number;
		if (!seen)
			printf(" %s", call_name(calls[i].number));
	}
	printf("\n");
}

static void report(const struct campaign *c, const struct call *calls, unsigned n)
{
	for (int call = 0; call < NUMBERS; call++) {
		bool any = false;
		for (unsigned i = 0; errors[i].name; i++) {
			if (!c->tried[call][i])
				continue;
			printf("%s %s %u", any ? "" : "#   ", errors[i].name, c->tried[call][i]);
			any = true;
		}
		if (any)
			printf(" on %s\n", call_name(call));
	}
	report_untried(c, calls, n);
	printf("%s - fault %s %s: %u calls, %u cases: %u kills, %u errors, of which %u tolerated; "
	       "%u failed ADDs left DEL something; %u broken promises\n",
	       c->bad ? "not ok" : "ok", c->stage.scenario->name, c->verb, n, c->cases, c->kills,
	       c->cases - c->kills, c->tolerated, c->lingering, c->bad);
}

/* A first round makes what stays, such as directories. After it, reads the world and counts the
 * verb's calls. */
static unsigned prepare(struct campaign *c, case_run *run, struct call calls[CALLS_MAX])
{
	must(c, "ADD", &none, "at first");
	must(c, "DEL", &none, "at first");
	if (run == case_check)
		must(c, "ADD", &none, "before");
	stage_look(&c->stage, &c->stage.before);
	if (run == case_undo)
		must(c, "ADD", &none, "before");
	must(c, c->verb, &none, "at first");
	const unsigned n = c->stage.outcome.n;
	memcpy(calls, c->stage.outcome.calls, n * sizeof *calls);
	if (run == case_add)
		must(c, "DEL", &none, "at first");
	return n;
}

static const struct {
	const char *verb;
	case_run *run;
} verbs[] = {
	{ "ADD", case_add },
	{ "DEL", case_undo },
	{ "GC", case_undo },
	{ "CHECK", case_check },
};

static void campaign_run(struct campaign *c, case_run *run, bool full)
{
	static struct call calls[CALLS_MAX];
	const unsigned n = prepare(c, run, calls);

	for (unsigned at = 1; at <= n && c->bad < BAD_MAX; at++) {
		c->call = &calls[at - 1];
		try_all(c, run, at, full);
	}
	if (run == case_check)
		must(c, "DEL", &none, "at the end");
	report(c, calls, n);
}

int main(int argc, char **argv)
{
	static struct campaign c;

	for (const struct scenario *s = scenarios; argc == 1 && s->name; s++)
		puts(s->name);
	if (argc < 5)
		return argc == 1 ? 0 : 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (const struct scenario *s = scenarios; s->name; s++)
		if (strcmp(s->name, argv[3]) == 0)
			stage_open(&c.stage, s, argv[1], argv[2]);
	c.verb = argv[4];
	if (c.stage.scenario && strchr(c.verb, '+'))
		return overlap_run(&c.stage, c.verb, argc > 5) ? 1 : 0;
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (c.stage.scenario && strcmp(verbs[i].verb, c.verb) == 0) {
			campaign_run(&c, verbs[i].run, argc > 5);
			return c.bad ? 1 : 0;
		}
	return 2;
}
