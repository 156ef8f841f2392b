/* SPDX-License-Identifier: Apache-2.0 */
/* The verb drops: what the guards of masters dropped, by endpoint and reason. */
#include "base/json.h"
#include "control/output.h"
#include "control/verb.h"
#include "plugin/endpoint_guard.h"
#include "record/endpoint.h"

#include <errno.h>
#include <string.h>

/* A key of a listing for what is no endpoint's. */
static const char others_name[] = "others";

struct drops {
	struct rtnl host;
	cJSON *rows; /* owned; one for each endpoint, and one for each master */
	const char *container_id;
	const char *ifname;
	size_t n; /* endpoints, with a guard or not */
	struct failure *failure;
};

static void drops_release(struct drops *d)
{
	rtnl_release(&d->host);
	cJSON_Delete(d->rows);
}

static int no_memory(const struct drops *d)
{
	return fail_errno(d->failure, ENOMEM, "list what was dropped");
}

/* Add a row. The endpoint is NULL for what is no endpoint's. */
static int row_add(struct drops *d, const struct endpoint *e, const char *master,
                   const struct guard_entry *entry)
{
	cJSON *row = cJSON_CreateObject();
	cJSON *dropped = cJSON_AddObjectToObject(row, "dropped");

	if (!dropped || !cJSON_AddItemToArray(d->rows, row)) {
		cJSON_Delete(row);
		return no_memory(d);
	}
	if (e && (!cJSON_AddStringToObject(row, "containerID", e->container_id) ||
	          !cJSON_AddStringToObject(row, "ifname", e->ifname)))
		return no_memory(d);
	if (!cJSON_AddStringToObject(row, "master", master) ||
	    (!e && !cJSON_AddTrueToObject(row, others_name)))
		return no_memory(d);
	for (int i = 0; i < GUARD_REASONS; i++)
		if (entry->dropped[i] &&
		    !cJSON_AddNumberToObject(dropped, guard_reason_name((enum guard_reason)i),
		                             (double)entry->dropped[i]))
			return no_memory(d);
	return 0;
}

static bool has_master(const struct drops *d, const char *master)
{
	const cJSON *row;

	cJSON_ArrayForEach(row, d->rows)
	{
		if (json_member(row, others_name) &&
		    strcmp(json_string(json_member(row, "master")), master) == 0)
			return true;
	}
	return false;
}

/* Add what counts for no endpoint of a master, once. */
static int others_add(struct drops *d, const struct guard *guard, const char *master)
{
	static const struct mac nobody = { { 0 } };
	struct guard_entry entry;

	if (d->container_id || has_master(d, master))
		return 0;
	const enum found found = guard_read(guard, &nobody, 0, &entry, d->failure);
	return found == FOUND ? row_add(d, NULL, master, &entry) : found;
}

static int on_record(const struct endpoint *e, const struct failure *error, void *data)
{
	OWNED(endpoint_guard_release) struct endpoint_guard guard = ENDPOINT_GUARD_NONE;
	struct drops *d = data;

	if (d->ifname && strcmp(d->ifname, e->ifname) != 0)
		return 0;
	d->n++;
	if (error || !e->guard)
		return 0;
	const enum found found = endpoint_guard_recorded(&guard, &d->host, e, d->failure);
	if (found != FOUND)
		return found;
	const char *master = e->master ? e->master : "";
	return row_add(d, e, master, &guard.entry) < 0 ? -1 : others_add(d, &guard.guard, master);
}

static void print_text(const cJSON *rows)
{
	const cJSON *row, *reason;

	cJSON_ArrayForEach(row, rows)
	{
		const char *master = json_string(json_member(row, "master"));
		const char *separator = ": ";
		if (json_member(row, others_name))
			printf("%s, from no endpoint", master);
		else
			printf("%s of %s on %s", json_string(json_member(row, "ifname")),
			       json_string(json_member(row, "containerID")), master);
		json_each_member(reason, json_member(row, "dropped"))
		{
			printf("%s%s %.0f", separator, reason->string, reason->valuedouble);
			separator = ", ";
		}
		puts(*separator == ':' ? ": none" : "");
	}
}

static int drops(const struct call *call, struct failure *f)
{
	OWNED(drops_release)
	struct drops d = { .host = { .fd = -1 },
		           .rows = cJSON_CreateArray(),
		           .container_id = call_argument(call, 0),
		           .ifname = call_argument(call, 1),
		           .failure = f };
	const struct endpoint_visit visit = { .on_record = on_record, .data = &d };
	enum output form;

	if (output_form(call, &form, f) < 0 || rtnl_open(&d.host, f) < 0)
		return -1;
	if (!d.rows)
		return no_memory(&d);
	if ((d.container_id ? endpoint_each_of(d.container_id, &visit, f)
	                    : endpoint_each(&visit, f)) < 0)
		return -1;
	if (d.container_id && !d.n)
		return unrecorded(d.container_id, d.ifname, f);
	if (output_is_data(form))
		return output_print(d.rows, form, stdout, f);
	if (d.n && !d.rows->child)
		fputs("podtapctl: no endpoint here has antispoof, egressRate or ingressRate: "
		      "nothing counts\n",
		      stderr);
	print_text(d.rows);
	return 0;
}

const struct verb verb_drops = {
	.name = "drops",
	.summary = "frames that antispoof and rates dropped, by reason",
	.cli = { .program = "podtapctl drops",
	         .synopsis = "[-o FORM] [CONTAINER [IFNAME]]",
	         .about = "Counts the frames that the guard of a master dropped: of each endpoint, "
	                  "and those\nof nobody that would have been sent as an endpoint.\n"
	                  "Without the keys antispoof and egressRate or ingressRate there are "
	                  "none.\n\n"
	                  "  podtapctl drops 0a1b2c\n",
	         .options = (const struct cli_option[]){ OUTPUT_OPTIONS, { .name = NULL } } },
	.container = CONTAINER_READ,
	.most = 2,
	.run = drops,
};
