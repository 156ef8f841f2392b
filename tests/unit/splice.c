/* SPDX-License-Identifier: Apache-2.0 */
/* Insertions into a container's configuration, which change nothing else of it. */
#include "expose/hook/splice.h"

#include "base/json.h"
#include "tests/unit/unit.h"

#include <sys/sysmacros.h>

#define NODE                                                                             \
	"{\"path\":\"/dev/tap5\",\"type\":\"c\",\"major\":240,\"minor\":7,\"fileMode\":" \
	"384,\"uid\":1,\"gid\":2}"
#define RULE "{\"allow\":true,\"type\":\"c\",\"major\":240,\"minor\":7,\"access\":\"rw\"}"
#define NET  "\"namespaces\":[{\"type\":\"network\",\"path\":\"/n\"}]"

struct one {
	const char *given;
	const char *wanted; /* NULL: it is refused */
};

static const struct device *tap5(void)
{
	static struct device device = { .path = "/dev/tap5", .access = { 1, 2, 0600 } };

	device.number = makedev(240, 7);
	return &device;
}

/* Joins text and insertions as the hook prints them. */
static void joined(const char *text, const struct splice *s, char *out, size_t size)
{
	size_t at = 0, used = 0;

	for (size_t i = 0; i < s->n; i++) {
		used += (size_t)snprintf(out + used, size - used, "%.*s%s",
		                         (int)(s->insertion[i].at - at), text + at,
		                         s->insertion[i].text);
		at = s->insertion[i].at + s->insertion[i].skip;
	}
	snprintf(out + used, size - used, "%s", text + at);
}

static void try(struct verdict *v, const struct one *one)
{
	OWNED(splice_release) struct splice s = { .n = 0 };
	struct failure f = { 0 };
	char out[4096];
	const int done = splice_devices(one->given, strlen(one->given), tap5(), 1, &s, &f);

	if (!one->wanted) {
		expect(v, done < 0 && f.code, "taken: %s", one->given);
		return;
	}
	expect(v, done == 0, "refused: %s: %s: %s", one->given, f.msg, f.details);
	joined(one->given, &s, out, sizeof out);
	expect(v, same_text(out, one->wanted), "%s\n  became %s\n  not    %s", one->given, out,
	       one->wanted);
}

