/* SPDX-License-Identifier: Apache-2.0 */
/* Events: pools that change, ADDs that wait, addresses that come into use, and time. */
#include "expose/addresses/agent.h"

#include "base/clock.h"
#include "expose/addresses/announce.h"
#include "expose/addresses/identity.h"

#include <stdio.h>
#include <string.h>

enum {
	LIST_MS = 300000,   /* between two lists of our blocks; plus or minus a fifth */
	WAITING_MS = 1000,  /* an ADD that is killed tells nobody */
	QUIET_MS = 300000,  /* ADDs that wait within it have one cause */
	WAKE_MOST = 600000, /* ms */
};

void agent_said(struct agent *a, enum engine_answer answer, const struct failure *f)
{
	char text[sizeof a->said];

	if (answer == ENGINE_OK || answer == ENGINE_NONE || answer == ENGINE_CONFLICT) {
		if (*a->said)
			log_event("the engine answers again");
		a->said[0] = '\0';
		view_contact(&a->view);
		return;
	}
	if (answer == ENGINE_THROTTLED)
		return;
	snprintf(text, sizeof text, "%.200s: %.250s", f->msg, f->details);
	if (strcmp(text, a->said) != 0)
		log_failure(f);
	memcpy(a->said, text, sizeof text);
	memcpy(a->failed, text, sizeof text);
}

/* Removes a member whose pool is gone, and of which nothing is left here. */
static void members_prune(struct agent *a)
{
	for (size_t i = 0; i < a->n_members; i++) {
		struct member *m = a->members[i];
		if (m->claimer.pool || !m->listed || m->claimer.n_stakes || m->claimer.waiting ||
		    m->sticky.n)
			continue;
		pool_file_remove(&m->claimer, a->usage.pools);
		claimer_release(&m->claimer);
		pool_file_release(&m->file);
		sticky_release(&m->sticky);
		free(m);
		a->members[i--] = a->members[--a->n_members];
	}
}

/* Announces once that an ADD waits in vain, until none has waited for a while: kubelet repeats an
 * ADD that failed every few seconds. One that waits shortly may get an address that is being
 * claimed. */
static void exhausted_set(struct agent *a, struct member *m, int64_t now)
{
	const struct claimer *c = &m->claimer;

	if (c->waiting) {
		m->exhausted = m->exhausted && now - m->waited < QUIET_MS;
		m->waited = now;
	}
	m->waits_from = !c->waiting ? 0 : m->waits_from ? m->waits_from : now;
	if (m->exhausted || !c->waiting || !c->pool || !c->search.exhausted ||
	    now - m->waits_from < WAITING_MS)
		return;
	m->exhausted = true;
	pool_announce(a->engine, c->name, "Exhausted",
	              "node %s waits for an address, and every one is claimed", a->me.node);
}

