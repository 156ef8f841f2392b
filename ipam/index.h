/* SPDX-License-Identifier: Apache-2.0 */
/* A cache of a network's reservations, beside the store: who holds which address. It is believed
 * only while the store's directory is exactly as our own last change left it. Generations of podtap
 * that work on one store need nothing more: its layout is host-local's for good, and an index of
 * another version is none and is built anew. */
#ifndef IPAM_INDEX_H
#define IPAM_INDEX_H

#include "ipam/boot.h"
#include "ipam/pages.h"
#include "ipam/store.h"

#include <sys/stat.h>

struct index {
	const struct own_directory *directory; /* borrowed */
	int fd;
	struct pages pages;
	struct stat seen;     /* the store's directory as the index describes it */
	char boot[BOOT_TEXT]; /* in which it was written */
	uint32_t life;        /* the id of the life in which it was written */
	bool stamped;         /* the network has the stamp of that life */
	bool marked;          /* every reservation has a mark */
	bool sound;           /* there is one, as far as its head tells */
	bool changed;
	int unread; /* the errno of a reservation that could not be read; 0: all could */
	struct ip unread_ip;
};

#define INDEX_CLOSED                           \
	{                                      \
		.fd = -1, .pages = {.fd = -1 } \
	}

void index_release(struct index *x);

/* Opens the index a directory has, if any; x->sound tells. */
void index_open(struct index *x, const struct own_directory *p);

/* Whether the index was written in a life, by a generation that knows lives. */
bool index_is_of(const struct index *x, const struct life *life);

/* Whether the store's directory is as it was when the index was written. */
bool index_fresh(const struct index *x, const struct store *s);

/* Reads the whole store instead, into memory; afterwards the index is sound. A file that cannot be
 * read counts as taken, and x->unread says so. With `mark`, reservations without a mark of the
 * store's life get one. Code CNI_IO. */
int index_rebuild(struct index *x, const struct store *s, bool mark, struct failure *f) MUST_CHECK;

/* Tells the index of one change already made in the store. False: it could not be told and is to be
 * rebuilt. */
bool index_note(struct index *x, const char *holder, const struct ip *ip, bool taken);

/* Writes what changed, for this life, after marking the directory so that any further change in it
 * shows. Failing leaves no index that would be believed. */
void index_save(struct index *x, const struct store *s, const struct life *life);

#endif
