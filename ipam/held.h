/* SPDX-License-Identifier: Apache-2.0 */
/* A pool of the cluster, as this node has it: the file in which podtap-addresses says which of its
 * addresses the node holds. An address may be given only while the file, read under the store's
 * lock, has it: so podtap-addresses can take one out, and then prove that nobody uses it. */
#ifndef IPAM_HELD_H
#define IPAM_HELD_H

#include "base/address.h"
#include "base/failure.h"
#include "base/json.h"
#include "base/owned.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

enum {
	POOL_NAME = 64, /* a DNS label and its NUL */
	POD_NAME = 254,
	HELD_MAX = 1 << 18,  /* bytes of the file */
	HELD_WAIT_MOST = 60, /* seconds */
};

/* The call that wants an address which belongs to an owner. podtap-addresses finds the owner. */
struct held_call {
	const char *sticky; /* the kind of the owner: "vm", "pod" or "claim"; NULL: any address is
	                       right */
	char space[POOL_NAME]; /* the pod's namespace; "": the call does not say the pod */
	char pod[POD_NAME];
	const char *ifname;  /* borrowed */
	uint64_t number;     /* of the call: a hash of all that */
	const cJSON *answer; /* borrowed from the file; NULL: not yet */
};

struct held {
	const char *pool;    /* borrowed; NULL: no pool */
	uint32_t wait;       /* seconds for which an ADD waits for an address */
	int fd;              /* the file that was read; -1: no file */
	struct stat seen;    /* its identity; all zero: there was none */
	bool lacking;        /* a network of the pool has no address here */
	const char *holders; /* who holds which addresses; borrowed from json; NULL: not told */
	const char *problem; /* why the node gets no more; likewise */
	struct held_call call;
	cJSON *json; /* owned */
};

#define HELD_NONE        \
	{                \
		.fd = -1 \
	}

void held_release(struct held *h);

/* Returns whether a text is a valid name of a pool: a DNS label. */
bool pool_name_valid(const char *name);

/* Returns the directory of the files: pools in $PODTAP_STATE_DIR or /run/podtap. false: the path is
 * too long. */
bool held_directory(char path[static PATH_MAX]);

/* Returns the directory that says which network has which pool: pools in $PODTAP_IPAM_STATE_DIR or
 * /var/lib/podtap/ipam. false: the path is too long. */
bool held_registers(char path[static PATH_MAX]);

/* Read the pool's file. A missing file is no failure: h->json is NULL then. Returns 0, or -1
 * (CNI_CONFIG for the name; CNI_IO). */
int held_read(struct held *h, struct failure *f) MUST_CHECK;

/* Check that the file that was read is still the pool's. Call it under the store's lock. Returns 0,
 * or -1 (CNI_AGAIN). */
int held_check(const struct held *h, struct failure *f) MUST_CHECK;

/* Give a pool to the network with the store at `store`, for all time: podtap-addresses looks there
 * for what is in use. Returns 0, or -1: CNI_CONFIG if another network of this node has the pool;
 * CNI_IO. */
int held_register(const char *pool, const char *store, struct failure *f) MUST_CHECK;

/* Find the store of a pool. Returns the length of the path, 0 if no network has the pool, or -1
 * with errno. */
ssize_t held_store(const char *pool, char store[static PATH_MAX]) MUST_CHECK;

/* Fail with CNI_AGAIN, because no address is free: the message names the pool, and who holds which
 * addresses. Returns -1. */
int held_exhausted(const struct held *h, struct failure *f);

/* Note the call by its CNI_ARGS, and find its answer in the file that was read. */
void held_call_find(struct held *h, const char *sticky, const char *args, const char *ifname);

/* Whether an address must be proved unused on the LAN before its first use. */
enum proof {
	PROOF_AS_CONFIGURED,
	PROOF_NEEDED, /* the node that had it is gone: its programs may live */
	PROOF_WRONG,  /* the source of a live migration uses it, and must */
};
enum proof held_proof(const struct held *h, const struct ip *ips, size_t n);

/* Returns whether some address of a pool may need a proof: a glance that reads nothing. */
#define UNPROVED_SUFFIX ".unproved"
bool held_unproved(const char *pool);

#endif
