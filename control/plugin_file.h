/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a directory of plugins: copying, comparing, and whose they are. */
#ifndef CONTROL_PLUGIN_FILE_H
#define CONTROL_PLUGIN_FILE_H

#include "base/owned.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PLUGIN_FILE_TEXT = 512 };

/* Make the name of the unfinished copy that becomes NAME. */
void plugin_file_fresh(char fresh[static NAME_MAX], const char *name);

/* Read where a link leads. Returns 0, or -1 with errno: EINVAL if it is no link. */
int plugin_file_target(int directory, const char *name, char target[static PATH_MAX]) MUST_CHECK;

/* Copy a file to a new one with that mode, and wait until the disk has it. Returns 0, or -1 with
 * errno, with a part of the copy left. */
int plugin_file_copy(int from, const char *name, int to, const char *copy, mode_t mode) MUST_CHECK;

/* Whether two names have one file, over links too, or two regular files of the same bytes. */
bool plugin_file_same(int a, const char *name_a, int b, const char *name_b);

/* Whether a regular file is an executable of podtap. It is read, and not run. */
bool plugin_file_is_podtap(int directory, const char *name);

/* Wait until the disk has the directory's names. A file system that cannot say it is no failure.
 * Returns 0, or -1 with errno. */
int plugin_names_settle(int directory) MUST_CHECK;

/* Say whose file it is, without running it: where a link leads, the package path that Go's linker
 * writes into an executable, the size and the date. */
void plugin_file_describe(int directory, const char *name, char text[static PLUGIN_FILE_TEXT]);

#endif
