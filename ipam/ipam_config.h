/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of our allocator, from the key `ipam`, CNI_ARGS, args.cni and runtimeConfig:
 * the keys of host-local, of static, and our own. */
#ifndef IPAM_IPAM_CONFIG_H
#define IPAM_IPAM_CONFIG_H

#include "base/ip_list.h"
#include "base/keys.h"
#include "cni/request.h"
#include "cni/result.h"
#include "ipam/range.h"

struct static_address {
	struct cidr address;
	struct ip gateway; /* family 0: no gateway */
};

struct ipam_config {
	const char *data_dir;
	struct range_set *sets; /* owned; each set gives one address */
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
	bool sticky;
	bool strict_status;
	bool static_outside_range;
};

void ipam_config_release(struct ipam_config *c);

/* Read and check everything. Returns 0, or -1 (CNI_CONFIG; CNI_ENV for CNI_ARGS), with the invalid
 * value in the message. The caller releases c in any case. */
int ipam_config_read(struct ipam_config *c, const struct request *r, struct failure *f) MUST_CHECK;

/* Find the range of a set that gives a requested address. It is the range that contains the
 * address. With staticOutsideRange, it is also the range whose subnet contains the address, while
 * no range of any set contains it. Returns NULL if the set has no such range. */
const struct range *config_range_find(const struct ipam_config *c, size_t set, const struct ip *ip);

/* Read the only key that a DEL needs. */
int ipam_data_dir(const cJSON *config, const char **data_dir, struct failure *f) MUST_CHECK;

/* The limit of a list: some lists are compared with themselves, member by member. */
enum { LIST_MAX = 4096 };

/* Readers of lists, into a struct ipam_config. */
key_reader config_range_set_read;
key_reader config_excluded_read;
key_reader config_address_read;

/* Read the ranges that come before the key ranges: runtimeConfig.ipRanges, then the single range in
 * ipam itself. The order decides to which set each last_reserved_ip.N belongs. */
int config_ranges_begin(struct ipam_config *c, const cJSON *config, struct failure *f) MUST_CHECK;

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
