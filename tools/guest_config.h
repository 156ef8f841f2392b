/* SPDX-License-Identifier: Apache-2.0 */
/* What the guest on an endpoint is told of its network, in the forms guests read. */
#ifndef TOOLS_GUEST_CONFIG_H
#define TOOLS_GUEST_CONFIG_H

#include "cni/result.h"
#include "record/endpoint.h"

#include <stdio.h>

/* A form: its name, and printing an endpoint in it. `result` holds the record's addresses, routes
 * and dns. An endpoint without addresses (no IPAM) tells the guest to ask the LAN by DHCP. Fails
 * where the form cannot say what there is: a kernel's argument has no IPv6. */
struct guest_format { /* the table ends with a row without name */
	const char *name;
	int (*print)(const struct endpoint *, const struct result *, FILE *, struct failure *);
};

extern const struct guest_format guest_formats[];

#endif
