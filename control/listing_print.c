/* SPDX-License-Identifier: Apache-2.0 */
/* Printing a listing. */
#include "control/listing.h"

#include "base/json.h"

#include <errno.h>
#include <string.h>

static const char *const titles[LISTING_COLUMNS] = {
	"CONTAINER", "INTERFACE", "POD", "NETWORK", "KIND", "MODE",    "MASTER",
	"MAC",       "ADDRESSES", "TAP", "STATE",   "IPAM", "CREATED", "NETNS",
};

void listing_widths(const struct listing *l, int width[static LISTING_COLUMNS])
{
	for (size_t c = 0; c < LISTING_COLUMNS; c++) {
		width[c] = (int)strlen(titles[c]);
		for (size_t i = 0; i < l->n; i++)
			if (l->row[i].cell[c] && (int)strlen(l->row[i].cell[c]) > width[c])
				width[c] = (int)strlen(l->row[i].cell[c]);
	}
}

void listing_print_row(const struct listing_row *row, enum output form,
                       const int width[static LISTING_COLUMNS], FILE *out)
{
	const size_t columns = form == OUTPUT_WIDE ? LISTING_COLUMNS : LISTING_TABLE;
	const char *const *cell = row ? (const char *const *)row->cell : titles;

	for (size_t c = 0; c + 1 < columns; c++)
		fprintf(out, "%-*s  ", width[c], cell[c]);
	fprintf(out, "%s\n", cell[columns - 1]);
}

void listing_print_table(const struct listing *l, FILE *out)
{
	int width[LISTING_COLUMNS];

	listing_widths(l, width);
	listing_print_row(NULL, l->form, width, out);
	for (size_t i = 0; i < l->n; i++)
		listing_print_row(&l->row[i], l->form, width, out);
	for (size_t i = 0; i < l->n; i++)
		if (l->row[i].why)
			fprintf(stderr, "podtapctl: %s\n", l->row[i].why);
}

int listing_print_data(const struct listing *l, bool single, FILE *out, struct failure *f)
{
	OWNED(json_release) cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < l->n; i++)
		if (!cJSON_AddItemReferenceToArray(list, l->row[i].json))
			return fail_errno(f, ENOMEM, "list the endpoints");
	return output_print(single ? list->child : list, l->form, out, f);
}
