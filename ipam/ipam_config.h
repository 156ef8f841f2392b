/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of our allocator, from the key `ipam`, CNI_ARGS, args.cni and runtimeConfig:
 * the keys of host-local, of static, and our own. */
#ifndef IPAM_IPAM_CONFIG_H
#define IPAM_IPAM_CONFIG_H

#include "base/ip_list.h"
#include "base/keys.h"
#include "cni/request.h"
#include "cni/result.h"
#include "ipam/held.h"
#include "ipam/range.h"

struct static_address {
	struct cidr address;
	struct ip gateway; /* family 0: no gateway */
};

/* How an attachment gets its former address again: while it is free, by a memory of the network; or
 * because it belongs to the attachment's pod, VM or IPAMClaim, on every node. */
enum { STICKY_OFF, STICKY_MEMORY, STICKY_POD, STICKY_VM, STICKY_CLAIM };
extern const struct word sticky_words[];

enum { PARTNERS_MAX = 4 }; /* networks in whereabouts' form: a pool has no more */

struct ipam_config {
	const char *data_dir;
	struct held held; /* the pool of the cluster, in place of ranges */
	struct range
	        partners[PARTNERS_MAX]; /* whereabouts' range and ipRanges: parts of the pool */
	size_t n_partners;
	const char *network_name; /* whereabouts' key; NULL: not set */
	char implied[POOL_NAME];  /* the pool that range names, where no key does */
	bool spelled_loosely;     /* whereabouts takes networks with host bits */
	struct range_set *sets;   /* owned; each set gives one address */
	size_t n_sets;
	struct span *excluded; /* owned; addresses that are never given */
	size_t n_excluded;
	struct static_address *addresses; /* owned; addresses that are reported unchanged */
	size_t n_addresses;
	struct static_address
	        *networks; /* owned; the key addresses, also if others are requested */
	size_t n_networks;
	struct ip_list wanted; /* requested addresses, for the sets */
	const cJSON *routes;   /* borrowed from the configuration, like the next two */
	const cJSON *dns;
	const char *resolv_conf; /* NULL: not set */
	struct result described; /* has routes and dns */
	cJSON *description;      /* owned; `described` borrows from it */
	bool keep_across_boots;
	uint32_t sticky; /* STICKY_MEMORY, or a word of sticky_words */
	bool strict_status;
	bool static_outside_range;
};

/* What ipam_config_release() may be given before ipam_config_read(). */
#define IPAM_CONFIG_NONE          \
	{                         \
		.held = HELD_NONE \
	}

void ipam_config_release(struct ipam_config *c);

/* Read and check everything. Returns 0, or -1 (CNI_CONFIG; CNI_ENV for CNI_ARGS), with the invalid
 * value in the message. The caller releases c in any case. */
int ipam_config_read(struct ipam_config *c, const struct request *r, struct failure *f) MUST_CHECK;

/* Add what the configuration adds to a result: static addresses, routes and dns, which the result
 * borrows. */
int config_describe(const struct ipam_config *c, struct result *result,
                    struct failure *f) MUST_CHECK;

/* Find the range of a set that gives a requested address. It is the range that contains the
 * address. With staticOutsideRange, it is also the range whose subnet contains the address, while
 * no range of any set contains it. Returns NULL if the set has no such range. */
const struct range *config_range_find(const struct ipam_config *c, size_t set, const struct ip *ip);

/* Read the only key that a DEL needs. */
int ipam_data_dir(const cJSON *config, const char **data_dir, struct failure *f) MUST_CHECK;

/* Every key of `ipam`, those without whereabouts' (of which all but exclude and gateway have an
 * effect only beside range or ipRanges), and those of a range. `ipam` itself may be a range, too.
 * For a caller that describes the keys: it can read no value by them. */
key_table ipam_key, ipam_own_key, ipam_range_key;
extern const struct key ipam_range_set, ipam_address;

/* The limit of a list: some lists are compared with themselves, member by member. */
enum { LIST_MAX = 4096 };

/* Readers of lists, into a struct ipam_config. */
key_reader config_range_set_read;
key_reader config_excluded_read;
key_reader config_address_read;

/* Read the ranges that come before the key ranges: runtimeConfig.ipRanges, then the single range in
 * ipam itself. The order decides to which set each last_reserved_ip.N belongs. */
int config_ranges_begin(struct ipam_config *c, const cJSON *config, struct failure *f) MUST_CHECK;

/* Read the ranges that the node holds of the cluster's pool. Call it after the key ranges. */
int config_pool_read(struct ipam_config *c, const struct request *r, struct failure *f) MUST_CHECK;

/* Read the keys of whereabouts, and find the pool that they mean. Call it after the key ranges. */
int config_partner_read(struct ipam_config *c, const struct key_scope *ipam) MUST_CHECK;
key_table ipam_partner_key;

/* Returns whether the object ipam has networks in whereabouts' form. */
bool config_has_partner(const cJSON *ipam);

/* Narrow the ranges that the node holds down to the networks in whereabouts' form. Returns 0, or -1
 * (CNI_CONFIG if the pool is another network's; CNI_OTHER without memory). */
int config_partner_apply(struct ipam_config *c, struct failure *f) MUST_CHECK;

/* Read the addresses that the runtime requests. Read the ranges and the key addresses first: they
 * decide what a requested address means. Returns 0, or -1 (CNI_CONFIG; CNI_ENV for CNI_ARGS). */
int config_wanted_read(struct ipam_config *c, const struct request *r,
                       struct failure *f) MUST_CHECK;

/* Exclude the static addresses, which a range must not give to other attachments. */
int config_static_exclude(struct ipam_config *c, struct failure *f) MUST_CHECK;

/* Read a resolv.conf as a dns member, which the caller owns. Returns NULL on failure
 * (CNI_CONFIG). */
cJSON *resolv_conf_read(const char *path, struct failure *f) MUST_CHECK;

#endif
