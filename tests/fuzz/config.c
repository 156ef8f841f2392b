/* SPDX-License-Identifier: Apache-2.0 */
/* The network configuration with CNI_ARGS (the input's first line): accepted means complete and
 * within its ranges, DEL's reading never fails, and who is on GC's list is found there.
 *
 * Reads with: plugin/config.c cni/attachments.c */
#include "plugin/config.h"
#include "base/json.h"
#include "cni/attachments.h"
#include "tests/fuzz/fuzz.h"

static void check_attachments(const cJSON *config)
{
	struct failure f = { 0 };
	const cJSON *list, *item;
	const int told = attachments_read(config, &list, &f);

	PROMISE(told < 0 ? f.code == CNI_CONFIG : f.code == 0);
	if (told < 0)
		return;
	PROMISE(told || !list);
	OWNED(attachments_release) struct attachments a = { .n = 0 };
	PROMISE(attachments_index(&a, list, &f) == 0);
	cJSON_ArrayForEach(item, list)
	{
		PROMISE(attachments_have(&a, json_string(json_member(item, "containerID")),
		                         json_string(json_member(item, "ifname"))));
	}
	PROMISE(!attachments_have(&a, "", "nobody's") || list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = { 0 };
	OWNED(text_release) char *args = text_of(data, size);
	char *config = strchr(args, '\n');
	if (!config)
		return 0;
	*config++ = '\0';
	OWNED(json_release) cJSON *json = json_parse(config, strlen(config), "the input", &f);
	if (!json)
		return 0;

	const struct request r = { .container_id = "c",
		                   .netns = "/n",
		                   .ifname = "i",
		                   .args = args,
		                   .path = "/p",
		                   .json = json,
		                   .name = "n" };
	struct config c;
	if (config_read(&c, &r, true, &f) == 0) {
		PROMISE(c.kind && (!c.mode || word_text(link_modes, c.mode)));
		PROMISE(c.queues >= 1 && c.queues <= QUEUES_MAX && c.n_sources <= SOURCES_MAX);
		PROMISE(c.mtu == 0 || (c.mtu >= 68 && c.mtu <= 65535));
		PROMISE(!c.has_mac || mac_is_unicast(&c.mac));
		PROMISE(strlen(c.master) < sizeof c.master && (c.tap.mode & ~0777u) == 0);
		PROMISE(address_owner_name(c.address_owner));
		PROMISE(!c.device_id || strcmp(c.device_id, config_device_id(&r)) == 0);
	} else {
		PROMISE(f.code == CNI_CONFIG || f.code == CNI_ENV);
	}
	config_read_leniently(&c, &r);
	PROMISE(c.kind);
	check_attachments(json);
	return 0;
}
