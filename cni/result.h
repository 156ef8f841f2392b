/* SPDX-License-Identifier: Apache-2.0 */
/* A CNI result: read from the shape of any version, held in one, written in the one asked for. */
#ifndef CNI_RESULT_H
#define CNI_RESULT_H

#include "base/address.h"
#include "base/failure.h"
#include "base/owned.h"
#include "cni/version.h"

#include <cjson/cJSON.h>

enum { NO_INTERFACE = -1 };

struct interface { /* all texts borrowed; NULL when absent */
	const char *name;
	const char *mac;
	const char *sandbox;
	const char *socket_path;
	const char *pci_id;
	uint32_t mtu; /* 0: not said */
};

struct ip_config {
	struct cidr address;
	struct ip gateway; /* family 0: none */
	int interface;     /* index into interfaces, or NO_INTERFACE */
};

/* Bits of route.has: a number that is absent is not the number zero. */
enum { ROUTE_MTU = 1, ROUTE_ADVMSS = 2, ROUTE_PRIORITY = 4, ROUTE_TABLE = 8, ROUTE_SCOPE = 16 };

struct route {
	struct cidr dst;
	struct ip gw; /* family 0: none said */
	unsigned has; /* ROUTE_* */
	uint32_t mtu;
	uint32_t advmss;
	uint32_t priority;
	uint32_t table;
	uint32_t scope;
};

struct result {
	struct interface *interfaces; /* arrays owned */
	size_t n_interfaces;
	struct ip_config *ips;
	size_t n_ips;
	struct route *routes;
	size_t n_routes;
	const cJSON *dns; /* borrowed; NULL when absent or empty */
};

void result_release(struct result *r);

/* Grow an array by one zeroed element (an ip_config with NO_INTERFACE) and return it; NULL with
 * CNI_OTHER when memory is out. The pointer is good until the next call on that array. */
struct interface *result_add_interface(struct result *r, struct failure *f) MUST_CHECK;
struct ip_config *result_add_ip(struct result *r, struct failure *f) MUST_CHECK;
struct route *result_add_route(struct result *r, struct failure *f) MUST_CHECK;

/* Reads a result of any supported version (cniVersion absent or empty: `assumed`). `what` names it
 * in messages ("prevResult", "the result of host-local"). Texts are borrowed from json, which must
 * outlive r. Code CNI_DECODE, naming the member. r is to be released in any case. */
int result_read(struct result *r, const cJSON *json, enum version assumed, const char *what,
                struct failure *f) MUST_CHECK;

/* Type-checks a dns object (NULL: there is none); *empty tells that it says nothing. Refuses with
 * the code given, naming `what` and the member. */
int dns_check(const cJSON *dns, const char *what, int code, bool *empty,
              struct failure *f) MUST_CHECK;

/* The result in the shape of a version, cniVersion included; the caller owns it. CNI_CONFIG with
 * "cannot convert: no valid IP addresses" for 0.1.0 and 0.2.0 without an address. */
cJSON *result_write(const struct result *r, enum version v, struct failure *f) MUST_CHECK;

/* Single members in the 1.1.0 shape, as the endpoint record keeps them; the caller owns them; NULL
 * when memory is out. */
cJSON *result_ips(const struct result *r, enum version v);
cJSON *result_routes(const struct result *r);

#endif
