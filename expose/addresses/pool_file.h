/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a pool in /run/podtap/pools: which addresses podtap-ipam may give. */
#ifndef EXPOSE_ADDRESSES_POOL_FILE_H
#define EXPOSE_ADDRESSES_POOL_FILE_H

#include "expose/addresses/sticky.h"

#include <sys/stat.h>

struct pool_file {
	char *text;         /* owned: as it was written; NULL: not yet */
	struct stat state;  /* of the file that was written */
	bool unproved;      /* the file UNPROVED_SUFFIX is there */
	char problem[512];  /* why the node gets no more addresses; "": none */
	char holders[1024]; /* which nodes hold how many; "": not known */
};

void pool_file_release(struct pool_file *p);

/* Replaces the file, unless it is so already; also where another program damaged it. Returns 1 if
 * it was replaced, 0, or -1 (CNI_IO): then the former file is still there. */
int pool_file_write(struct pool_file *p, const struct claimer *c, const struct sticky *s,
                    const char *directory, struct failure *f) MUST_CHECK;

/* Makes the member of the file for a range of a set. The caller owns it. */
cJSON *pool_range_json(const struct pool_set *set, const struct ip *first, const struct ip *last);

/* Read the file of a pool. Returns its JSON, which the caller owns, or NULL if it cannot be read.
 */
cJSON *pool_file_read(const char *directory, const char *pool);

/* Tells a claimer which of its addresses the file of a former process has. */
void pool_file_recall(struct claimer *c, const char *directory);

void pool_file_remove(const struct claimer *c, const char *directory);

#endif
