/* SPDX-License-Identifier: Apache-2.0 */
/* The verb pools: the cluster's pools of addresses, what this node holds of them, and who has the
 * rest. */
#include "base/cli.h"
#include "base/json.h"
#include "control/output.h"
#include "control/verb.h"
#include "ipam/pools_node.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { COLUMNS_TABLE = 8, COLUMNS = 12, NODES_SHOWN = 32 };

static const char *const titles[COLUMNS] = { "POOL",  "SIZE",   "CLAIMED", "HELD",
	                                     "USED",  "FREE",   "WAITING", "STATE",
	                                     "NODES", "ASKING", "CONTACT", "STORE" };

static const char *const stopped_why = "podtap-addresses does not run: what the node holds is "
                                       "given, and no more comes";

static const char *why_of(const struct node_pools *all, const struct node_pool *p)
{
	if (!all->runs)
		return stopped_why;
	return p->why ? p->why : json_string(json_member(p->view, "failure"));
}

static uint64_t free_of(const struct node_pool *p)
{
	return p->held > p->used ? p->held - p->used : 0;
}

static cJSON *pool_json(const struct node_pools *all, const struct node_pool *p)
{
	cJSON *json = cJSON_CreateObject();
	const char *why = why_of(all, p);

	cJSON_AddStringToObject(json, "pool", p->name);
	cJSON_AddNumberToObject(json, "size", p->size);
	cJSON *node = cJSON_AddObjectToObject(json, "node");
	cJSON_AddNumberToObject(node, "claimed", (double)p->held);
	cJSON_AddNumberToObject(node, "used", (double)p->used);
	cJSON_AddNumberToObject(node, "free", (double)free_of(p));
	cJSON_AddNumberToObject(node, "waiting", p->waits);
	if (p->store)
		cJSON_AddStringToObject(node, "store", p->store);
	cJSON_AddStringToObject(json, "state", node_pool_state(all, p));
	if (why)
		cJSON_AddStringToObject(json, "why", why);
	if (p->view)
		cJSON_AddItemToObject(json, "cluster", cJSON_Duplicate(p->view, true));
	cJSON_AddNumberToObject(json, "contact", (double)all->contact);
	return json;
}

static int data_print(const struct node_pools *all, bool single, enum output form,
                      struct failure *f)
{
	OWNED(json_release) cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < all->n; i++)
		cJSON_AddItemToArray(list, pool_json(all, &all->pool[i]));
	return output_print(single ? list->child : list, form, stdout, f);
}

/* Writes "a 8, b 4", or "a, b" of a list of names. */
static char *names_text(const cJSON *list)
{
	const cJSON *item;
	char *text = NULL;
	size_t length, n = 0;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	cJSON_ArrayForEach(item, list)
	{
		const char *node = json_string(json_member(item, "node"));
		const cJSON *claimed = json_member(item, "claimed");
		if (n++ == NODES_SHOWN)
			fputs(", ...", out);
		if (n > NODES_SHOWN)
			continue;
		fprintf(out, "%s%s", n > 1 ? ", " : "", node ? node : json_string(item) ?: "?");
		if (cJSON_IsNumber(claimed))
			fprintf(out, " %.0f", claimed->valuedouble);
	}
	if (!n)
		fputc('-', out);
	fclose(out);
	return text;
}

/* Writes how long ago it was. */
static char *age_text(int64_t since)
{
	char *text = NULL;
	const int64_t age = (int64_t)time(NULL) - since;

	if (asprintf(&text, since ? "%" PRId64 "s" : "never", age > 0 ? age : 0) < 0)
		return NULL;
	return text;
}

struct row {
	char *cell[COLUMNS]; /* owned */
};

static void row_release(struct row *row)
{
	for (size_t i = 0; i < COLUMNS; i++)
		free(row->cell[i]);
}

static char *number_text(double number)
{
	char *text = NULL;

	return asprintf(&text, "%.0f", number) < 0 ? NULL : text;
}

