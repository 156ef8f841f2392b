/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoint records: what is accepted names an endpoint, and survives being written again.
 *
 * Reads with: record/endpoint_json.c */
#include "base/json.h"
#include "record/endpoint.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = { 0 };
	OWNED(text_release) char *text = text_of(data, size);
	OWNED(endpoint_release) struct endpoint e = { .source = NULL }, again = { .source = NULL };
	cJSON *json = json_parse(text, size, "the input", &f);

	if (!json)
		return 0;
	if (endpoint_from_json(json, &e, &f) < 0) {
		PROMISE(f.code == CNI_DECODE);
		return 0;
	}
	PROMISE(e.network && e.container_id && e.ifname && e.kind && e.ifindex);
	OWNED(json_release) cJSON *written = endpoint_to_json(&e);
	OWNED(text_release) char *spelled = written ? cJSON_PrintUnformatted(written) : NULL;
	if (!spelled)
		return 0;
	cJSON *read = json_parse(spelled, strlen(spelled), "it", &f);
	PROMISE(read && endpoint_from_json(read, &again, &f) == 0);
	PROMISE(again.ifindex == e.ifindex && again.ready == e.ready &&
	        again.netns.cookie == e.netns.cookie &&
	        (!e.tap.path || again.tap.number == e.tap.number));
	return 0;
}
