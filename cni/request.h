/* SPDX-License-Identifier: Apache-2.0 */
/* The request of one CNI call: environment and stdin, validated in the order of the reference
 * library (skel). The order decides which error a call with two errors gets. */
#ifndef CNI_REQUEST_H
#define CNI_REQUEST_H

#include "base/failure.h"
#include "base/name.h"
#include "base/owned.h"
#include "cni/version.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The variables that a verb needs. Every verb needs CNI_COMMAND. */
enum {
	NEEDS_CONTAINERID = 1,
	NEEDS_NETNS = 2,
	NEEDS_IFNAME = 4,
	NEEDS_PATH = 8,
};

enum { REQUEST_MAX = 16 << 20 }; /* bytes of stdin; the lists of GC can have hundreds of kB */

struct request {
	const char *container_id; /* variables: "" if unset; borrowed from the environment */
	const char *netns;
	const char *ifname;
	const char *args;
	const char *path;
	bool netns_override;
	char *text; /* stdin unchanged, for delegates; NUL-terminated, owned */
	size_t length;
	cJSON *json;      /* the tree of text; owned */
	const char *name; /* the name of the network; borrowed from json */
	enum version version;
	int64_t began;         /* clock_microseconds() at the start of the call */
	uint64_t netns_cookie; /* of the namespace the call runs in; 0: nobody asked yet */
};

struct cni_verb {
	const char *name;
	int (*run)(const struct request *, struct failure *);
	unsigned needs;     /* NEEDS_* */
	enum version since; /* the first version that has the verb */
};

void request_release(struct request *r);

/* Find CNI_COMMAND in a table whose last row has no name. Reads and validates all that the verb
 * needs. *verb is NULL for the verb VERSION, which needs nothing and reads no stdin. Returns 0, or
 * -1: CNI_ENV, CNI_IO, CNI_DECODE, CNI_CONFIG or CNI_VERSION. The caller releases r in any case. */
int request_read(struct request *r, const struct cni_verb *verbs, const struct cni_verb **verb,
                 struct failure *f) MUST_CHECK;

/* Decode r->text, which the caller set, as the stdin of a call: sets json, name and version.
 * Returns 0, or -1: CNI_DECODE, CNI_CONFIG or CNI_VERSION. The caller releases r in any case. */
int request_decode(struct request *r, struct failure *f) MUST_CHECK;

/* Set the variables of the request in the environment, for plugins that it executes. Returns 0 or
 * -1. */
int request_export(const struct request *r, struct failure *f) MUST_CHECK;

/* Returns the cniVersion for an error object: the configuration's if it is known, else the
 * latest. */
const char *request_version_text(const struct request *r);

/* Check CNI_ARGS: pairs of KEY=VALUE, separated by semicolons. Accepts empty pairs, and '=' in a
 * value. Refuses a key that is not in `known` (NULL-terminated), unless IgnoreUnknown is 1 or true.
 * Returns 0, or -1 (CNI_ENV). */
int args_check(const char *args, const char *const known[], struct failure *f) MUST_CHECK;

/* Copy the last value of a key in CNI_ARGS into a buffer. Returns 1 if found, 0 if absent or empty,
 * -1 if the value is longer than the buffer. */
int args_find(const char *args, const char *key, char *value, size_t size);

/* Returns whether all occurrences of a key in CNI_ARGS have the same value. True if the key is
 * absent. */
bool args_agree(const char *args, const char *key);

#endif
