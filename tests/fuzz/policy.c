/* SPDX-License-Identifier: Apache-2.0 */
/* A policy and, after an empty line, a question in four lines (network, namespace, master, file):
 * what is accepted answers every question, and no rule at all allows nothing.
 *
 * Reads with: plugin/policy_rules.c plugin/policy_keys.c */
#include "plugin/policy_rules.h"

#include "base/unknown_keys.h"
#include "tests/fuzz/fuzz.h"

#include <linux/if_link.h>

enum { LINES = 4 };

static void ask(const struct policy *p, const char *const line[LINES], const struct config *c)
{
	struct failure f = { 0 };
	OWNED(json_release) cJSON *asked = cJSON_CreateObject();
	PROMISE(cJSON_AddStringToObject(asked, "logFile", line[3]));
	const struct policy_question q = { .network = line[0],
		                           .pod_namespace = line[1],
		                           .master = *line[2] ? line[2] : NULL,
		                           .mode = c->mode,
		                           .config = c,
		                           .json = asked };

	if (policy_judge(p, &q, &f) < 0)
		PROMISE(f.code == CNI_CONFIG && *f.details);
	else
		PROMISE(cJSON_GetArraySize(cJSON_GetObjectItem(p->json, "rules")) > 0 &&
		        (!*line[3] || policy_has_file(p, line[3])));
	if (policy_has_file(p, line[3]))
		PROMISE(*line[3] == '/' && !strstr(line[3], "/../"));
}

static void on_unknown(const char *path, const char *meant, void *data)
{
	(void)path, (void)meant, (void)data;
	PROMISE(false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED(text_release) char *text = text_of(data, size);
	OWNED(policy_release) struct policy p = { .path = "/p" };
	const char *line[LINES] = { "net", "", "eth0", "" };
	char *at = strstr(text, "\n\n");
	struct failure f = { 0 };

	if (at)
		*at++ = '\0';
	for (int i = 0; i < LINES && at; i++) {
		*at++ = '\0';
		line[i] = at;
		at = strchr(at, '\n');
	}
	if (at)
		*at = '\0';
	if (policy_parse(&p, text, strlen(text), &f) < 0) {
		PROMISE(f.code == CNI_CONFIG || f.code == CNI_DECODE);
		return 0;
	}
	/* A policy that was accepted has no unknown key, at any depth. */
	keys_unknown(p.json, "", policy_key, NULL, &(struct unknown_visit){ on_unknown, NULL });
	for (int i = 0; i < 8; i++) {
		const bool more = i & 4;
		struct config c = { .kind = link_kind_find(i & 1 ? "macvtap" : "macvlan"),
			            .mode = i & 2 ? MACVLAN_MODE_BRIDGE : MACVLAN_MODE_PASSTHRU,
			            .force = i == 3,
			            .tap = { 107, 0, 0660 },
			            .has_mac = more,
			            .bcqueuelen = more ? 2000 : 0,
			            .tx_queue = more ? 2000 : 0,
			            .antispoof = more,
			            .bandwidth = { .egress_rate = more ? 2000 : 0,
			                           .ingress_rate = more ? 3000 : 0 },
			            .device_id = more ? line[2] : NULL };
		if (more)
			sysctls_add(&c.sysctls, SETTINGS_IPV6, "accept_ra", 0);
		ask(&p, line, &c);
	}
	return 0;
}
