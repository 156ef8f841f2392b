/* SPDX-License-Identifier: Apache-2.0 */
/* A CNI result: read from the form of any version, stored in one form, written in the form of the
 * requested version. */
#ifndef CNI_RESULT_H
#define CNI_RESULT_H

#include "base/address.h"
#include "base/failure.h"
#include "base/owned.h"
#include "cni/version.h"

#include <cjson/cJSON.h>

enum { NO_INTERFACE = -1 };

struct interface { /* all texts are borrowed; NULL when absent */
	const char *name;
	const char *mac;
	const char *sandbox;
	const char *socket_path;
	const char *pci_id;
	uint32_t mtu; /* 0: not set */
};

struct ip_config {
	struct cidr address;
	struct ip gateway; /* family 0: no gateway */
	int interface;     /* an index into interfaces, or NO_INTERFACE */
};

/* The bits of route.has: an absent number differs from the number zero. */
enum { ROUTE_MTU = 1, ROUTE_ADVMSS = 2, ROUTE_PRIORITY = 4, ROUTE_TABLE = 8, ROUTE_SCOPE = 16 };

/* One more bit, instead of gw: the gateway is the word "host", which podtap replaces by the host's
 * address on the master. Only the configuration of podtap-ipam and its answer have it. */
enum { ROUTE_BY_HOST = 32 };

struct route {
	struct cidr dst;
	struct ip gw; /* family 0: no gateway */
	unsigned has; /* ROUTE_* */
	uint32_t mtu;
	uint32_t advmss;
	uint32_t priority;
	uint32_t table;
	uint32_t scope;
};

struct result {
	struct interface *interfaces; /* the arrays are owned */
	size_t n_interfaces;
	struct ip_config *ips;
	size_t n_ips;
	struct route *routes;
	size_t n_routes;
	const cJSON *dns; /* borrowed; NULL when absent or empty */
};

void result_release(struct result *r);

/* Grow an array by one zeroed element (an ip_config has NO_INTERFACE). Returns the element, or NULL
 * without memory (CNI_OTHER). The pointer is valid until the next call for the same array. */
struct interface *result_add_interface(struct result *r, struct failure *f) MUST_CHECK;
struct ip_config *result_add_ip(struct result *r, struct failure *f) MUST_CHECK;
struct route *result_add_route(struct result *r, struct failure *f) MUST_CHECK;

/* Read a result of any supported version. If cniVersion is absent or empty, `assumed` is the
 * version. `what` names the result in messages ("prevResult", "the result of host-local"). The
 * texts are borrowed from json, which must outlive r. Returns 0, or -1 (CNI_DECODE), with the
 * member in the message. The caller releases r in any case. */
int result_read(struct result *r, const cJSON *json, enum version assumed, const char *what,
                struct failure *f) MUST_CHECK;

/* Like result_read(), but accept ROUTE_BY_HOST. */
int result_read_by_host(struct result *r, const cJSON *json, enum version assumed, const char *what,
                        struct failure *f) MUST_CHECK;

/* Check the types of a dns object; NULL if it is absent. Sets *empty if the object has no values.
 * Returns 0, or -1 with the given code. The message has `what` and the member. */
int dns_check(const cJSON *dns, const char *what, int code, bool *empty,
              struct failure *f) MUST_CHECK;

/* Write the result in the form of a version, with cniVersion. The caller owns it. Returns NULL on
 * failure. For 0.1.0 and 0.2.0 without an address: CNI_CONFIG with "cannot convert: no valid IP
 * addresses". */
cJSON *result_write(const struct result *r, enum version v, struct failure *f) MUST_CHECK;

/* Write single members in the form of 1.1.0, as the endpoint record has them. The caller owns them.
 * Return NULL without memory. */
cJSON *result_ips(const struct result *r, enum version v);
cJSON *result_routes(const struct result *r);

#endif
