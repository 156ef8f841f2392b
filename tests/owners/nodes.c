/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of the model: the program's steps, CNI calls and endpoints. */
#include "tests/owners/nodes.h"

#include "expose/addresses/announce.h"
#include "expose/common/daemon.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct world *world;
struct address_pool pool;
const char *guard = "";
static struct engine engine = { .kind = &engine_model };

const char *const event_names[EVENTS] = {
	"the VM's pod starts",
	"the target's pod starts",
	"the VM's pod starts anew",
	"the VM's call gets its address",
	"the VM's call gives up",
	"the VM's pod ends",
	"an ADD",
	"a DEL",
	"the program is killed",
	"a step",
	"a step, and its answer is lost",
	"a step, whose write happens later",
	"a step, and calls just before its file",
	"the late write happens",
	"the VM is deleted or made",
};

bool without(const char *name)
{
	return strcmp(guard, name) == 0;
}

/* What the program has beside the protocol. */
void log_event(const char *fmt, ...)
{
	(void)fmt;
}
void log_failure(const struct failure *f)
{
	(void)f;
}
void agent_said(struct agent *a, enum engine_answer answer, const struct failure *f)
{
	(void)a, (void)answer, (void)f;
}
void pool_announce(struct engine *e, const char *name, const char *reason, const char *fmt, ...)
{
	(void)e, (void)name, (void)reason, (void)fmt;
}

static struct node *node_of(const struct agent *a)
{
	for (int i = 0; i < NODES; i++)
		if (&world->nodes[i].agent == a)
			return &world->nodes[i];
	return NULL;
}

static mask bit_of(const struct ip *ip)
{
	return ip->family ? (mask)(1u << ip->byte[3] % BLOCK_SIZE) : 0;
}

static bool vm_event(struct node *n, enum event e)
{
	switch (e) {
	case VM_STARTS:
	case VM_MIGRATES:
		if (n->vm != VM_AWAY)
			return false;
		n->vm = e == VM_STARTS ? VM_CALLS : VM_CALLS_TO_MIGRATE;
		n->call++;
		return true;
	case VM_RESTARTS:
		if (n->vm != VM_RUNS && n->vm != VM_RUNS_MIGRATED)
			return false;
		n->vm = n->vm == VM_RUNS ? VM_CALLS : VM_CALLS_TO_MIGRATE;
		n->vm_used = 0;
		return true;
	case VM_GETS:
		if ((n->vm != VM_CALLS && n->vm != VM_CALLS_TO_MIGRATE) || !n->file_bound ||
		    n->file_call != n->call)
			return false;
		n->vm_used = n->file_bound;
		n->vm = n->vm == VM_CALLS ? VM_RUNS : VM_RUNS_MIGRATED;
		return true;
	case VM_GIVES_UP:
		if (n->vm != VM_CALLS && n->vm != VM_CALLS_TO_MIGRATE)
			return false;
		n->vm = VM_AWAY;
		return true;
	default:
		if (n->vm != VM_RUNS && n->vm != VM_RUNS_MIGRATED)
			return false;
		n->vm = VM_AWAY;
		n->vm_used = 0;
		return true;
	}
}

static bool add(struct node *n)
{
	const mask idle = n->file & (mask)~n->used;
	const bool waited = n->waits;

	n->waits = !idle;
	n->used |= idle & -idle;
	return idle || !waited;
}

bool agent_write(struct agent *a, struct member *m)
{
	struct node *n = node_of(a);

	if (world->raced) {
		world->raced = false;
		vm_event(n, VM_GETS);
		add(n);
	}
	n->file = n->file_bound = 0;
	n->file_shared = false;
	for (size_t i = 0; i < m->claimer.n_stakes; i++)
		n->file |= claimer_served(&m->claimer, &m->claimer.stakes[i]);
	for (size_t i = 0; i < m->sticky.n; i++) {
		const struct bound *b = &m->sticky.bounds[i];
		if (b->phase != BOUND_SERVED || !b->request)
			continue;
		n->file_bound = bit_of(&b->ip);
		n->file_shared = b->shared;
		n->file_call = b->request;
	}
	return true;
}

int usage_has(const struct claimer *c, const struct ip *ip, struct failure *f)
{
	(void)f;
	for (int i = 0; i < NODES; i++)
		if (&world->nodes[i].member.claimer == c && !without("prove"))
			return ((world->nodes[i].used | world->nodes[i].vm_used) & bit_of(ip)) != 0;
	return 0;
}

void node_begin(struct node *n, int i)
{
	snprintf(n->agent.me.node, NODE_NAME, "node-%d", i);
	snprintf(n->agent.me.uid, NODE_UID, "uid-%d", i);
	n->agent.engine = &engine;
	claimer_begin(&n->member.claimer, &n->agent.me, "lan");
	claimer_pool(&n->member.claimer, &pool, NOW);
	n->member.claimer.wanted = true;
	n->started = false;
}

/* The file of a former process tells what the call had. */
static void recall(struct node *n)
{
	struct bound *b = n->file_bound ? sticky_add(&n->member.sticky, BOUND_HELD) : NULL;
	const struct owner owner = { OWNER_VM, "default", "web", "eth0" };

	if (!b)
		return;
	b->recalled = true;
	b->request = n->file_call;
	b->owner = owner;
	b->number = binding_number(&owner, 0);
	b->ip = block_ip(&world->block.first, (unsigned)__builtin_ctz(n->file_bound));
	b->shared = n->file_shared;
}

