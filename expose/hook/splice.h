/* SPDX-License-Identifier: Apache-2.0 */
/* Additions to a container's configuration (OCI config.json) as insertions into its original bytes.
 * All else stays as the runtime wrote it, also numbers beyond a double's precision. */
#ifndef EXPOSE_HOOK_SPLICE_H
#define EXPOSE_HOOK_SPLICE_H

#include "record/device_nodes.h"

struct insertion {
	size_t at;   /* in the configuration */
	size_t skip; /* bytes there that it replaces: a null */
	char *text;  /* owned */
};

struct splice {
	struct insertion insertion[2]; /* in the order of their places */
	size_t n;
};

void splice_release(struct splice *s);

/* Returns the path of the configuration's network namespace, which the caller frees; NULL without a
 * failure if it has none. `text` must have passed json_check(). */
char *splice_netns(const char *text, size_t length, struct failure *f) MUST_CHECK;

/* Prepares the insertions that give a container these devices: for each, a node and the permission
 * to open it. If the configuration has the node already, only the permission is added. Fails if the
 * configuration is ambiguous, or has another device at that path: then add nothing. The caller
 * releases s in any case. */
int splice_devices(const char *text, size_t length, const struct device *devices, size_t n,
                   struct splice *s, struct failure *f) MUST_CHECK;

#endif
