/* SPDX-License-Identifier: Apache-2.0 */
/* The place of our own files: never below dataDir, because host-local reads every file there. */
#ifndef IPAM_OWN_DIRECTORY_H
#define IPAM_OWN_DIRECTORY_H

#include "base/owned.h"

#include <stdbool.h>
#include <stddef.h>

struct own_directory {        /* /var/lib/podtap/ipam/<hash of dataDir>/<network> */
	char *path;           /* owned */
	const char *data_dir; /* borrowed */
};

void own_directory_release(struct own_directory *p);

/* Find the directory. PODTAP_IPAM_STATE_DIR replaces /var/lib/podtap/ipam. With `change`, a
 * directory of an older generation gets its present name. Returns false if the path is too long. */
bool own_directory_set(struct own_directory *p, const char *data_dir, const char *network,
                       bool change);

/* Open a file in the directory, as open() does. With O_CREAT, makes the directory too. Does not
 * follow links. Returns the descriptor, or -1 with errno. */
int own_directory_open(const struct own_directory *p, const char *name, int flags) MUST_CHECK;

/* Replace a file as a whole: a reader never sees half of it. Returns 0, or -1 with errno. */
int own_directory_write(const struct own_directory *p, const char *name, const void *data,
                        size_t size);

#endif
