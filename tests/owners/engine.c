/* SPDX-License-Identifier: Apache-2.0 */
/* The engine of the model: one block and one binding, compare-and-swap, answers that are lost and
 * writes that happen late. */
#include "tests/owners/world.h"

#include <stdio.h>
#include <string.h>

static bool version_is(const char *wanted, bool exists, const char *current)
{
	return strcmp(wanted, exists ? current : "") == 0 || without("compare");
}

static void version_new(char version[static VERSION_TEXT])
{
	snprintf(version, VERSION_TEXT, "%u", ++world->versions);
}

static bool write_do(struct late *l)
{
	struct world *w = world;
	const bool block = l->kind == LATE_PUT || l->kind == LATE_DELETE;

	if (block && !version_is(l->block.version, w->exists, w->block.version))
		return false;
	if (!block && !version_is(l->binding.version, w->bound, w->binding.version))
		return false;
	if (l->kind == LATE_PUT) {
		version_new(l->block.version);
		w->block = l->block;
		w->exists = true;
	} else if (l->kind == LATE_CREATE) {
		version_new(l->binding.version);
		w->binding = l->binding;
		w->bound = true;
	} else if (l->kind == LATE_DELETE)
		w->exists = false;
	else
		w->bound = false;
	return true;
}

static enum engine_answer write_make(struct late *l)
{
	const enum outcome how = world->outcome;

	world->wrote = true;
	world->outcome = ANSWERED;
	if (how == HAPPENS_LATE) {
		world->late = *l;
		return ENGINE_UNKNOWN;
	}
	if (!write_do(l))
		return ENGINE_CONFLICT;
	return how == ANSWERED ? ENGINE_OK : ENGINE_UNKNOWN;
}

void late_happens(struct world *w)
{
	struct late l = w->late;

	w->late.kind = LATE_NOTHING;
	write_do(&l);
}

static enum engine_answer block_get(struct engine *e, const char *name, const struct ip *first,
                                    struct address_block *out, struct failure *f)
{
	(void)e, (void)name, (void)first, (void)f;
	if (!world->exists)
		return ENGINE_NONE;
	*out = world->block;
	return ENGINE_OK;
}

static enum engine_answer block_put(struct engine *e, struct address_block *b, struct failure *f)
{
	struct late l = { .kind = LATE_PUT, .block = *b };

	(void)e, (void)f;
	const enum engine_answer answer = write_make(&l);
	if (answer == ENGINE_OK)
		*b = l.block;
	return answer;
}

static enum engine_answer block_delete(struct engine *e, const struct address_block *b,
                                       struct failure *f)
{
	struct late l = { .kind = LATE_DELETE, .block = *b };

	(void)e, (void)f;
	return write_make(&l);
}

static enum engine_answer binding_get(struct engine *e, const char *name, uint64_t id,
                                      struct address_binding *out, struct failure *f)
{
	(void)e, (void)name, (void)id, (void)f;
	if (!world->bound)
		return ENGINE_NONE;
	*out = world->binding;
	return ENGINE_OK;
}

static enum engine_answer binding_create(struct engine *e, struct address_binding *b,
                                         struct failure *f)
{
	struct late l = { .kind = LATE_CREATE, .binding = *b };

	(void)e, (void)f;
	l.binding.version[0] = '\0';
	const enum engine_answer answer = write_make(&l);
	if (answer == ENGINE_OK)
		*b = l.binding;
	return answer;
}

static enum engine_answer binding_delete(struct engine *e, const struct address_binding *b,
                                         struct failure *f)
{
	struct late l = { .kind = LATE_UNBIND, .binding = *b };

	(void)e, (void)f;
	return world->bound ? write_make(&l) : ENGINE_NONE;
}

/* The call on a node says whether it is a migration's target. */
static enum engine_answer pod_owner(struct engine *e, const struct pod_interface *pod,
                                    struct owner *owner, bool *migrates, struct failure *f)
{
	(void)e, (void)f;
	*owner = (struct owner){ OWNER_VM, "default", "web", "eth0" };
	*migrates =
	        world->nodes[pod->pod[0] - '0'].vm == VM_CALLS_TO_MIGRATE || without("migrates");
	return ENGINE_OK;
}

static enum engine_answer owner_find(struct engine *e, const struct owner *owner, struct failure *f)
{
	(void)e, (void)owner, (void)f;
	return world->gone ? ENGINE_NONE : ENGINE_OK;
}

const struct engine_kind engine_model = {
	.name = "model",
	.block_get = block_get,
	.block_put = block_put,
	.block_delete = block_delete,
	.binding_get = binding_get,
	.binding_create = binding_create,
	.binding_delete = binding_delete,
	.pod_owner = pod_owner,
	.owner_find = owner_find,
};
