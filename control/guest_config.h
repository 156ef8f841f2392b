/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's network configuration, in the formats that guests read. */
#ifndef CONTROL_GUEST_CONFIG_H
#define CONTROL_GUEST_CONFIG_H

#include "cni/result.h"
#include "record/endpoint.h"

#include <stdio.h>

/* A format. print() gets the addresses, routes and dns of the record in `result`. For an endpoint
 * without addresses (no IPAM), the guest asks the LAN by DHCP. print() fails if the format cannot
 * express the configuration: a kernel's argument has no IPv6. */
struct guest_format { /* the last row has no name */
	const char *name;
	int (*print)(const struct endpoint *, const struct result *, FILE *, struct failure *);
};

extern const struct guest_format guest_formats[];

#endif
