/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of an AddressBlock. */
#include "expose/addresses/objects.h"

#include "base/utc.h"
#include "base/word.h"
#include "expose/addresses/binding.h"

#include <stdio.h>
#include <string.h>

static const struct word states[] = {
	{ "active", CLAIM_ACTIVE },
	{ "releasing", CLAIM_RELEASING },
	{ "lost", CLAIM_LOST },
	{ "idle", CLAIM_IDLE },
	{ NULL, 0 },
};

/* Returns whether `from` fits into a buffer of that size and is not empty. */
static bool text_copy(char *to, size_t size, const cJSON *from)
{
	const char *text = json_string(from);
	const int length = snprintf(to, size, "%s", text ? text : "");

	return text && length > 0 && length < (int)size;
}

/* Returns whether a claim has no owner, or one that we understand. */
static bool owner_read(struct claim *c, const cJSON *item)
{
	const char *text = json_string(item);

	return !item || (text && binding_number_parse(text, &c->owner));
}

/* Returns whether we understand a claim. */
static bool claim_read(struct claim *c, const cJSON *item)
{
	const char *state = json_string(json_member(item, "state"));
	int64_t offset, count;
	uint32_t value;

	if (!json_integer(json_member(item, "offset"), &offset) ||
	    !json_integer(json_member(item, "count"), &count) || offset < 0 ||
	    offset >= BLOCK_SIZE || count < 1 || count > BLOCK_SIZE - offset)
		return false;
	if (!state || !word_find(states, state, &value) ||
	    !owner_read(c, json_member(item, "claim")) || (c->owner && count != 1) ||
	    (value == CLAIM_IDLE && !c->owner) ||
	    !text_copy(c->node, sizeof c->node, json_member(item, "node")) ||
	    !text_copy(c->uid, sizeof c->uid, json_member(item, "nodeUID")))
		return false;
	c->offset = (uint8_t)offset;
	c->count = (uint8_t)count;
	c->state = (uint8_t)value;
	return text_copy(c->since, sizeof c->since, json_member(item, "since"));
}

/* Two nodes may have an owner's address. */
static bool is_shared(const struct claim *a, const struct claim *b)
{
	return a->owner && a->owner == b->owner && a->offset == b->offset &&
	       strcmp(a->uid, b->uid) != 0;
}

/* Returns whether a claim lies behind those before it. */
static bool claim_follows(const struct address_block *b, const struct claim *c, unsigned *shared)
{
	const struct claim *last = b->n_claims ? &b->claims[b->n_claims - 1] : NULL;

	if (!last || c->offset >= last->offset + last->count)
		return true;
	return is_shared(last, c) && ++*shared <= BLOCK_SHARED &&
	       (b->n_claims < 2 || last[-1].offset != c->offset);
}

static void claims_read(struct address_block *b, const cJSON *claims)
{
	const cJSON *item;
	unsigned shared = 0;

	b->foreign = claims && !cJSON_IsArray(claims);
	cJSON_ArrayForEach(item, claims)
	{
		struct claim *c = &b->claims[b->n_claims];
		if (b->n_claims == CLAIMS_MAX || !claim_read(c, item) ||
		    !claim_follows(b, c, &shared)) {
			b->foreign = true;
			return;
		}
		b->n_claims++;
	}
}

/* Reads a list of offsets as bits. One that cannot be read counts as `unread`. */
static uint16_t bits_read(const cJSON *list, uint16_t unread)
{
	const cJSON *item;
	uint16_t bits = 0;
	int64_t offset;

	cJSON_ArrayForEach(item, list)
	{
		const bool known =
		        json_integer(item, &offset) && offset >= 0 && offset < BLOCK_SIZE;
		bits |= (uint16_t)(known ? 1u << offset : unread);
	}
	return bits;
}

bool block_first_read(struct ip *first, const char *hex)
{
	const size_t digits = strlen(hex);
	unsigned byte;

	if ((digits != 8 && digits != 32) || strspn(hex, "0123456789abcdef") != digits)
		return false;
	*first = (struct ip){ .family = digits == 8 ? AF_INET : AF_INET6 };
	for (size_t i = 0; i < digits / 2; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return false;
		first->byte[i] = (uint8_t)byte;
	}
	return first->byte[digits / 2 - 1] % BLOCK_SIZE == 0;
}