static void usage_refresh(struct agent *a, struct member *m)
{
	const int64_t now = clock_milliseconds();
	struct failure f = { 0 };

	uint32_t strays = m->strays;
	sticky_requests(&m->sticky, a->usage.pools, &m->claimer, now);
	if (usage_read(&a->usage, &m->claimer, &m->sticky, now, &strays, &f) < 0)
		log_failure(&f);
	if (strays > m->strays)
		pool_announce(a->engine, m->claimer.name, "AddressesLost",
		              "node %s uses %u addresses that it does not hold any more: it was "
		              "gone for longer than reclaimAfter, or the pool was made again",
		              a->me.node, strays);
	m->strays = m->claimer.strays = strays;
	claimer_wait(&m->claimer,
	             usage_waiting(&a->usage, m->claimer.name) + sticky_lacking(&m->sticky), now);
	exhausted_set(a, m, now);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int64_t member_work(struct agent *a, struct member *m)
{
	struct failure f = { 0 };

	if (!m->listed)
		return -1;
	usage_refresh(a, m);
	int64_t next = earlier(agent_step(a, m), sticky_step(a, m));
	if (m->claimer.waiting)
		next = earlier(next, clock_milliseconds() + WAITING_MS);
	if (m->claimer.pool) {
		next = earlier(next, reclaim_step(&a->reclaim, a->engine, &m->claimer,
		                                  clock_milliseconds(), &f));
		if (f.code)
			agent_said(a, ENGINE_UNKNOWN, &f);
	}
	return next;
}

/* Tells podtapctl what it asks. */
static void views_write(struct agent *a)
{
	for (size_t i = 0; i < a->n_members; i++) {
		const struct claimer *c = &a->members[i]->claimer;
		struct failure f = { 0 };
		if (view_wanted(a->usage.pools, c->name) && c->pool)
			agent_said(a, view_write(a->engine, c->pool, a->usage.pools, &f), &f);
	}
}

/* One step of each pool, so that events are heard between them. */
static void work(struct agent *a)
{
	int64_t next = -1;

	for (size_t i = 0; i < a->n_members; i++)
		next = earlier(next, member_work(a, a->members[i]));
	members_prune(a);
	views_write(a);
	const int64_t wait = next - clock_milliseconds();
	if (next < 0)
		backoff_stop(&a->work);
	else
		backoff_pause(&a->work, wait < 1           ? 1
		                        : wait < WAKE_MOST ? (unsigned)wait
		                                           : WAKE_MOST);
}

static void on_usage(void *data, uint32_t events)
{
	struct agent *a = data;

	(void)events;
	usage_drain(&a->usage);
	work(a);
}

static void on_work(void *data, uint32_t events)
{
	(void)events;
	work(data);
}

/* Lists our blocks of every pool. Returns whether that is complete. */
static bool own_all(struct agent *a, bool again)
{
	for (size_t i = 0; i < a->n_members; i++)
		if ((again || !a->members[i]->listed) && agent_own(a, a->members[i]) != ENGINE_OK)
			return false;
	return true;
}

static void list_later(struct agent *a)
{
	uint64_t seed = (uint64_t)clock_milliseconds();
	struct claimer dice = { .random = seed | 1 };

	backoff_pause(&a->list, LIST_MS * 4 / 5 + (unsigned)claimer_random(&dice, LIST_MS * 2 / 5));
}

static void on_list(void *data, uint32_t events)
{
	struct agent *a = data;

	(void)events;
	list_later(a);
	if (!a->entered)
		return;
	if (agent_pools(a) == ENGINE_OK)
		own_all(a, true);
	for (size_t i = 0; i < a->n_members; i++) {
		agent_tell_used(a, a->members[i]);
		agent_survey(a, a->members[i]);
	}
	work(a);
}

static bool identity_keep(const struct agent *a)
{
	struct failure f = { 0 };

	if (identity_write(a->usage.registers, a->me.uid, &f) == 0)
		return true;
	log_failure(&f);
	return false;
}

/* The former UID is kept until its claims are ours: a program that is killed goes on there. */
static bool former_over(struct agent *a)
{
	if (!*a->former)
		return true;
	if (!identity_keep(a))
		return false;
	a->former[0] = '\0';
	return true;
}

static bool enter(struct agent *a)
{
	struct failure f = { 0 };

	const enum found before = identity_read(a->usage.registers, a->me.uid, &f);
	if (before == FOUND_FAILED) {
		log_failure(&f);
		return false;
	}
	memcpy(a->former, a->me.uid, sizeof a->former);
	/* An entry may be made although its answer is lost: the next try must propose the same. */
	if (before == FOUND_NONE && !a->engine->kind->has_nodes && !identity_keep(a))
		return false;
	const enum engine_answer answer =
	        a->engine->kind->node_enter(a->engine, a->me.node, a->me.uid, &f);
	agent_said(a, answer, &f);
	if (answer != ENGINE_OK)
		return false;
	if (!a->engine->kind->has_nodes && strcmp(a->former, a->me.uid) != 0) {
		fail(&f, CNI_CONFIG,
		     "remove the node from the engine if that machine is gone for good",
		     "the name %s is another machine's, with the UID %s", a->me.node, a->me.uid);
		agent_said(a, ENGINE_REFUSED, &f);
		return false;
	}
	if (before == FOUND_NONE || strcmp(a->former, a->me.uid) == 0)
		a->former[0] = '\0';
	if (!*a->former && !identity_keep(a))
		return false;
	log_event("node %s is %s", a->me.node, a->me.uid);
	return a->entered = true;
}

static bool watch_begin(struct agent *a)
{
	struct failure f = { 0 };

	const enum engine_answer answer =
	        a->engine->kind->watch(a->engine, a->loop, &a->on_pools, &f);
	agent_said(a, answer, &f);
	return a->watching = answer == ENGINE_OK;
}

/* The watch begins before the pools are listed, so that no change is missed. */
static void connect_all(struct agent *a)
{
	if ((a->entered || enter(a)) && (a->watching || watch_begin(a)) &&
	    (!a->stale || agent_pools(a) == ENGINE_OK) && own_all(a, false) && former_over(a))
		backoff_reset(&a->connect);
	else
		backoff_start(&a->connect);
	if (a->entered)
		work(a);
}

static void on_connect(void *data, uint32_t events)
{
	(void)events;
	connect_all(data);
}

static void on_pools(void *data, bool ended)
{
	struct agent *a = data;

	a->stale = true;
	a->watching &= !ended;
	if (ended)
		backoff_start(&a->connect);
	else
		backoff_pause(&a->connect, 1);
}

/* The nodes' part of a pool: it needs no list. */
static bool on_pool(void *data, struct address_pool *p)
{
	struct agent *a = data;

	if (!agent_pool_told(a, p))
		return false;
	backoff_pause(&a->connect, 1);
	return true;
}

int agent_begin(struct agent *a, struct loop *l, struct engine *e, struct failure *f)
{
	a->loop = l;
	a->engine = e;
	a->stale = true;
	if (usage_open(&a->usage, f) < 0 || view_open(&a->view, a->usage.pools, f) < 0 ||
	    backoff_open(&a->connect, f) < 0 || backoff_open(&a->work, f) < 0 ||
	    backoff_open(&a->list, f) < 0)
		return -1;
	a->on_usage = (struct watch){ a->usage.inotify, on_usage, a };
	a->on_connect = (struct watch){ a->connect.fd, on_connect, a };
	a->on_work = (struct watch){ a->work.fd, on_work, a };
	a->on_list = (struct watch){ a->list.fd, on_list, a };
	a->on_pools = (struct engine_watch){ .changed = on_pools, .pool = on_pool, .data = a };
	if (loop_watch(l, &a->on_usage, EPOLLIN, f) < 0 ||
	    loop_watch(l, &a->on_connect, EPOLLIN, f) < 0 ||
	    loop_watch(l, &a->on_work, EPOLLIN, f) < 0 ||
	    loop_watch(l, &a->on_list, EPOLLIN, f) < 0)
		return -1;
	list_later(a);
	backoff_pause(&a->connect, 1);
	return 0;
}

void agent_release(struct agent *a)
{
	for (size_t i = 0; i < a->n_members; i++) {
		claimer_release(&a->members[i]->claimer);
		pool_file_release(&a->members[i]->file);
		sticky_release(&a->members[i]->sticky);
		free(a->members[i]);
	}
	free(a->members);
	pool_list_release(&a->pools);
	reclaim_release(&a->reclaim);
	usage_release(&a->usage);
	view_release(&a->view);
	backoff_release(&a->connect);
	backoff_release(&a->work);
	backoff_release(&a->list);
}
