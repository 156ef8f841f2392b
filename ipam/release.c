/* SPDX-License-Identifier: Apache-2.0 */
/* DEL and GC: they release the right reservations, and no others. */
#include "ipam/allocator.h"

#include "base/hash.h"
#include "base/json.h"
#include "cni/attachments.h"
#include "cni/result.h"
#include "ipam/ipam_config.h"
#include "ipam/ledger.h"

#include <string.h>

/* Finds the addresses of prevResult that the holder has. They need no search. They are right even
 * if another program wrote a file again that the index has. */
static int reported_find(const struct ledger *l, const struct request *r, const char *holder,
                         struct ip_list *found, struct failure *f)
{
	OWNED(result_release) struct result previous = { .dns = NULL };
	struct failure ignored = { 0 }; /* DEL works without prevResult */
	char there[HOLDER_MAX + 1];

	if (result_read(&previous, json_member(r->json, "prevResult"), r->version, "prevResult",
	                &ignored) < 0)
		return 0;
	for (size_t i = 0; i < previous.n_ips; i++) {
		const struct ip *ip = &previous.ips[i].address.ip;
		if (store_read(&l->store, ip, there) == HOLDING_SOMEONE &&
		    strcmp(there, holder) == 0 && !ip_list_has(found, ip) &&
		    ip_list_add(found, ip, f) < 0)
			return -1;
	}
	return 0;
}

/* Finds the addresses of the holder. If only the spelling of versions before 0.8 (the container
 * alone) is found, *holder becomes that spelling. After a boot the index is empty, and the
 * addresses of prevResult are enough. */
static int find(struct ledger *l, const struct request *r, const char **holder,
                struct ip_list *found, struct failure *f)
{
	if (l->pending && reported_find(l, r, *holder, found, f) < 0)
		return -1;
	if (found->n > 0)
		return 0;
	if (ledger_find(l, *holder, found, f) < 0)
		return -1;
	if (found->n == 0 && reported_find(l, r, *holder, found, f) < 0)
		return -1;
	if (found->n > 0)
		return 0;
	*holder = r->container_id;
	return ledger_find(l, *holder, found, f);
}

int allocator_del(const struct request *r, struct failure *f)
{
	OWNED(ledger_release) struct ledger ledger = LEDGER_CLOSED;
	OWNED(ip_list_release) struct ip_list found = { 0 };
	char holder[HOLDER_MAX];
	const char *data_dir, *spelled = holder;

	if (ipam_data_dir(r->json, &data_dir, f) < 0 ||
	    holder_format(r, holder, sizeof holder, f) < 0)
		return -1;
	const enum found open = ledger_open(&ledger, data_dir, r->name, STORE_CHANGE, f);
	if (open != FOUND)
		return open == FOUND_NONE ? 0 : -1;
	if (find(&ledger, r, &spelled, &found, f) < 0)
		return -1;
	for (size_t i = 0; i < found.n; i++)
		if (ledger_remove(&ledger, &found.ips[i], spelled, f) < 0)
			return -1;
	/* An unreadable reservation stops only a holder that it may belong to. */
	return found.n > 0 ? 0 : ledger_whole(&ledger, f);
}

struct hashes {
	uint64_t *values; /* owned, sorted */
	size_t n;
};

static void hashes_release(struct hashes *h)
{
	free(h->values);
}

/* Hashes both spellings of every valid attachment. */
static int hashes_make(struct hashes *h, const cJSON *valid, struct failure *f)
{
	const cJSON *item;
	char holder[HOLDER_MAX];

	h->values = calloc((size_t)cJSON_GetArraySize(valid) * 2 + 1, sizeof *h->values);
	if (!h->values)
		return fail_errno(f, ENOMEM, "collect the valid attachments");
	cJSON_ArrayForEach(item, valid)
	{
		const struct request one = {
			.container_id = json_string(json_member(item, "containerID")),
			.ifname = json_string(json_member(item, "ifname")),
		};
		if (holder_format(&one, holder, sizeof holder, f) < 0)
			return -1;
		h->values[h->n++] = text_hash(holder);
		h->values[h->n++] = text_hash(one.container_id);
	}
	qsort(h->values, h->n, sizeof *h->values, hash_compare);
	return 0;
}

static const struct key gc_without_list = { "gcWithoutList", KEY_BOOL, .offset = 0 };

int allocator_gc(const struct request *r, struct failure *f)
{
	OWNED(ledger_release) struct ledger ledger = LEDGER_CLOSED;
	OWNED(hashes_release) struct hashes keep = { 0 };
	const struct key_scope top = { r->json, "", f };
	const cJSON *valid;
	const char *data_dir;
	bool without_list = false;

	const int told = attachments_read(r->json, &valid, f);
	if (told < 0 || key_read(&gc_without_list, &top, &without_list) < 0 ||
	    ipam_data_dir(r->json, &data_dir, f) < 0)
		return -1;
	if (!told && !without_list)
		return 0;
	if (hashes_make(&keep, valid, f) < 0)
		return -1;
	const enum found open = ledger_open(&ledger, data_dir, r->name, STORE_CHANGE, f);
	if (open != FOUND)
		return open == FOUND_NONE ? 0 : -1;
	return ledger_collect(&ledger, keep.values, keep.n, f);
}
