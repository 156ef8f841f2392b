/* SPDX-License-Identifier: Apache-2.0 */
/* What the key `ipam`, CNI_ARGS, args.cni and runtimeConfig ask of our allocator: the keys of
 * host-local and of static, and ours. */
#ifndef IPAM_IPAM_CONFIG_H
#define IPAM_IPAM_CONFIG_H

#include "base/ip_list.h"
#include "base/keys.h"
#include "cni/request.h"
#include "cni/result.h"
#include "ipam/range.h"

struct static_address {
	struct cidr address;
	struct ip gateway; /* family 0: none */
};

struct ipam_config {
	const char *data_dir;
	struct range_set *sets; /* owned; each gives one address */
	size_t n_sets;
	struct span *excluded; /* owned; never given out */
	size_t n_excluded;
	struct static_address *addresses; /* owned; reported as they are */
	size_t n_addresses;
	struct static_address
	        *networks; /* owned; the key addresses, also where others are asked for */
	size_t n_networks;
	struct ip_list wanted; /* addresses asked for, of the sets */
	const cJSON *routes;   /* borrowed, like the next two: as the configuration has them */
	const cJSON *dns;
	const char *resolv_conf; /* NULL: none */
	struct result described; /* routes and dns */
	cJSON *description;      /* owned; what `described` borrows from */
	bool keep_across_boots;
	bool sticky;
	bool strict_status;
	bool static_outside_range;
};

void ipam_config_release(struct ipam_config *c);

/* Reads and checks everything. Code CNI_CONFIG, or CNI_ENV for CNI_ARGS, with the offending value.
 * c is to be released in any case. */
int ipam_config_read(struct ipam_config *c, const struct request *r, struct failure *f) MUST_CHECK;

/* The range of a set that an address asked for is given from: the one it lies in or, with
 * staticOutsideRange, the one in whose subnet it lies while no range of any set has it. NULL where
 * there is none. */
const struct range *config_range_find(const struct ipam_config *c, size_t set, const struct ip *ip);

/* The one key that a DEL needs. */
int ipam_data_dir(const cJSON *config, const char **data_dir, struct failure *f) MUST_CHECK;

/* How long a list may be: some are compared with themselves, member by member. */
enum { LIST_MAX = 4096 };

/* Readers of lists, into a struct ipam_config. */
key_reader config_range_set_read;
key_reader config_excluded_read;
key_reader config_address_read;

/* Read the ranges that come before the key ranges: runtimeConfig.ipRanges, then the single range in
 * ipam itself. The order decides which last_reserved_ip.N is whose. */
int config_ranges_begin(struct ipam_config *c, const cJSON *config, struct failure *f) MUST_CHECK;

/* Read the addresses that the runtime asks for. The ranges and the key addresses must have been
 * read: they decide what an address means. Returns 0, or -1 (CNI_CONFIG; CNI_ENV for CNI_ARGS). */
int config_wanted_read(struct ipam_config *c, const struct request *r,
                       struct failure *f) MUST_CHECK;

/* Exclude the static addresses, which a range must not give to others. */
int config_static_exclude(struct ipam_config *c, struct failure *f) MUST_CHECK;

/* The dns member a resolv.conf describes; the caller owns it. NULL with CNI_CONFIG. */
cJSON *resolv_conf_read(const char *path, struct failure *f) MUST_CHECK;

#endif