static void row_fill(struct row *row, const struct node_pools *all, const struct node_pool *p)
{
	const cJSON *claimed = json_member(p->view, "claimed");

	*row = (struct row){ {
		strdup(p->name),
		p->size > 0 ? number_text(p->size) : strdup("-"),
		cJSON_IsNumber(claimed) ? number_text(claimed->valuedouble) : strdup("-"),
		number_text((double)p->held),
		number_text((double)p->used),
		number_text((double)free_of(p)),
		number_text(p->waits),
		strdup(node_pool_state(all, p)),
		names_text(json_member(p->view, "nodes")),
		names_text(json_member(p->view, "waiting")),
		age_text(all->contact),
		strdup(p->store ? p->store : "-"),
	} };
}

static void row_print(const char *const *cell, const int *width, size_t columns)
{
	for (size_t c = 0; c + 1 < columns; c++)
		printf("%-*s  ", width[c], cell[c]);
	printf("%s\n", cell[columns - 1]);
}

static int table_print(const struct node_pools *all, enum output form, struct failure *f)
{
	const size_t columns = form == OUTPUT_WIDE ? COLUMNS : COLUMNS_TABLE;
	struct row *rows = calloc(all->n + 1, sizeof *rows);
	int width[COLUMNS];

	if (!rows)
		return fail_errno(f, ENOMEM, "list the pools");
	for (size_t c = 0; c < COLUMNS; c++)
		width[c] = (int)strlen(titles[c]);
	for (size_t i = 0; i < all->n; i++) {
		row_fill(&rows[i], all, &all->pool[i]);
		for (size_t c = 0; c < COLUMNS; c++) {
			const int length = rows[i].cell[c] ? (int)strlen(rows[i].cell[c]) : 0;
			width[c] = length > width[c] ? length : width[c];
		}
	}
	row_print(titles, width, columns);
	for (size_t i = 0; i < all->n; i++) {
		row_print((const char *const *)rows[i].cell, width, columns);
		row_release(&rows[i]);
	}
	free(rows);
	for (size_t i = 0; i < all->n; i++) {
		const char *why = why_of(all, &all->pool[i]);
		if (why)
			fprintf(stderr, "podtapctl: pool %s: %s\n", all->pool[i].name, why);
	}
	return 0;
}

static int pools(const struct call *call, struct failure *f)
{
	OWNED(node_pools_release) struct node_pools all = { .n = 0 };
	const char *only = call_argument(call, 0);
	enum output form;

	if (output_form(call, &form, f) < 0)
		return -1;
	if (geteuid() != 0)
		return fail(f, CNI_OTHER, "only root can ask podtap-addresses", "list the pools");
	node_pools_ask(only);
	if (node_pools_read(&all, only, "", f) < 0)
		return -1;
	if (only && !all.n)
		return fail(f, CNI_OTHER,
		            "podtap-addresses knows no such pool: podtapctl pools shows those "
		            "there are",
		            "pool %s", only);
	if ((output_is_data(form) ? data_print(&all, only, form, f) : table_print(&all, form, f)) <
	    0)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		if (node_pool_is_bad(&all, &all.pool[i]))
			return EXIT_STALE;
	return 0;
}

const struct verb verb_pools = {
	.name = "pools",
	.summary = "the cluster's pools of addresses, and who holds them",
	.cli = { .program = "podtapctl pools",
	         .synopsis = "[-o FORM] [POOL]",
	         .about =
	                 "Lists the pools of podtap-addresses: their size, the addresses that all\n"
	                 "nodes claim, those that this node holds, uses and has free, and the "
	                 "ADDs\n"
	                 "that wait. The form wide also shows which nodes hold how many, and "
	                 "which\n"
	                 "ask for more. Exits 1 if a pool is stopped, short or lost.\n\n"
	                 "  podtapctl pools -o wide\n",
	         .options = (const struct cli_option[]){ OUTPUT_OPTIONS, { .name = NULL } } },
	.most = 1,
	.run = pools,
};
