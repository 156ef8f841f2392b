/* SPDX-License-Identifier: Apache-2.0 */
/* What a delegate prints when it fails: an error object is ours from then on, and written again it
 * says the same.
 *
 * Reads with: cni/error.c base/failure.c */
#include "cni/error.h"
#include "base/json.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = { 0 }, again = { 0 }, joined = { 0 };

	if (!error_read((const char *)data, size, &f)) {
		PROMISE(f.code == 0);
		return 0;
	}
	PROMISE(f.code > 0);
	OWNED(json_release) cJSON *written = error_write(&f, "1.1.0");
	OWNED(text_release) char *text = written ? cJSON_PrintUnformatted(written) : NULL;
	PROMISE(text && error_read(text, strlen(text), &again));
	PROMISE(again.code == f.code && strcmp(again.msg, f.msg) == 0 &&
	        strcmp(again.details, f.details) == 0);
	PROMISE(failure_join(&joined, &f) < 0 && failure_join(&joined, &again) < 0);
	PROMISE(joined.code == f.code && fail(&joined, 1, "", "later") < 0 &&
	        joined.code == f.code);
	PROMISE(fail_errno(&again, (int)size, "%s", f.msg) < 0 && again.code == f.code);
	return 0;
}
