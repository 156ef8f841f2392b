/* SPDX-License-Identifier: Apache-2.0 */
/* The reservations of one network: host-local's directory, byte for byte. A file per address holds
 * who has it; last_reserved_ip.N what range set N gave last; lock is held while anything is done.
 */
#ifndef IPAM_STORE_H
#define IPAM_STORE_H

#include "base/address.h"
#include "base/failure.h"
#include "base/found.h"
#include "base/owned.h"
#include "ipam/boot.h"

#include <limits.h>

enum { HOLDER_MAX = 4096 }; /* bytes of "<containerID>\r\n<ifname>" */

struct store {
	char path[PATH_MAX];
	int dir;
	int lock;
	const struct life *life; /* borrowed: what reservations are marked with; NULL: not at all */
	bool unmarked;           /* a reservation was made that could not be marked */
};

#define STORE_CLOSED                  \
	{                             \
		.dir = -1, .lock = -1 \
	}

void store_release(struct store *s);

enum store_use {
	STORE_LOOK,   /* makes nothing; without a lock file there is nobody to wait for */
	STORE_CHANGE, /* one that is there */
	STORE_CREATE, /* makes it where there is none */
};

/* Open <data_dir>/<network> and wait for its lock. Returns FOUND_NONE if the directory is missing,
 * or if STORE_CHANGE finds neither lock nor reservation in it. Code CNI_IO with the path. */
enum found store_open(struct store *s, const char *data_dir, const char *network,
                      enum store_use use, struct failure *f) MUST_CHECK;

enum holding {
	HOLDING_NONE,    /* no such file */
	HOLDING_NOBODY,  /* an empty file, left by a crash: the address is free */
	HOLDING_SOMEONE, /* a reservation */
	HOLDING_FOREIGN, /* something else is there: not free, and not ours to touch */
	HOLDING_UNKNOWN, /* it cannot be read now: not free; errno says why */
};

/* Who holds an address; the text is what the file holds, without white space around it. */
enum holding store_read(const struct store *s, const struct ip *ip,
                        char holder[static HOLDER_MAX + 1]);

/* Reserve an address for a holder. The file appears complete or not at all; with `durable` it also
 * survives a power failure. Returns FOUND if the address was free and is now reserved, FOUND_NONE
 * if it is held. Code CNI_IO. */
enum found store_reserve(struct store *s, const struct ip *ip, const char *holder, bool durable,
                         struct failure *f) MUST_CHECK;

/* Remove a reservation. If it is gone already, that is no error. Code CNI_IO. */
int store_remove(const struct store *s, const struct ip *ip, struct failure *f) MUST_CHECK;

/* What range set N gave last: only a hint where to go on, so that nothing fails for it. Family 0:
 * none. */
struct ip store_last(const struct store *s, size_t set);
void store_last_write(const struct store *s, size_t set, const struct ip *ip);

/* Calls visit() for every file named like an address, whatever is in it; errno says why where it
 * cannot be read. A negative return of it ends the walk and is returned. Code CNI_IO. */
struct reservation {
	const struct ip *ip;
	enum holding holding;
	const char *holder;
	int fd; /* borrowed: the file; -1 if it could not be opened */
};
struct store_visit {
	int (*visit)(const struct reservation *r, void *data);
	void *data;
};
int store_each(const struct store *s, const struct store_visit *v, struct failure *f) MUST_CHECK;

#endif
