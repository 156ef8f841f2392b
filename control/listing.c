/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting and verifying endpoints, from their records and their links. */
#include "control/listing.h"

#include "base/json.h"
#include "base/name.h"
#include "control/container.h"
#include "control/host_entries.h"
#include "record/condition.h"
#include "record/endpoint.h"
#include "record/verify.h"

#include <errno.h>
#include <string.h>

enum {
	CONTAINER,
	INTERFACE,
	POD,
	NETWORK,
	KIND,
	MODE,
	MASTER,
	MAC,
	ADDRESSES,
	TAP,
	STATE,
	IPAM,
	CREATED,
	NETNS
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

/* Returns a pod's namespace and name as one text, or NULL without a pod. */
static const char *pod_of(const struct endpoint *e, char **owned)
{
	if (!e->pod.space || !e->pod.name)
		return e->pod.name;
	return asprintf(owned, "%s/%s", e->pod.space, e->pod.name) < 0 ? NULL : *owned;
}

/* Returns how many cells a row needs: those that order the rows, or those that are printed. */
static size_t columns_of(enum output form)
{
	return output_is_data(form)  ? LISTING_SORTED
	       : form == OUTPUT_WIDE ? LISTING_COLUMNS
	                             : LISTING_TABLE;
}

/* Fills in a row's cells. `now` has index 0 if the link was not found: then the record is the
 * source. */
static bool cells_fill(struct listing_row *row, const struct endpoint *e, const struct link *now,
                       const char *state, size_t columns)
{
	char mac[MAC_TEXT];
	const char *mode = now->index ? word_text(link_modes, now->mode) : NULL;
	OWNED(text_release) char *addresses = columns > ADDRESSES ? addresses_of(e->ips) : NULL;
	OWNED(text_release) char *owned = NULL;
	const char *const texts[LISTING_COLUMNS] = {
		[CONTAINER] = e->container_id,
		[INTERFACE] = e->ifname,
		[POD] = pod_of(e, &owned),
		[NETWORK] = e->network,
		[KIND] = e->kind,
		[MODE] = mode ? mode : e->mode,
		[MASTER] = e->master,
		[MAC] = e->kind ? mac_format(now->index ? &now->mac : &e->mac, mac) : NULL,
		[ADDRESSES] = addresses,
		[TAP] = e->tap.path,
		[STATE] = state,
		[IPAM] = e->ipam,
		[CREATED] = e->created,
		[NETNS] = e->netns_path,
	};

	for (size_t c = 0; c < columns; c++)
		if (!(row->cell[c] = cell_of(texts[c])))
			return false;
	return true;
}

/* Completes a row, whose `why` and `json` the caller set. */
static bool row_fill(struct listing_row *row, const struct endpoint *e, const struct link *now,
                     enum condition condition, enum output form)
{
	if (!cells_fill(row, e, now, condition_name(condition), columns_of(form)))
		return false;
	if (!row->json)
		return true;
	if ((now->index && !json_update(row->json, now)) || !condition_add(row->json, condition))
		return false;
	return !row->why || cJSON_AddStringToObject(row->json, "why", row->why);
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
	cJSON *json = endpoint_is_newer(e) ? cJSON_Duplicate(e->source, true) : endpoint_to_json(e);
	cJSON_DeleteItemFromObjectCaseSensitive(json, "call"); /* it may hold secrets */
	return json;
}

struct selection {
	struct listing *listing;
	const struct verifier *verifier; /* NULL: see unverified */
	const struct failure *unverified;
	const struct listing_filter *filter;
	struct failure *failure;
};

static bool is_selected(const char *container_id, const char *ifname, void *data)
{
	const struct selection *t = data;

	(void)container_id;
	return !t->filter->ifname || strcmp(ifname, t->filter->ifname) == 0;
}

static bool agrees(const char *wanted, const char *has)
{
	return !wanted || (has && strcmp(wanted, has) == 0);
}

/* Whether a filter wants a record. Nothing is known of one that cannot be read. */
static bool is_wanted(const struct listing_filter *w, const struct endpoint *e)
{
	return agrees(w->network, e->network) && agrees(w->space, e->pod.space) &&
	       agrees(w->master, e->master) && (!w->pod || container_is_pod(e, w->pod));
}

static int no_memory(const struct selection *t)
{
	return fail_errno(t->failure, ENOMEM, "list the endpoints");
}

/* Why an endpoint is not alive, with its name once. Returns a text that the caller owns, or NULL.
 */
static char *reason(const struct endpoint *e, const struct failure *why)
{
	char *text;
	const int length = strstr(why->msg, e->container_id)
	                           ? asprintf(&text, "%s: %s", why->msg, why->details)
	                           : asprintf(&text, "%s of %s: %s: %s", e->ifname, e->container_id,
	                                      why->msg, why->details);

	return length < 0 ? NULL : text;
}

static int row_of(const struct selection *t, const struct endpoint *e, const struct failure *error,
                  const struct link *now, enum condition condition, const struct failure *why)
{
	struct listing_row *row = row_add(t->listing);

	if (!row)
		return no_memory(t);
	if (condition != ALIVE)
		row->why = reason(e, why);
	if (output_is_data(t->listing->form) && !(row->json = json_of(e, error)))
		return no_memory(t);
	if ((condition != ALIVE && !row->why) ||
	    !row_fill(row, e, now, condition, t->listing->form))
		return no_memory(t);
	t->listing->stale += condition == STALE;
	t->listing->unknown += condition == UNKNOWN;
	return 0;
}

static int visit(const struct endpoint *e, const struct failure *error, void *data)
{
	const struct selection *t = data;
	struct failure why;
	struct link now = { .index = 0 };

	failure_clear(&why);
	if (!is_wanted(t->filter, e))
		return 0;
	const enum condition condition =
	        condition_of(t->verifier, t->unverified, e, error, &now, &why);
	if (t->filter->stale && condition != STALE)
		return 0;
	return row_of(t, e, error, &now, condition, &why);
}

static cJSON *entry_json(const struct host_program *program, const struct link *master,
                         const char *mac)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "master", master->name);
	cJSON_AddStringToObject(json, "mac", mac);
	cJSON_AddNumberToObject(cJSON_AddObjectToObject(json, program->member), "ifindex",
	                        master->index);
	return json;
}

