/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding single configuration keys of ipam. Absent leaves the value alone; what is not what it
 * should be is CNI_CONFIG, naming the key by its path, its value and what would be right. */
#ifndef IPAM_KEYS_H
#define IPAM_KEYS_H

#include "base/address.h"
#include "base/failure.h"
#include "base/owned.h"

#include <cjson/cJSON.h>

struct keys {
	const cJSON *object;
	char path[96]; /* of the object, for messages */
	struct failure *f;
};

int key_refuse(const struct keys *k, const char *name, const cJSON *value,
               const char *wanted) MUST_CHECK;

int key_bool(const struct keys *k, const char *name, bool *out) MUST_CHECK;
int key_text(const struct keys *k, const char *name, const char **out) MUST_CHECK; /* "": absent */
int key_ip(const struct keys *k, const char *name, struct ip *out) MUST_CHECK;     /* "": absent */
/* 1: there is one; 0: there is none. */
int key_cidr(const struct keys *k, const char *name, struct cidr *out) MUST_CHECK;

/* How long a list may be: some are compared with themselves, member by member. */
enum { LIST_MAX = 4096 };

/* Calls read() for every member of a list, with the member's path; its object is the member. */
int key_each(const struct keys *k, const char *name,
             int (*read)(const struct keys *member, void *data), void *data) MUST_CHECK;

#endif
