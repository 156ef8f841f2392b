/* SPDX-License-Identifier: Apache-2.0 */
/* The device plugin's configuration: which resources it offers, on which interfaces. */
#ifndef EXPOSE_DEVICE_PLUGIN_DP_CONFIG_H
#define EXPOSE_DEVICE_PLUGIN_DP_CONFIG_H

#include "base/json.h"
#include "base/keys.h"
#include "netns/link.h"

enum { DP_NAME_TEXT = 64, DP_CAPACITY_MAX = 10000, DP_ENTRIES_MAX = 256 };

struct dp_entry {
	char name[DP_NAME_TEXT]; /* of the resource, in its namespace */
	char lower[MASTER_TEXT]; /* the interface endpoints are made on, or an alternative name */
	uint32_t mode;           /* MACVLAN_MODE_* */
	uint32_t capacity;       /* devices */
};

struct dp_config {
	char name_space[256];     /* before each resource's name */
	struct dp_entry *entries; /* owned */
	size_t n; /* 0: every physical interface and bond is a resource of its own */
};

static inline void dp_config_release(struct dp_config *c)
{
	free(c->entries);
	c->entries = NULL;
}

/* Reads what macvtap-cni's device plugin reads, a list of {name, lowerDevice, mode, capacity}, or
 * an object with this list as `resources` and with `resourceNamespace`. CNI_DECODE where it is no
 * JSON; CNI_CONFIG names the entry and what is wrong with it, unknown keys included. */
int dp_config_read(struct dp_config *c, const char *text, size_t length,
                   struct failure *f) MUST_CHECK;

/* The keys of the object and of an entry, for a caller that describes them. */
key_table dp_document_key, dp_entry_key;

/* The entry of an interface no configuration names. False: its name cannot be a resource's. */
bool dp_entry_of_link(const char *name, struct dp_entry *entry) MUST_CHECK;

#endif