/* Adds a row for an entry of a master that no record has. */
static int on_entry(const struct host_program *program, const struct link *master,
                    const struct mac *mac, void *data)
{
	const struct selection *t = data;
	const struct endpoint e = {
		.container_id = "-", .kind = "-", .master = master->name, .mac = *mac
	};
	const struct link none = { .index = 0 };
	char text[MAC_TEXT];

	if (!is_wanted(t->filter, &e))
		return 0;
	struct listing_row *row = row_add(t->listing);
	if (!row)
		return no_memory(t);
	if (output_is_data(t->listing->form))
		row->json = entry_json(program, master, mac_format(mac, text));
	if (asprintf(&row->why, "%s on master %s: %s: no endpoint has this entry",
	             mac_format(mac, text), master->name, program->key) < 0)
		row->why = NULL;
	if (!row->why || !row_fill(row, &e, &none, STALE, t->listing->form))
		return no_memory(t);
	t->listing->stale++;
	return 0;
}

int listing_add_removed(struct listing *l, const char *container_id, const char *ifname,
                        struct failure *f)
{
	const struct endpoint e = { .container_id = container_id, .ifname = ifname };
	const struct link none = { .index = 0 };
	struct listing_row *row = row_add(l);

	if (!row || !cells_fill(row, &e, &none, "removed", columns_of(l->form)))
		return fail_errno(f, ENOMEM, "list the endpoints");
	if (!output_is_data(l->form))
		return 0;
	row->json = unreadable_json(&e);
	return cJSON_AddTrueToObject(row->json, "removed")
	               ? 0
	               : fail_errno(f, ENOMEM, "list the endpoints");
}

static int by_container_and_interface(const void *a, const void *b)
{
	const struct listing_row *x = a, *y = b;
	const int order = strcmp(x->cell[CONTAINER], y->cell[CONTAINER]);

	return order ? order : strcmp(x->cell[INTERFACE], y->cell[INTERFACE]);
}

int listing_collect(struct listing *l, const struct listing_filter *filter, struct failure *missed,
                    struct failure *f)
{
	OWNED(verifier_release) struct verifier verifier = VERIFIER_CLOSED;
	struct failure unverified = { 0 };
	struct selection selection = { l, &verifier, &unverified, filter, f };
	const struct endpoint_visit visitor = { .on_record = visit,
		                                .data = &selection,
		                                .matters = is_selected };
	const char *container_id = filter->container_id;

	*l = (struct listing){ .form = l->form };
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
	const struct host_entries_visit entries = { .on_entry = on_entry, .data = &selection };
	if (!container_id && host_entries_unrecorded(&entries, missed) < 0)
		l->unknown++;
	if (f->code)
		return -1;
	if (l->n)
		qsort(l->row, l->n, sizeof *l->row, by_container_and_interface);
	return 0;
}
