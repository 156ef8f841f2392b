/* SPDX-License-Identifier: Apache-2.0 */
/* The supported versions of the CNI specification, and their comparison. */
#ifndef CNI_VERSION_H
#define CNI_VERSION_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* In ascending order. */
enum version {
	V0_1_0,
	V0_2_0,
	V0_3_0,
	V0_3_1,
	V0_4_0,
	V1_0_0,
	V1_1_0,
	VERSION_COUNT,
	VERSION_LATEST = V1_1_0,
};

const char *version_text(enum version v);

/* Find a supported version by exact string equality. */
bool version_find(const char *text, enum version *out);

/* Compare a version with v, as the reference library does. A version is one to three numbers,
 * separated by dots; a missing number is 0. Returns false if the text is not a version. *at_least:
 * the version is v or later. */
bool version_at_least(const char *text, enum version v, bool *at_least);

/* Returns "0.1.0, 0.2.0, …" for messages; static. */
const char *version_list(void);

/* Make the report of VERSION: cniVersion 1.1.0 and supportedVersions. The caller owns it. */
cJSON *version_report(void);

#endif
