/* SPDX-License-Identifier: Apache-2.0 */
/* whereabouts' IPPool: which addresses of a network its entries take. No I/O.
 *
 * An entry of ours has an empty podref, so that whereabouts gives its address to nobody, and its
 * reconciler leaves it alone. Its id names the pool and the node: "podtap/lan/<node UID>/<number>".
 * The number differs with each write, so that a write changes the IPPool, and what was sent before
 * cannot happen any more.
 */
#ifndef EXPOSE_ADDRESSES_IPPOOL_H
#define EXPOSE_ADDRESSES_IPPOOL_H

#include "expose/addresses/masks.h"

enum { IPPOOL_NAME = 256, IPPOOL_ID = POOL_NAME + NODE_UID + 32, IPPOOL_PODREF = 512 };

/* Write the name that whereabouts gives the IPPool of a network: "192.0.2.0-24", or
 * "<network_name>-192.0.2.0-24". Returns the buffer. */
const char *ippool_name(const char *network_name, const struct cidr *subnet,
                        char name[static IPPOOL_NAME]);

/* Read which network an IPPool of that network_name has by its name. Returns false for another
 * network_name, and for a part of a network that one node has. */
bool ippool_name_parse(const char *network_name, const char *name, struct cidr *subnet);

/* An IPPool as its text, of a megabyte for ten thousand entries. As a tree it would take ten times
 * that. */
struct ippool {
	char *text; /* owned; json_check() has accepted it */
	struct json_span allocations;
	struct cidr subnet;
	char version[VERSION_TEXT]; /* resourceVersion */
};
static inline void ippool_release(struct ippool *p)
{
	text_release(&p->text);
}

/* Find the parts of p->text. Returns 0, or -1 (CNI_CONFIG) if it is no IPPool. */
int ippool_read(struct ippool *p, size_t length, struct failure *f) MUST_CHECK;

struct ippool_entry {
	number at; /* the address */
	bool ours;
	char pool[POOL_NAME]; /* of ours: the AddressPool and the node */
	char uid[NODE_UID];
	char podref[IPPOOL_PODREF]; /* of another entry; "" without one */
};

/* Visits the entries whose addresses are in the IPPool's subnet. */
struct ippool_visit {
	void (*visit)(const struct ippool_entry *e, void *data);
	void *data;
};
void ippool_walk(const struct ippool *p, const struct ippool_visit *v);

enum holder {
	HOLDER_NOBODY,
	HOLDER_OTHER, /* whereabouts, or another AddressPool */
	HOLDER_NODE,  /* a node, for our AddressPool */
};

/* Who has the addresses of a block. */
struct ippool_part {
	enum holder holder[BLOCK_SIZE];
	char uid[BLOCK_SIZE][NODE_UID]; /* of HOLDER_NODE */
};
void ippool_part(const struct ippool *p, const char *pool, const struct ip *first,
                 struct ippool_part *out);

/* A JSON patch that applies to one version of an IPPool alone. Each returns NULL, or false, without
 * memory. */
cJSON *ippool_patch(const char *version);
bool ippool_patch_hold(cJSON *patch, const struct cidr *subnet, number at, bool present,
                       const char *id);
bool ippool_patch_drop(cJSON *patch, const struct cidr *subnet, number at);

/* The object of an IPPool without entries. NULL without memory. */
cJSON *ippool_empty(const char *name, const struct cidr *subnet);

#endif
