/* SPDX-License-Identifier: Apache-2.0 */
/* What was asked: the environment and stdin of one CNI call, validated in the order in which the
 * reference library (skel) does, since the order decides which error a doubly wrong call gets. */
#ifndef CNI_REQUEST_H
#define CNI_REQUEST_H

#include "base/failure.h"
#include "base/name.h"
#include "base/owned.h"
#include "cni/version.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Variables a verb needs (CNI_COMMAND always). */
enum {
	NEEDS_CONTAINERID = 1,
	NEEDS_NETNS = 2,
	NEEDS_IFNAME = 4,
	NEEDS_PATH = 8,
};

enum { REQUEST_MAX = 16 << 20 }; /* bytes of stdin; GC lists may be hundreds of kB */

struct request {
	const char *container_id; /* variables: "" when unset; borrowed from the environment */
	const char *netns;
	const char *ifname;
	const char *args;
	const char *path;
	bool netns_override;
	char *text; /* stdin as it came, for delegates; NUL-terminated, owned */
	size_t length;
	cJSON *json;      /* of text, owned */
	const char *name; /* of the network; borrowed from json */
	enum version version;
};

struct verb {
	const char *name;
	int (*run)(const struct request *, struct failure *);
	unsigned needs;     /* NEEDS_* */
	enum version since; /* the first version that has the verb */
};

void request_release(struct request *r);

/* Finds CNI_COMMAND in a table that ends with a row without name, and reads and validates all the
 * verb needs. *verb is NULL when CNI_COMMAND is VERSION, which needs nothing and reads no stdin.
 * Codes: CNI_ENV, CNI_IO, CNI_DECODE, CNI_CONFIG, CNI_VERSION. r is to be released in any case. */
int request_read(struct request *r, const struct verb *verbs, const struct verb **verb,
                 struct failure *f) MUST_CHECK;

/* The cniVersion of an error object: the configuration's where one is known, else the latest. */
const char *request_version_text(const struct request *r);

/* Checks CNI_ARGS: pairs of KEY=VALUE between semicolons; empty pairs and further '=' are
 * tolerated. A key outside `known` (NULL-terminated) is refused unless IgnoreUnknown says 1 or
 * true. Code CNI_ENV. */
int args_check(const char *args, const char *const known[], struct failure *f) MUST_CHECK;

/* The last value of a key in CNI_ARGS, copied into a buffer. 1: found; 0: absent or empty; -1:
 * longer than the buffer holds. */
int args_find(const char *args, const char *key, char *value, size_t size);

/* Whether a key has one value wherever it stands in CNI_ARGS, or none. */
bool args_agree(const char *args, const char *key);

#endif
