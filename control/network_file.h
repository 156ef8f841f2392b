/* SPDX-License-Identifier: Apache-2.0 */
/* A network's configuration in a file, as runtimes have it: of one plugin, or a list of plugins. */
#ifndef CONTROL_NETWORK_FILE_H
#define CONTROL_NETWORK_FILE_H

#include "base/failure.h"
#include "base/json.h"
#include "cni/version.h"

struct network_file {
	cJSON *json; /* owned; the rest borrows from it */
	const char *name;
	const char *version;  /* cniVersion, or the highest known one of cniVersions */
	const cJSON *plugins; /* the list; NULL: the file configures one plugin */
};

void network_file_release(struct network_file *n);

/* Read a file ("-": stdin). Every plugin in it has a type. Returns 0, or -1: CNI_IO, CNI_DECODE or
 * CNI_CONFIG. The caller releases n in any case. */
int network_file_read(struct network_file *n, const char *path, struct failure *f) MUST_CHECK;

/* The same for a configuration that was read from `path`. Takes the JSON over, also on failure. */
int network_file_take(struct network_file *n, cJSON *json, const char *path,
                      struct failure *f) MUST_CHECK;

/* Read the text of a file ("-": stdin). The caller owns it. Returns NULL on failure (CNI_IO). */
char *network_file_text(const char *path, size_t *length, struct failure *f) MUST_CHECK;

/* Returns the plugin at a place, borrowed, or NULL after the last. */
const cJSON *network_file_plugin(const struct network_file *n, size_t place);

/* Make the configuration that a runtime gives one plugin: of a list, with the list's name and
 * cniVersion. The caller owns it. Returns NULL if there is no memory. */
cJSON *network_file_config(const struct network_file *n, const cJSON *plugin,
                           struct failure *f) MUST_CHECK;

#endif
