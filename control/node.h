/* SPDX-License-Identifier: Apache-2.0 */
/* The files of the node that is examined: this machine's, or those below another root. */
#ifndef CONTROL_NODE_H
#define CONTROL_NODE_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct node {
	int root;         /* a descriptor of its root directory; -1: closed */
	const char *path; /* the root's, for messages: "" for this machine's */
};

#define NODE_CLOSED                    \
	{                              \
		.root = -1, .path = "" \
	}

#define NRI_SOCKET "/var/run/nri/nri.sock"

/* The option of every verb that examines the node; its key is 'r'. */
#define NODE_OPTION                                                                       \
	{                                                                                 \
		"root", "DIRECTORY", 'r', "examine the files of the node below DIRECTORY" \
	}

void node_release(struct node *n);

/* Open a root (NULL: this machine's). Below another root, the directories of podtap's state are
 * taken there, too, unless the environment names them. Returns 0 or -1. */
int node_open(struct node *n, const char *root, struct failure *f) MUST_CHECK;

/* Open an absolute path of the node. Symlinks lead nowhere else than below its root. Returns a
 * descriptor, which the caller owns, or -1 with errno. */
int node_file(const struct node *n, const char *path, int flags) MUST_CHECK;

/* Look at an object of the node. Returns 0, or -1 with errno. */
int node_look(const struct node *n, const char *path, struct stat *st) MUST_CHECK;

/* Whether a hook of podtap is in one of the directories of OCI hooks. *path is its path, in the
 * buffer, if it is. */
bool node_has_hook(const struct node *n, char *path, size_t size);

/* Read the value of a key of a TOML file, such as bin_dir = "/opt/cni/bin", by its first line with
 * that key; of a list, the first value. Returns false if no line has it, or the file cannot be
 * read. */
bool toml_text(const struct node *node, const char *path, const char *key, char *text, size_t size);

#endif
