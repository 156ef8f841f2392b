/* SPDX-License-Identifier: Apache-2.0 */
/* Results of every version, as prevResult or a delegate gives them: what is read can be written in
 * each version, and what was written reads as the same.
 *
 * Reads with: cni/result_read.c cni/result_write.c cni/result.c */
#include "cni/result.h"
#include "base/json.h"
#include "tests/fuzz/fuzz.h"

static void write_and_read(const struct result *r, enum version v)
{
	struct failure f = { 0 };
	OWNED(json_release) cJSON *written = result_write(r, v, &f);
	OWNED(text_release) char *text = written ? cJSON_PrintUnformatted(written) : NULL;
	OWNED(result_release) struct result again = { 0 };

	PROMISE(written || f.code == CNI_CONFIG);
	if (!text)
		return;
	OWNED(json_release) cJSON *json = json_parse(text, strlen(text), "it", &f);
	PROMISE(json && result_read(&again, json, v, "it", &f) == 0);
	PROMISE(v < V0_3_0 || (again.n_ips == r->n_ips && again.n_routes == r->n_routes &&
	                       again.n_interfaces == r->n_interfaces));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = { 0 };
	OWNED(text_release) char *text = text_of(data, size);
	OWNED(json_release) cJSON *json = json_parse(text, size, "the input", &f);
	OWNED(result_release) struct result r = { 0 };

	if (!json || result_read(&r, json, VERSION_LATEST, "the input", &f) < 0) {
		PROMISE(f.code);
		return 0;
	}
	for (enum version v = V0_1_0; v < VERSION_COUNT; v++)
		write_and_read(&r, v);
	return 0;
}
