/* SPDX-License-Identifier: Apache-2.0 */
/* The versions of the CNI specification we speak, and how they are compared. */
#ifndef CNI_VERSION_H
#define CNI_VERSION_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* In order: later is greater. */
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

/* Exact string equality with a supported version. */
bool version_find(const char *text, enum version *out);

/* Compares as the reference library does: one to three dot-separated numbers, missing ones 0.
 * False where the text is no version; else *at_least tells whether it is v or later. */
bool version_at_least(const char *text, enum version v, bool *at_least);

/* "0.1.0, 0.2.0, …" for messages; static. */
const char *version_list(void);

/* What VERSION prints: cniVersion 1.1.0 and supportedVersions. The caller owns it. */
cJSON *version_report(void);

#endif