int block_read(struct address_block *b, const cJSON *object, struct failure *f)
{
	const cJSON *metadata = json_member(object, "metadata");
	const cJSON *spec = json_member(object, "spec");
	const char *name = json_string(json_member(metadata, "name"));
	const char *dot = name ? strchr(name, '.') : NULL;
	const size_t length = dot ? (size_t)(dot - name) : 0;

	if (length == 0 || length >= POOL_NAME || !block_first_read(&b->first, dot + 1))
		return fail(f, CNI_CONFIG, "it must be <pool>.<hex of the first address>",
		            "the block's name \"%.120s\"", name ? name : "");
	memcpy(b->pool, name, length);
	b->pool[length] = '\0';
	if (!pool_name_valid(b->pool))
		return fail(f, CNI_CONFIG, "its pool must be a DNS label",
		            "the block's name \"%.120s\"", name);
	text_copy(b->version, sizeof b->version, json_member(metadata, "resourceVersion"));
	claims_read(b, json_member(spec, "claims"));
	/* A mark that cannot be read costs a proof more: every address has it. */
	b->reclaimed = bits_read(json_member(spec, "reclaimed"), 0xffff);
	b->used = bits_read(json_member(spec, "used"), 0);
	return 0;
}

static cJSON *claim_json(const struct claim *c)
{
	cJSON *item = cJSON_CreateObject();
	char text[BINDING_NUMBER];

	cJSON_AddNumberToObject(item, "offset", c->offset);
	cJSON_AddNumberToObject(item, "count", c->count);
	if (c->owner)
		cJSON_AddStringToObject(item, "claim", binding_number_text(c->owner, text));
	cJSON_AddStringToObject(item, "node", c->node);
	cJSON_AddStringToObject(item, "nodeUID", c->uid);
	cJSON_AddStringToObject(item, "state", word_text(states, c->state));
	cJSON_AddStringToObject(item, "since", c->since);
	return item;
}

static cJSON *metadata_json(const struct address_block *b)
{
	cJSON *metadata = cJSON_CreateObject(), *labels = cJSON_CreateObject();
	char text[BLOCK_NAME + NODE_UID];

	cJSON_AddStringToObject(metadata, "name", block_name(b->pool, &b->first, text));
	if (*b->version)
		cJSON_AddStringToObject(metadata, "resourceVersion", b->version);
	for (size_t i = 0; i < b->n_claims; i++) {
		snprintf(text, sizeof text, BLOCK_LABEL "%s", b->claims[i].uid);
		if (!cJSON_HasObjectItem(labels, text))
			cJSON_AddStringToObject(labels, text, "");
	}
	cJSON_AddItemToObject(metadata, "labels", labels);
	return metadata;
}

/* Returns whether memory was enough for all claims: a block without one would free its addresses.
 */
static bool claims_are_complete(const cJSON *claims, const struct address_block *b)
{
	const cJSON *item;
	size_t n = 0;

	cJSON_ArrayForEach(item, claims)
	{
		if (n == b->n_claims || cJSON_GetArraySize(item) != (b->claims[n++].owner ? 7 : 6))
			return false;
	}
	return n == b->n_claims;
}

static void bits_add(cJSON *spec, const char *name, uint16_t bits)
{
	cJSON *list = bits ? cJSON_AddArrayToObject(spec, name) : NULL;

	for (unsigned i = 0; i < BLOCK_SIZE && list; i++)
		if (bits >> i & 1)
			cJSON_AddItemToArray(list, cJSON_CreateNumber(i));
}

cJSON *block_json(const struct address_block *b)
{
	const struct cidr cidr = { b->first, (uint8_t)(ip_bits(&b->first) - 4) };
	OWNED(json_release) cJSON *object = cJSON_CreateObject();
	cJSON *spec = cJSON_CreateObject();
	cJSON *claims = cJSON_CreateArray();
	char text[CIDR_TEXT];

	cJSON_AddStringToObject(object, "apiVersion", OBJECTS_API);
	cJSON_AddStringToObject(object, "kind", "AddressBlock");
	cJSON_AddItemToObject(object, "metadata", metadata_json(b));
	cJSON_AddStringToObject(spec, "pool", b->pool);
	cJSON_AddStringToObject(spec, "cidr", cidr_format(&cidr, text));
	for (size_t i = 0; i < b->n_claims; i++)
		cJSON_AddItemToArray(claims, claim_json(&b->claims[i]));
	cJSON_AddItemToObject(spec, "claims", claims);
	bits_add(spec, "reclaimed", b->reclaimed);
	bits_add(spec, "used", b->used);
	cJSON_AddItemToObject(object, "spec", spec);
	return claims_are_complete(claims, b) ? json_take(&object) : NULL;
}
