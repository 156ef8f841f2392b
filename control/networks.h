/* SPDX-License-Identifier: Apache-2.0 */
/* The networks of podtap's that are configured on the node: files of runtimes, of Multus and of
 * podman. */
#ifndef CONTROL_NETWORKS_H
#define CONTROL_NETWORKS_H

#include "cni/request.h"
#include "control/node.h"
#include "plugin/config.h"

struct network {
	char *path;              /* of the file, within the node; owned */
	struct request request;  /* that of a call without a container; its json is NULL if the file
	                          * cannot be read */
	struct config *config;   /* owned, borrows from the request; NULL: invalid */
	struct failure *invalid; /* owned; NULL: valid */
	bool netavark;
};

struct networks {
	struct network *list; /* owned */
	size_t n;
};

void networks_release(struct networks *l);

/* Find the networks of podtap's, and decode each as podtap does. A file that is not JSON is listed,
 * too: it may be one. Returns 0, or -1 without memory. */
int networks_find(struct networks *l, const struct node *node, struct failure *f) MUST_CHECK;

/* Add the networks of podtap's that one document configures, as networks_find() does. Takes the
 * JSON over. `path` names its file in messages. Returns 0, or -1 without memory. */
int networks_add(struct networks *l, const struct node *node, const char *path, cJSON *json,
                 struct failure *f) MUST_CHECK;

/* Call on_file() for every file of a network, of any plugin, until it returns -1. `path` is within
 * the node. Returns 0 or -1. */
int network_files_each(const struct node *node,
                       int (*on_file)(const char *path, bool netavark, void *data), void *data);

#endif
