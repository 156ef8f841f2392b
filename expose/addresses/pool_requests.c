/* SPDX-License-Identifier: Apache-2.0 */
/* What nodes ask of each other by a pool: the JSON of requests and answers. */
#include "expose/addresses/binding.h"
#include "expose/addresses/objects.h"

#include <stdio.h>
#include <string.h>

/* Returns whether `from` fits into a buffer of that size and is not empty. */
static bool text_copy(char *to, size_t size, const cJSON *from)
{
	const char *text = json_string(from);
	const int length = snprintf(to, size, "%s", text ? text : "");

	return text && length > 0 && length < (int)size;
}

static bool id_read(uint64_t *id, const cJSON *item)
{
	const char *text = json_string(item);

	return text && binding_number_parse(text, id);
}

/* A former version of the program writes only its node. */
static bool waiting_read(struct pool_waiting *w, const cJSON *item)
{
	int64_t count = 0, set = 0, spare = 0;

	if (!id_read(&w->id, json_member(item, "id")) ||
	    !json_integer(json_member(item, "count"), &count) || count < 1 || count > UINT16_MAX ||
	    !json_integer(json_member(item, "set"), &set) || set < 0 || set >= POOL_SETS_MAX)
		w->id = 0;
	json_integer(json_member(item, "spare"), &spare);
	w->count = w->id ? (uint32_t)count : 0;
	w->spare = w->id && spare > 0 && spare <= BLOCK_SIZE ? (uint32_t)spare : 0;
	w->set = w->id ? (uint32_t)set : 0;
	return text_copy(w->node, sizeof w->node, json_member(item, "node")) &&
	       text_copy(w->uid, sizeof w->uid, json_member(item, "nodeUID"));
}

static bool handed_read(struct pool_handed *h, const cJSON *item)
{
	const char *block = json_string(json_member(item, "block"));
	const cJSON *one;
	int64_t offset;

	h->addresses = 0;
	cJSON_ArrayForEach(one, json_member(item, "offsets"))
	{
		if (!json_integer(one, &offset) || offset < 0 || offset >= BLOCK_SIZE)
			return false;
		h->addresses |= (uint16_t)(1u << offset);
	}
	return h->addresses && block && block_first_read(&h->first, block) &&
	       id_read(&h->id, json_member(item, "id")) &&
	       text_copy(h->since, sizeof h->since, json_member(item, "since")) &&
	       text_copy(h->before, sizeof h->before, json_member(item, "before")) &&
	       text_copy(h->version, sizeof h->version, json_member(item, "version")) &&
	       text_copy(h->node, sizeof h->node, json_member(item, "node")) &&
	       text_copy(h->uid, sizeof h->uid, json_member(item, "nodeUID"));
}

/* A block with something that we do not understand is of no use. */
static void latest_read(struct address_block *b, const cJSON *item)
{
	struct failure unread = { 0 };

	*b = (struct address_block){ .n_claims = 0 };
	if (item && (block_read(b, item, &unread) < 0 || b->foreign || !*b->version))
		b->pool[0] = '\0';
}

void pool_requests_read(struct address_pool *p, const cJSON *status)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, json_member(status, "waiting"))
	{
		if (p->n_waiting < POOL_WAITING_MAX &&
		    waiting_read(&p->waiting[p->n_waiting], item))
			p->n_waiting++;
	}
	cJSON_ArrayForEach(item, json_member(status, "handed"))
	{
		if (p->n_handed < POOL_HANDED_MAX && handed_read(&p->handed[p->n_handed], item))
			p->n_handed++;
	}
	latest_read(&p->latest, json_member(status, "latest"));
}

cJSON *pool_waiting_json(const struct address_pool *p)
{
	cJSON *list = cJSON_CreateArray();
	char text[BINDING_NUMBER];

	for (size_t i = 0; i < p->n_waiting; i++) {
		const struct pool_waiting *w = &p->waiting[i];
		cJSON *item = cJSON_CreateObject();
		cJSON_AddStringToObject(item, "node", w->node);
		cJSON_AddStringToObject(item, "nodeUID", w->uid);
		if (w->id) {
			cJSON_AddStringToObject(item, "id", binding_number_text(w->id, text));
			cJSON_AddNumberToObject(item, "count", w->count);
			cJSON_AddNumberToObject(item, "spare", w->spare);
			cJSON_AddNumberToObject(item, "set", w->set);
		}
		cJSON_AddItemToArray(list, item);
	}
	return list;
}

static cJSON *offsets_json(uint16_t addresses)
{
	cJSON *list = cJSON_CreateArray();

	for (unsigned i = 0; i < BLOCK_SIZE; i++)
		if (addresses >> i & 1)
			cJSON_AddItemToArray(list, cJSON_CreateNumber(i));
	return list;
}

cJSON *pool_handed_json(const struct address_pool *p)
{
	cJSON *list = cJSON_CreateArray();
	char text[BINDING_NUMBER], name[BLOCK_NAME];

	for (size_t i = 0; i < p->n_handed; i++) {
		const struct pool_handed *h = &p->handed[i];
		cJSON *item = cJSON_CreateObject();
		cJSON_AddStringToObject(item, "node", h->node);
		cJSON_AddStringToObject(item, "nodeUID", h->uid);
		cJSON_AddStringToObject(item, "id", binding_number_text(h->id, text));
		cJSON_AddStringToObject(item, "block", block_name("", &h->first, name) + 1);
		cJSON_AddStringToObject(item, "before", h->before);
		cJSON_AddStringToObject(item, "version", h->version);
		cJSON_AddStringToObject(item, "since", h->since);
		cJSON_AddItemToObject(item, "offsets", offsets_json(h->addresses));
		cJSON_AddItemToArray(list, item);
	}
	return list;
}