static void entries_are_appended_to_lists_or_make_them(struct verdict *v)
{
	static const struct one table[] = {
		{ "{\"linux\":{}}",
		  "{\"linux\":{\"devices\":[" NODE "],\"resources\":{\"devices\":[" RULE "]}}}" },
		{ "{\"linux\":{" NET "}}", "{\"linux\":{" NET ",\"devices\":[" NODE
		                           "],\"resources\":{\"devices\":[" RULE "]}}}" },
		{ "{\"linux\":{\"devices\":[],\"resources\":{}}}",
		  "{\"linux\":{\"devices\":[" NODE "],\"resources\":{\"devices\":[" RULE "]}}}" },
		{ "{\"linux\":{\"devices\":[1],\"resources\":{\"devices\":[2]}}}",
		  "{\"linux\":{\"devices\":[1," NODE "],\"resources\":{\"devices\":[2," RULE
		  "]}}}" },
		{ "{\"linux\":{\"resources\":{\"devices\":[{\"allow\":false}],\"pids\":{}},\"x\":1}"
		  "}",
		  "{\"linux\":{\"resources\":{\"devices\":[{\"allow\":false}," RULE
		  "],\"pids\":{}},\"x\":1,\"devices\":[" NODE "]}}" },
		{ "{\"linux\":{\"resources\":{\"pids\":{}},\"devices\":[]}}",
		  "{\"linux\":{\"resources\":{\"pids\":{},\"devices\":[" RULE
		  "]},\"devices\":[" NODE "]}}" },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		try(v, &table[i]);
}

static void null_counts_as_absent_and_is_replaced(struct verdict *v)
{
	static const struct one table[] = {
		{ "{\"linux\":{\"devices\":null,\"resources\":null}}",
		  "{\"linux\":{\"devices\":[" NODE "],\"resources\":{\"devices\":[" RULE "]}}}" },
		{ "{\"linux\":{\"resources\":{\"devices\":null},\"devices\": null }}",
		  "{\"linux\":{\"resources\":{\"devices\":[" RULE "]},\"devices\": [" NODE "] }}" },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		try(v, &table[i]);
}

static void spacing_numbers_escapes_and_foreign_duplicates_are_kept(struct verdict *v)
{
	static const struct one table[] = {
		{ "\n { \"n\" : 18446744073709551615 , \"e\":\"\\u0000a\" }\n", NULL },
		{ " {\t\"linux\" :\r\n{ \"devices\" : [ ] , \"resources\" : { \"devices\" : [\n] } "
		  "} } \n",
		  " {\t\"linux\" :\r\n{ \"devices\" : [ " NODE
		  "] , \"resources\" : { \"devices\" : [\n" RULE "] } "
		  "} } \n" },
		{ "{\"a\":18446744073709551615,\"a\":1.0e+400,\"l\\u0069nux\":{\"dev\\u0069ces\":["
		  "-0.10],\"resources\":{\"devices\":[{\"major\":9007199254740993}]}}}",
		  "{\"a\":18446744073709551615,\"a\":1.0e+400,\"l\\u0069nux\":{\"dev\\u0069ces\":["
		  "-0.10," NODE "],\"resources\":{\"devices\":[{\"major\":9007199254740993}," RULE
		  "]}}}" },
		{ "{\"linux\":{\"s\":\"}]\\\"],{\\u007d\",\"devices\":[\"]\"],\"resources\":{"
		  "\"devices\":[\"}\\\\\"]}}}",
		  "{\"linux\":{\"s\":\"}]\\\"],{\\u007d\",\"devices\":[\"]\"," NODE
		  "],\"resources\":{\"devices\":[\"}\\\\\"," RULE "]}}}" },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		try(v, &table[i]);
}

static void the_last_of_equal_names_counts_where_all_readers_agree(struct verdict *v)
{
	static const struct one table[] = {
		{ "{\"linux\":{},\"linux\":{\"devices\":[1],\"devices\":[2],\"resources\":{}}}",
		  "{\"linux\":{},\"linux\":{\"devices\":[1],\"devices\":[2," NODE
		  "],\"resources\":{\"devices\":[" RULE "]}}}" },
		{ "{\"linux\":{\"devices\":[1]},\"linux\":{}}", NULL },
		{ "{\"linux\":{\"resources\":{\"pids\":1},\"resources\":{}}}", NULL },
		{ "{\"linux\":{},\"Linux\":{}}", NULL },
		{ "{\"linux\":{\"Devices\":[]}}", NULL },
		{ "{\"linux\":{\"device\\u017f\":[]}}", NULL },
		{ "{\"linux\":{\"resources\":{\"DEVICES\":[]}}}", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		try(v, &table[i]);
}

static void an_invalid_configuration_is_refused(struct verdict *v)
{
	static const struct one table[] = {
		{ "", NULL },
		{ "[]", NULL },
		{ "{", NULL },
		{ "{}", NULL },
		{ "{\"linux\":null}", NULL },
		{ "{\"linux\":[]}", NULL },
		{ "{\"linux\":{\"devices\":{}}}", NULL },
		{ "{\"linux\":{\"devices\":\"x\"}}", NULL },
		{ "{\"linux\":{\"resources\":[]}}", NULL },
		{ "{\"linux\":{\"resources\":{\"devices\":1}}}", NULL },
		{ "{\"linux\":{}} x", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		try(v, &table[i]);
}

static void an_existing_node_is_permitted_only_if_it_is_equal(struct verdict *v)
{
	static const struct one table[] = {
		{ "{\"linux\":{\"devices\":[" NODE "]}}",
		  "{\"linux\":{\"devices\":[" NODE "],\"resources\":{\"devices\":[" RULE "]}}}" },
		{ "{\"linux\":{\"devices\":[{\"path\":\"/dev/tap5\",\"major\":240,\"minor\":8}]}}",
		  NULL },
		{ "{\"linux\":{\"devices\":[{\"path\":\"/dev/tap5\"}]}}", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		try(v, &table[i]);
}

static void the_network_namespace_is_found_by_its_type(struct verdict *v)
{
	static const struct one table[] = {
		{ "{\"linux\":{\"namespaces\":[{\"type\":\"pid\",\"path\":\"/p\"},{\"path\":\"/a "
		  "\\u00e4\",\"type\":\"network\"}]}}",
		  "/a \xc3\xa4" },
		{ "{\"linux\":{\"namespaces\":[{\"type\":\"network\"}]}}", NULL },
		{ "{\"linux\":{\"namespaces\":[{\"type\":\"network\",\"path\":\"\"}]}}", NULL },
		{ "{\"linux\":{\"namespaces\":[{\"type\":\"network\",\"path\":7}]}}", NULL },
		{ "{\"linux\":{\"namespaces\":null}}", NULL },
		{ "{\"linux\":{\"namespaces\":{}}}", NULL },
		{ "{\"linux\":{}}", NULL },
		{ "{\"linux\":[]}", NULL },
		{ "{}", NULL },
		{ "7", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct failure f = { 0 };
		const char *given = table[i].given;
		OWNED(text_release) char *path = splice_netns(given, strlen(given), &f);
		expect(v, same_text(path, table[i].wanted) && !f.code, "%s gives %s", given,
		       path ? path : "nothing");
	}
}

static void two_network_namespaces_are_refused(struct verdict *v)
{
	static const char given[] = "{\"linux\":{\"namespaces\":[{\"type\":\"network\"},{\"type\":"
	                            "\"network\",\"path\":\"/a\"}]}}";
	struct failure f = { 0 };
	OWNED(text_release) char *path = splice_netns(given, sizeof given - 1, &f);

	expect(v, !path && f.code == CNI_DECODE, "it gives %s", path ? path : "nothing");
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(entries_are_appended_to_lists_or_make_them),
		UNIT(null_counts_as_absent_and_is_replaced),
		UNIT(spacing_numbers_escapes_and_foreign_duplicates_are_kept),
		UNIT(the_last_of_equal_names_counts_where_all_readers_agree),
		UNIT(an_invalid_configuration_is_refused),
		UNIT(an_existing_node_is_permitted_only_if_it_is_equal),
		UNIT(the_network_namespace_is_found_by_its_type),
		UNIT(two_network_namespaces_are_refused),
	};

	return units_run(units, COUNT_OF(units));
}
