/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting, verifying and printing endpoints, from their records and their links. */
#include "tools/listing.h"

#include "base/json.h"
#include "base/name.h"
#include "record/endpoint.h"
#include "record/verify.h"
#include "tools/host_entries.h"

#include <errno.h>
#include <string.h>

enum { CONTAINER, INTERFACE, KIND, MODE, MASTER, MAC, ADDRESSES, TAP, STATE };

static const char *const titles[LISTING_COLUMNS] = {
	"CONTAINER", "INTERFACE", "KIND", "MODE", "MASTER", "MAC", "ADDRESSES", "TAP", "STATE",
};

void listing_release(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++) {
		for (size_t c = 0; c < LISTING_COLUMNS; c++)
			text_release(&l->row[i].cell[c]);
		json_release(&l->row[i].json);
		text_release(&l->row[i].why);
	}
	free(l->row);
	*l = (struct listing){ .row = NULL };
}

static struct listing_row *row_add(struct listing *l)
{
	struct listing_row *grown = realloc(l->row, (l->n + 1) * sizeof *grown);

	if (!grown)
		return NULL;
	l->row = grown;
	l->row[l->n] = (struct listing_row){ .json = NULL };
	return &l->row[l->n++];
}

/* Returns a copy without control characters, which the caller frees. */
static char *cell_of(const char *text)
{
	char *copy = strdup(text && *text ? text : "-");

	for (char *c = copy; c && *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return copy;
}

static char *addresses_of(const cJSON *ips)
{
	const cJSON *item;
	char *all = NULL;
	size_t size;
	FILE *out = ips ? open_memstream(&all, &size) : NULL;

	if (!out)
		return NULL;
	cJSON_ArrayForEach(item, ips)
	{
		const char *address = json_string(json_member(item, "address"));
		if (address)
			fprintf(out, "%s%s", item == ips->child ? "" : ",", address);
	}
	fclose(out);
	return all;
}

/* The state of an endpoint, verified against the kernel. */
enum condition { UNKNOWN = -1, ALIVE, STALE };

static const char *condition_name(enum condition c)
{
	return c == UNKNOWN ? "unknown" : c == STALE ? "stale" : "alive";
}

static bool condition_add(cJSON *json, enum condition c)
{
	return c == UNKNOWN ? cJSON_AddNullToObject(json, "alive")
	                    : cJSON_AddBoolToObject(json, "alive", c == ALIVE);
}

/* Updates what may have changed since ADD. tuning sets MAC and mtu, and root in the container can
 * do so too. */
static bool json_update(cJSON *json, const struct link *now)
{
	char mac[MAC_TEXT];
	const char *mode = word_text(link_modes, now->mode);

	return cJSON_ReplaceItemInObjectCaseSensitive(
	               json, "mac", cJSON_CreateString(mac_format(&now->mac, mac))) &&
	       cJSON_ReplaceItemInObjectCaseSensitive(json, "mtu", cJSON_CreateNumber(now->mtu)) &&
	       (!mode ||
	        cJSON_ReplaceItemInObjectCaseSensitive(json, "mode", cJSON_CreateString(mode)));
}

/* Fills in a row. `now` has index 0 if the link was not found: then the record is the source. */
static bool row_fill(struct listing_row *row, const struct endpoint *e, const struct link *now,
                     enum condition condition)
{
	char mac[MAC_TEXT];
	const char *mode = now->index ? word_text(link_modes, now->mode) : NULL;
	OWNED(text_release) char *addresses = addresses_of(e->ips);
	const char *const texts[LISTING_COLUMNS] = {
		[CONTAINER] = e->container_id,
		[INTERFACE] = e->ifname,
		[KIND] = e->kind,
		[MODE] = mode ? mode : e->mode,
		[MASTER] = e->master,
		[MAC] = e->kind ? mac_format(now->index ? &now->mac : &e->mac, mac) : NULL,
		[ADDRESSES] = addresses,
		[TAP] = e->tap.path,
		[STATE] = condition_name(condition),
	};

	for (size_t c = 0; c < LISTING_COLUMNS; c++)
		if (!(row->cell[c] = cell_of(texts[c])))
			return false;
	return !row->json || ((!now->index || json_update(row->json, now)) &&
	                      condition_add(row->json, condition));
}

/* Returns what is known of a record that cannot be read. */
static cJSON *unreadable_json(const struct endpoint *e)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "containerID", e->container_id);
	cJSON_AddStringToObject(json, "ifname", e->ifname);
	return json;
}

static cJSON *json_of(const struct endpoint *e, const struct failure *error)
{
	if (error)
		return unreadable_json(e);
	return endpoint_is_newer(e) ? cJSON_Duplicate(e->source, true) : endpoint_to_json(e);
}

struct selection {
	struct listing *listing;
	const struct verifier *verifier; /* NULL: see unverified */
	const struct failure *unverified;
	const char *ifname; /* NULL: every */
	struct failure *failure;
};

/* Verifies an endpoint. If it is not alive, *why is the reason. *now is its link, with index 0 if
 * it was not found. */
static enum condition judge(const struct selection *t, const struct endpoint *e,
                            const struct failure *error, struct link *now, struct failure *why)
{
	if (error) {
		*why = *error;
		return STALE;
	}
	if (!e->ready) {
		fail(why, CNI_OTHER, "its ADD is under way or was ended", "endpoint %s of %s",
		     e->ifname, e->container_id);
		return STALE;
	}
	if (!t->verifier) {
		*why = *t->unverified;
		return UNKNOWN;
	}
	const enum verified verified = endpoint_verify(t->verifier, e, now, why);
	return verified == VERIFY_FAILED ? UNKNOWN : verified == VERIFIED ? ALIVE : STALE;
}