static void start(struct node *n)
{
	recall(n);
	claimer_doubt(&n->member.claimer);
	sticky_list_begin(&n->member.sticky);
	if (world->exists) {
		claimer_own(&n->member.claimer, &world->block, NOW);
		sticky_list_visit(&n->member.sticky, &world->block, n->agent.me.uid, NOW);
	}
	sticky_list_end(&n->member.sticky);
	for (size_t i = 0; i < n->member.claimer.n_stakes; i++)
		claimer_vouch(&n->member.claimer.stakes[i], n->file);
	n->started = true;
}

static void calls_tell(struct node *n, int i)
{
	struct sticky *s = &n->member.sticky;
	const bool asks = n->vm == VM_CALLS || n->vm == VM_CALLS_TO_MIGRATE;
	bool known = false;

	for (size_t k = 0; k < s->n; k++) {
		struct bound *b = &s->bounds[k];
		b->asked = asks && b->request == n->call;
		known |= b->asked;
		b->used = (n->vm_used & bit_of(&b->ip)) != 0;
		b->due = b->quiet_from = b->idle_from = 0;
	}
	struct bound *b = asks && !known ? sticky_add(s, BOUND_OWNER) : NULL;
	if (!b)
		return;
	b->asked = true;
	b->request = n->call;
	b->pod.kind = OWNER_VM;
	b->pod.pod[0] = (char)('0' + i);
}

/* Makes a step of the claimer. Returns whether there was one. */
static bool claimer_step(struct node *n)
{
	struct claimer *c = &n->member.claimer;
	struct address_block seen = { .n_claims = 0 };
	enum engine_answer answer = ENGINE_OK;
	struct failure f = { 0 };
	struct step step;

	c->not_before = c->throttled = c->protect_at = 0;
	claimer_wait(c, n->waits + sticky_lacking(&n->member.sticky), NOW);
	claimer_next(c, NOW, &step);
	switch (step.kind) {
	case STEP_WITHDRAW:
		agent_write(&n->agent, &n->member);
		for (size_t i = 0; i < c->n_stakes; i++)
			claimer_prove(&c->stakes[i], without("prove") ? 0 : n->used);
		return true;
	case STEP_READ:
		answer = engine_model.block_get(&engine, "lan", &step.block.first, &seen, &f);
		break;
	case STEP_PUT:
		answer = engine_model.block_put(&engine, &step.block, &f);
		break;
	case STEP_DELETE:
		answer = engine_model.block_delete(&engine, &step.block, &f);
		break;
	case STEP_LIST:
		claimer_list_begin(c);
		if (world->exists)
			claimer_list_visit(c, &world->block, NOW);
		break;
	case STEP_POOL:
		claimer_edit(c, &pool);
		for (int i = 0; i < NODES; i++)
			claimer_pool(&world->nodes[i].member.claimer, &pool, NOW);
		break;
	default:
		return false;
	}
	claimer_answer(c, &step, answer, *seen.pool ? &seen : NULL, 0, NOW);
	return step.kind != STEP_LIST && step.kind != STEP_POOL;
}

/* One step of the program. */
static bool program_step(struct node *n, int i, enum outcome how)
{
	if (!n->started) {
		if (how == ANSWERED)
			start(n);
		return how == ANSWERED;
	}
	world->outcome = how;
	world->wrote = false;
	for (size_t k = 0; k < n->member.claimer.n_stakes; k++)
		claimer_use(&n->member.claimer.stakes[k], n->used, NOW);
	calls_tell(n, i);
	claimer_step(n);
	agent_write(&n->agent, &n->member);
	/* With a write in the claimer's step, an owner's step comes after it. */
	if (!world->wrote)
		sticky_step(&n->agent, &n->member);
	world->outcome = ANSWERED;
	return how == ANSWERED || world->wrote;
}

static bool killed(struct node *n, int i)
{
	if (!n->started)
		return false;
	claimer_release(&n->member.claimer);
	sticky_release(&n->member.sticky);
	node_begin(n, i);
	return true;
}

static bool step(struct node *n, int i, enum event e)
{
	world->raced = e == STEP_RACED;
	const bool happened =
	        program_step(n, i, e == STEP_RACED ? ANSWERED : (enum outcome)(e - STEP));
	world->raced = false;
	return happened;
}

bool happens(int i, enum event e)
{
	struct node *n = &world->nodes[i];

	switch (e) {
	case ADD:
		return add(n);
	case DEL:
		if (!n->used)
			return false;
		n->used &= (mask)(n->used - 1);
		return true;
	case KILLED:
		return killed(n, i);
	case STEP:
	case STEP_LOST:
	case STEP_LATE:
	case STEP_RACED:
		if (e == STEP_LATE && world->late.kind != LATE_NOTHING)
			return false;
		return step(n, i, e);
	case LATE:
		if (i || world->late.kind == LATE_NOTHING)
			return false;
		late_happens(world);
		return true;
	case VM_DELETED:
		if (i)
			return false;
		world->gone = !world->gone;
		return true;
	default:
		return vm_event(n, e);
	}
}
