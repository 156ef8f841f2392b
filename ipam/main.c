/* SPDX-License-Identifier: Apache-2.0 */
/* The executable podtap-ipam: the allocator for any main plugin. */
#include "base/json.h"
#include "cni/program.h"
#include "ipam/allocator.h"

#include <stdio.h>
#include <string.h>

/* Another main plugin does not know what podtap puts in the word's place. */
static int check_gateways(const struct request *r, struct failure *f)
{
	const cJSON *routes = json_member(json_member(r->json, "ipam"), "routes"), *route;

	cJSON_ArrayForEach(route, routes)
	{
		const char *gateway = json_string(json_member(route, "gw"));
		if (gateway && strcmp(gateway, "host") == 0)
			return fail(f, CNI_CONFIG, "only podtap as the main plugin replaces it",
			            "configuration key ipam.routes: gw is \"host\"");
	}
	return 0;
}

/* If the result cannot be printed, its addresses are released. */
static int add(const struct request *r, struct failure *f)
{
	const struct ip_list none = { 0 };
	enum proof proof;
	OWNED(json_release)
	cJSON *result = check_gateways(r, f) < 0 ? NULL : allocator_add(r, &none, &proof, f);
	struct failure ignored = { 0 };

	if (!result)
		return -1;
	if (document_print(result, f) == 0)
		return 0;
	if (allocator_del(r, &ignored) < 0)
		fprintf(stderr, "podtap-ipam: %s: %s\n", ignored.msg, ignored.details);
	return -1;
}

int main(int argc, char **argv)
{
	enum {
		ATTACHMENT = NEEDS_CONTAINERID | NEEDS_IFNAME | NEEDS_PATH,
	};
	static const struct cni_verb verbs[] = {
		{ "ADD", add, ATTACHMENT | NEEDS_NETNS, V0_1_0 },
		{ "CHECK", allocator_check, ATTACHMENT | NEEDS_NETNS, V0_4_0 },
		{ "DEL", allocator_del, ATTACHMENT, V0_1_0 },
		{ "GC", allocator_gc, NEEDS_PATH, V1_1_0 },
		{ "STATUS", allocator_status, NEEDS_PATH, V1_1_0 },
		{ NULL, NULL, 0, V0_1_0 },
	};
	static const struct program program = {
		.name = "podtap-ipam",
		.about = "podtap-ipam: allocates addresses for CNI endpoints",
		.verbs = verbs,
	};
	return program_run(&program, argc, argv);
}
