/* SPDX-License-Identifier: Apache-2.0 */
/* What podtapctl asks of the running program, by files in the directory of the pools: when it last
 * heard of the engine, and which nodes hold how many addresses of a pool. */
#ifndef EXPOSE_ADDRESSES_VIEW_H
#define EXPOSE_ADDRESSES_VIEW_H

#include "expose/addresses/claim.h"

struct view {
	int contact;     /* the file whose time is that of the engine's last answer; locked */
	int64_t told_at; /* when it was written last, by the monotonic clock */
};

#define VIEW_CLOSED            \
	{                      \
		.contact = -1, \
	}

/* Opens the file, and locks it: a reader that finds it locked knows that the program runs. Returns
 * 0, or -1: CNI_AGAIN if another podtap-addresses runs. */
int view_open(struct view *v, const char *directory, struct failure *f) MUST_CHECK;
void view_release(struct view *v);

/* Notes that the engine has answered. */
void view_contact(struct view *v);

/* Returns whether podtapctl asks about a pool. It asks once. */
bool view_wanted(const char *directory, const char *pool);

/* Lists all blocks of a pool, and writes what each node holds. A failure of the engine is written,
 * too, and returned. */
enum engine_answer view_write(struct engine *e, const struct address_pool *p, const char *directory,
                              struct failure *f);

#endif
