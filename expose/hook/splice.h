/* SPDX-License-Identifier: Apache-2.0 */
/* Additions to a container's configuration (OCI config.json) as insertions into its original bytes:
 * all else stays as the runtime wrote it, numbers beyond a double's precision included. */
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

/* The path of the network namespace a configuration names, the caller's to free; NULL without a
 * failure where it names none. `text` is to have passed json_check(). */
char *splice_netns(const char *text, size_t length, struct failure *f) MUST_CHECK;

/* Prepares the insertions that give a container these devices: a node and the permission to open
 * it for each. A node the configuration has already is left alone and only permitted, if it is the
 * same device. Fails where the configuration can be read in more than one way or has another device
 * at that path: then nothing is to be added. s is to be released in any case. */
int splice_devices(const char *text, size_t length, const struct device *devices, size_t n,
                   struct splice *s, struct failure *f) MUST_CHECK;

#endif