static bool is_selected(const char *container_id, const char *ifname, void *data)
{
	const struct selection *t = data;

	(void)container_id;
	return !t->ifname || strcmp(ifname, t->ifname) == 0;
}

static int visit(const struct endpoint *e, const struct failure *error, void *data)
{
	const struct selection *t = data;
	struct failure why = { 0 };
	struct link now = { .index = 0 };

	const enum condition condition = judge(t, e, error, &now, &why);
	struct listing_row *row = row_add(t->listing);
	if (!row)
		return fail_errno(t->failure, ENOMEM, "list the endpoints");
	if (condition != ALIVE && asprintf(&row->why, "%s of %s: %s: %s", e->ifname,
	                                   e->container_id, why.msg, why.details) < 0)
		row->why = NULL;
	if (t->listing->json && !(row->json = json_of(e, error)))
		return fail_errno(t->failure, ENOMEM, "list the endpoints");
	if ((condition != ALIVE && !row->why) || !row_fill(row, e, &now, condition))
		return fail_errno(t->failure, ENOMEM, "list the endpoints");
	t->listing->stale += condition == STALE;
	t->listing->unknown += condition == UNKNOWN;
	return 0;
}

static cJSON *entry_json(const struct link *master, const char *mac)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "master", master->name);
	cJSON_AddStringToObject(json, "mac", mac);
	cJSON_AddNumberToObject(cJSON_AddObjectToObject(json, "hostAccess"), "ifindex",
	                        master->index);
	return json;
}

/* Adds a row for an entry of hostAccess that no record has. */
static int on_entry(const struct link *master, const struct mac *mac, void *data)
{
	const struct selection *t = data;
	const struct endpoint e = {
		.container_id = "-", .kind = "-", .master = master->name, .mac = *mac
	};
	const struct link none = { .index = 0 };
	char text[MAC_TEXT];
	struct listing_row *row = row_add(t->listing);

	if (!row)
		return fail_errno(t->failure, ENOMEM, "list the endpoints");
	row->json = entry_json(master, mac_format(mac, text));
	if (asprintf(&row->why, "%s on master %s: hostAccess: no endpoint has this entry", text,
	             master->name) < 0)
		row->why = NULL;
	if (!row->why || !row_fill(row, &e, &none, STALE))
		return fail_errno(t->failure, ENOMEM, "list the endpoints");
	t->listing->stale++;
	return 0;
}

static int by_container_and_interface(const void *a, const void *b)
{
	const struct listing_row *x = a, *y = b;
	const int order = strcmp(x->cell[CONTAINER], y->cell[CONTAINER]);

	return order ? order : strcmp(x->cell[INTERFACE], y->cell[INTERFACE]);
}

int listing_collect(struct listing *l, const char *container_id, const char *ifname,
                    struct failure *missed, struct failure *f)
{
	OWNED(verifier_release) struct verifier verifier = VERIFIER_CLOSED;
	struct failure unverified = { 0 };
	struct selection selection = { l, &verifier, &unverified, ifname, f };
	const struct endpoint_visit visitor = { .on_record = visit,
		                                .data = &selection,
		                                .matters = is_selected };

	*l = (struct listing){ .json = l->json };
	if (verifier_open(&verifier, &unverified) < 0)
		selection.verifier = NULL;
	const int visited = !container_id ? endpoint_each(&visitor, missed)
	                    : identifier_valid(container_id)
	                            ? endpoint_each_of(container_id, &visitor, missed)
	                            : 0;
	if (f->code)
		return -1;
	if (visited < 0)
		l->unknown++;
	const struct host_entries_visit entries = { on_entry, &selection };
	if (!container_id && host_entries_unrecorded(&entries, missed) < 0)
		l->unknown++;
	if (f->code)
		return -1;
	if (l->n)
		qsort(l->row, l->n, sizeof *l->row, by_container_and_interface);
	return 0;
}

void listing_print_table(const struct listing *l, FILE *out)
{
	int width[LISTING_COLUMNS];

	for (size_t c = 0; c < LISTING_COLUMNS; c++) {
		width[c] = (int)strlen(titles[c]);
		for (size_t i = 0; i < l->n; i++)
			if ((int)strlen(l->row[i].cell[c]) > width[c])
				width[c] = (int)strlen(l->row[i].cell[c]);
	}
	for (size_t c = 0; c < STATE; c++)
		fprintf(out, "%-*s  ", width[c], titles[c]);
	fprintf(out, "%s\n", titles[STATE]);
	for (size_t i = 0; i < l->n; i++) {
		for (size_t c = 0; c < STATE; c++)
			fprintf(out, "%-*s  ", width[c], l->row[i].cell[c]);
		fprintf(out, "%s\n", l->row[i].cell[STATE]);
	}
	for (size_t i = 0; i < l->n; i++)
		if (l->row[i].why)
			fprintf(stderr, "podtapctl: %s\n", l->row[i].why);
}

int listing_print_json(const struct listing *l, bool single, FILE *out, struct failure *f)
{
	OWNED(json_release) cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < l->n; i++)
		if (!cJSON_AddItemReferenceToArray(list, l->row[i].json))
			return fail_errno(f, ENOMEM, "list the endpoints");
	OWNED(text_release) char *text = cJSON_Print(single ? list->child : list);
	if (!text)
		return fail_errno(f, ENOMEM, "list the endpoints");
	fprintf(out, "%s\n", text);
	return 0;
}
