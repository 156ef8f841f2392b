/* SPDX-License-Identifier: Apache-2.0 */
/* A cache of a network's reservations, beside the store: which holder has which address. It is
 * valid only while the store's directory is exactly as our own last change left it. Generations of
 * podtap that share one store need nothing more. The layout of the store is always host-local's. An
 * index of another version counts as absent and is built again. */
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
	struct stat seen;     /* the store's directory in the state that the index describes */
	char boot[BOOT_TEXT]; /* the boot in which it was written */
	uint32_t life;        /* the id of the life in which it was written */
	bool stamped;         /* the network has the stamp of that life */
	bool marked;          /* every reservation has a mark */
	bool sound;           /* the index exists, as far as its head shows */
	bool changed;
	int unread; /* the errno of an unreadable reservation; 0: all were readable */
	struct ip unread_ip;
};

#define INDEX_CLOSED                           \
	{                                      \
		.fd = -1, .pages = {.fd = -1 } \
	}

void index_release(struct index *x);

/* Open the index of a directory. x->sound tells whether it exists. */
void index_open(struct index *x, const struct own_directory *p);

/* Returns whether the index was written in a life, by a generation that knows lives. */
bool index_is_of(const struct index *x, const struct life *life);

/* Returns whether the store's directory is unchanged since the index was written. */
bool index_fresh(const struct index *x, const struct store *s);

/* Read the whole store into memory. Afterwards the index is sound. An unreadable file counts as
 * taken, and sets x->unread. With `mark`, a reservation without a mark of the store's life gets
 * one. Returns 0, or -1 (CNI_IO). */
int index_rebuild(struct index *x, const struct store *s, bool mark, struct failure *f) MUST_CHECK;

/* Record in the index one change that the store already has. Returns false if that fails; the
 * caller must then rebuild the index. */
bool index_note(struct index *x, const char *holder, const struct ip *ip, bool taken);

/* Write the changes, for this life. First marks the directory, so that any further change in it
 * shows. A failure leaves no valid index. */
void index_save(struct index *x, const struct store *s, const struct life *life);

#endif
