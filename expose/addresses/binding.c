/* SPDX-License-Identifier: Apache-2.0 */
/* Owners by name and number, and their claims in a block. */
#include "expose/addresses/binding.h"

#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct word owner_kinds[] = {
	{ "pod", OWNER_POD },
	{ "vm", OWNER_VM },
	{ "claim", OWNER_CLAIM },
	{ NULL, 0 },
};

uint64_t binding_number(const struct owner *o, uint32_t set)
{
	char text[OWNER_SPACE + OWNER_NAME + OWNER_IFNAME + 32];

	snprintf(text, sizeof text, "%s\n%s\n%s\n%s\n%u", word_text(owner_kinds, o->kind), o->space,
	         o->name, o->ifname, set);
	const uint64_t id = text_hash(text);
	return id ? id : 1;
}

const char *binding_number_text(uint64_t id, char text[static BINDING_NUMBER])
{
	snprintf(text, BINDING_NUMBER, "%016" PRIx64, id);
	return text;
}

bool binding_number_parse(const char *text, uint64_t *id)
{
	if (strlen(text) != BINDING_NUMBER - 1 ||
	    strspn(text, "0123456789abcdef") != BINDING_NUMBER - 1)
		return false;
	*id = strtoull(text, NULL, 16);
	return *id != 0;
}

const char *binding_name(const char *pool, uint64_t id, char name[static BINDING_NAME])
{
	snprintf(name, BINDING_NAME, "%s.%016" PRIx64, pool, id);
	return name;
}

const char *owner_text(const struct owner *o, char text[static OWNER_TEXT])
{
	snprintf(text, OWNER_TEXT, "%s %s/%s", word_text(owner_kinds, o->kind), o->space, o->name);
	return text;
}

bool owner_equal(const struct owner *a, const struct owner *b)
{
	return a->kind == b->kind && strcmp(a->space, b->space) == 0 &&
	       strcmp(a->name, b->name) == 0 && strcmp(a->ifname, b->ifname) == 0;
}

static bool is_of(const struct claim *c, unsigned offset, uint64_t owner)
{
	return c->owner == owner && c->offset == offset;
}

const struct claim *bound_find(const struct address_block *b, unsigned offset, uint64_t owner,
                               const char *uid)
{
	for (size_t i = 0; i < b->n_claims; i++)
		if (is_of(&b->claims[i], offset, owner) && strcmp(b->claims[i].uid, uid) == 0)
			return &b->claims[i];
	return NULL;
}

bool bound_any(const struct address_block *b, unsigned offset, uint64_t owner)
{
	for (size_t i = 0; i < b->n_claims; i++)
		if (is_of(&b->claims[i], offset, owner))
			return true;
	return false;
}

unsigned bound_others(const struct address_block *b, unsigned offset, uint64_t owner,
                      const char *uid, char *names, size_t size)
{
	unsigned n = 0;
	size_t length = 0;

	names[0] = '\0';
	for (size_t i = 0; i < b->n_claims; i++) {
		const struct claim *c = &b->claims[i];
		if (!is_of(c, offset, owner) || c->state == CLAIM_IDLE || strcmp(c->uid, uid) == 0)
			continue;
		if (length < size)
			length += (size_t)snprintf(names + length, size - length, "%s%s",
			                           n ? " and " : "", c->node);
		n++;
	}
	return n;
}

static void claim_remove(struct address_block *b, size_t at)
{
	memmove(&b->claims[at], &b->claims[at + 1], (--b->n_claims - at) * sizeof *b->claims);
}

void bound_remove(struct address_block *b, unsigned offset, uint64_t owner, const char *uid)
{
	for (size_t i = b->n_claims; i-- > 0;)
		if (is_of(&b->claims[i], offset, owner) && strcmp(b->claims[i].uid, uid) == 0)
			claim_remove(b, i);
}

/* Returns how many addresses of a block two nodes have. */
static unsigned shared_count(const struct address_block *b)
{
	unsigned n = 0;

	for (size_t i = 1; i < b->n_claims; i++)
		n += b->claims[i].offset == b->claims[i - 1].offset;
	return n;
}

bool bound_set(struct address_block *b, unsigned offset, uint64_t owner, const struct claimant *who,
               enum claim_state state)
{
	size_t at = 0;

	bound_remove(b, offset, owner, who->uid);
	for (size_t i = b->n_claims; i-- > 0;)
		if (is_of(&b->claims[i], offset, owner) && b->claims[i].state == CLAIM_IDLE)
			claim_remove(b, i);
	if (bound_any(b, offset, owner) && shared_count(b) == BLOCK_SHARED)
		return false;
	while (at < b->n_claims && b->claims[at].offset <= offset)
		at++;
	memmove(&b->claims[at + 1], &b->claims[at], (b->n_claims++ - at) * sizeof *b->claims);
	struct claim *c = &b->claims[at];
	*c = (struct claim){
		.offset = (uint8_t)offset, .count = 1, .state = (uint8_t)state, .owner = owner
	};
	memcpy(c->node, who->node, sizeof c->node);
	memcpy(c->uid, who->uid, sizeof c->uid);
	utc_now(c->since);
	return true;
}
