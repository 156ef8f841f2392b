/* SPDX-License-Identifier: Apache-2.0 */
/* Writing an archive of small files that every tar reads (POSIX ustar). */
#ifndef CONTROL_ARCHIVE_H
#define CONTROL_ARCHIVE_H

#include "base/failure.h"
#include "base/owned.h"

#include <stddef.h>
#include <time.h>

struct archive {
	int fd; /* borrowed */
	time_t when;
	const char *directory; /* what every name begins with; borrowed */
};

/* Add a file with mode 0600. The name has parts between slashes, without leading slash; a part that
 * is too long is cut. Returns 0, or -1 (CNI_IO). */
int archive_add(const struct archive *a, const char *name, const char *text, size_t length,
                struct failure *f) MUST_CHECK;

/* Write the end. Returns 0, or -1 (CNI_IO). */
int archive_end(const struct archive *a, struct failure *f) MUST_CHECK;

#endif
