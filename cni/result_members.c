/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of a result's members. */
#include "cni/result_members.h"

#include <stddef.h>

const struct interface_text interface_texts[INTERFACE_TEXTS] = {
	{ "name", offsetof(struct interface, name), V0_3_0 },
	{ "mac", offsetof(struct interface, mac), V0_3_0 },
	{ "sandbox", offsetof(struct interface, sandbox), V0_3_0 },
	{ "socketPath", offsetof(struct interface, socket_path), V1_0_0 },
	{ "pciID", offsetof(struct interface, pci_id), V1_0_0 },
};

const struct route_number route_numbers[ROUTE_NUMBERS] = {
	{ "mtu", offsetof(struct route, mtu), ROUTE_MTU, UINT32_MAX, false },
	{ "advmss", offsetof(struct route, advmss), ROUTE_ADVMSS, UINT32_MAX, false },
	{ "priority", offsetof(struct route, priority), ROUTE_PRIORITY, UINT32_MAX, false },
	{ "table", offsetof(struct route, table), ROUTE_TABLE, UINT32_MAX, true },
	{ "scope", offsetof(struct route, scope), ROUTE_SCOPE, UINT8_MAX, true },
};

const struct dns_member dns_members[DNS_MEMBERS] = {
	{ "nameservers", true },
	{ "domain", false },
	{ "search", true },
	{ "options", true },
};
