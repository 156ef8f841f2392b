/* SPDX-License-Identifier: Apache-2.0 */
/* The reservations of one network: host-local's directory, byte for byte. Each address has a file,
 * which contains its holder. last_reserved_ip.N contains the last address of range set N. The lock
 * is held during every operation but opening and preparing. */
#ifndef IPAM_STORE_H
#define IPAM_STORE_H

#include "base/address.h"
#include "base/failure.h"
#include "base/found.h"
#include "base/owned.h"
#include "ipam/mark.h"

#include <limits.h>

enum {
	HOLDER_MAX = 4096, /* bytes of "<containerID>\r\n<ifname>" */
	PREPARED_MAX = 2,  /* an attachment mostly gets an address of each family at most */
};

enum store_use {
	STORE_LOOK,   /* makes nothing; without a lock file, there is no other call to wait for */
	STORE_CHANGE, /* needs an existing directory */
	STORE_CREATE, /* makes the directory if it is missing */
};

/* A file without a name that has a holder and a mark. A name makes it a reservation. */
struct prepared {
	int fd;     /* -1: none */
	bool named; /* it is a reservation now; closing it can wait */
	struct mark mark;
};

struct store {
	char *path; /* owned */
	enum store_use use;
	int dir;
	int lock;
	struct prepared prepared[PREPARED_MAX];
	struct {
		int fd; /* of last_reserved_ip.<set>; -1: not open */
		size_t set;
		size_t length;
	} last;
	const struct life *life; /* borrowed: the life for marks; NULL: writes no marks */
	bool unmarked;           /* a new reservation could not be marked */
};

#define STORE_CLOSED                                                                             \
	{                                                                                        \
		.dir = -1, .lock = -1, .prepared = { { .fd = -1 }, { .fd = -1 } }, .last.fd = -1 \
	}

void store_release(struct store *s);

/* Open <data_dir>/<network>, without its lock. Returns FOUND_NONE if the directory is missing.
 * Returns FOUND_FAILED (CNI_IO) with the path. */
enum found store_open(struct store *s, const char *data_dir, const char *network,
                      enum store_use use, struct failure *f) MUST_CHECK;

/* Do what needs no lock for the next `n` reservations of a holder, so that other calls need not
 * wait for it. s->life must be set. No failure is reported: store_reserve() does all of it
 * again. */
void store_prepare(struct store *s, const char *holder, size_t n, bool durable);

/* Wait for the lock. The functions below need it, unless they say otherwise. Returns FOUND_NONE if
 * STORE_CHANGE finds neither lock nor reservation. Returns FOUND_FAILED (CNI_IO) with the path. */
enum found store_lock(struct store *s, struct failure *f) MUST_CHECK;

enum holding {
	HOLDING_NONE,    /* no such file */
	HOLDING_NOBODY,  /* an empty file after a crash: the address is free */
	HOLDING_SOMEONE, /* a reservation */
	HOLDING_FOREIGN, /* something else: not free, and we must not change it */
	HOLDING_UNKNOWN, /* unreadable now: not free; errno has the reason */
};

/* Read the holder of an address. The text is the contents of the file, without the white space
 * around it. */
enum holding store_read(const struct store *s, const struct ip *ip,
                        char holder[static HOLDER_MAX + 1]);

/* Reserve an address for a holder, the one of store_prepare(). The file appears complete or not at
 * all. With `durable` it also survives a power failure, after store_sync(). Returns FOUND if the
 * address was free and is now reserved, FOUND_NONE if it is held, FOUND_FAILED (CNI_IO). */
enum found store_reserve(struct store *s, const struct ip *ip, const char *holder, bool durable,
                         struct failure *f) MUST_CHECK;

/* Let new reservations survive a power failure. Needs no lock. Returns 0, or -1 (CNI_IO). */
int store_sync(const struct store *s, struct failure *f) MUST_CHECK;

/* Remove a reservation. An absent reservation is no error. Returns 0, or -1 (CNI_IO). */
int store_remove(const struct store *s, const struct ip *ip, struct failure *f) MUST_CHECK;

/* Returns the last address of range set N; family 0: not known. It is only a hint where to
 * continue, so no failure is reported. */
struct ip store_last(struct store *s, size_t set);
void store_last_write(struct store *s, size_t set, const struct ip *ip);

/* Read the name of a reservation. Returns false for other files: only the canonical spelling of an
 * address is a name of the store. */
bool store_name_parse(const char *name, struct ip *ip);

/* Call visit() for every file with the name of an address, with any contents. errno has the reason
 * if a file is unreadable. A negative return of visit() ends the walk and is returned. Returns -1
 * (CNI_IO) on failure. */
struct reservation {
	const struct ip *ip;
	enum holding holding;
	const char *holder;
	int fd; /* borrowed: the open file; -1 if the open failed */
};
struct store_visit {
	int (*visit)(const struct reservation *r, void *data);
	void *data;
};
int store_each(const struct store *s, const struct store_visit *v, struct failure *f) MUST_CHECK;

#endif
