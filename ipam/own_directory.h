/* SPDX-License-Identifier: Apache-2.0 */
/* Where we keep what is ours alone: never below dataDir, where host-local reads every file. */
#ifndef IPAM_OWN_DIRECTORY_H
#define IPAM_OWN_DIRECTORY_H

#include "base/owned.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct own_directory { /* /var/lib/podtap/ipam/<hash of dataDir>/<network> */
	char path[PATH_MAX];
	const char *data_dir; /* borrowed */
};

/* Find the directory; PODTAP_IPAM_STATE_DIR moves /var/lib/podtap/ipam. With `change`, a directory
 * that an older generation made gets its present name. Returns false if the path is too long. */
bool own_directory_set(struct own_directory *p, const char *data_dir, const char *network,
                       bool change);

/* Opens a file in the directory as open() does; with O_CREAT the directory is made too. Links are
 * not followed. -1 with errno. */
int own_directory_open(const struct own_directory *p, const char *name, int flags) MUST_CHECK;

/* Replaces a file as a whole: there is never half of it. -1 with errno. */
int own_directory_write(const struct own_directory *p, const char *name, const void *data,
                        size_t size);

#endif
