/* SPDX-License-Identifier: Apache-2.0 */
/* The verb mac: the address that "mac": "stable" gives. */
#include "base/owned.h"
#include "base/stable_mac.h"
#include "control/verb.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Names of pods and containers have no slash. */
static int mac(const struct call *call, struct failure *f)
{
	const char *owner = call->argument[1], *slash = strchr(owner, '/');
	OWNED(text_release) char *space = strndup(owner, slash ? (size_t)(slash - owner) : 0);
	const struct mac_owner names = { call->argument[0], space, slash ? slash + 1 : owner,
		                         call->argument[2] };
	char text[MAC_TEXT];
	struct mac address;

	if (!space)
		return fail_errno(f, ENOMEM, "read the names");
	if (!stable_mac(&names, &address))
		return fail(f, CNI_OTHER, "they are too long, or are no names",
		            "derive a MAC address of these names");
	puts(mac_format(&address, text));
	return 0;
}

const struct verb verb_mac = {
	.name = "mac",
	.summary = "the address that \"mac\": \"stable\" gives",
	.cli = { .program = "podtapctl mac",
	         .synopsis = "NETWORK [NAMESPACE/]NAME IFNAME",
	         .about = "Prints the MAC address that a pod or container of that name has in that "
	                  "network.\n\n"
	                  "  podtapctl mac lan default/web-0 net1\n" },
	.fewest = 3,
	.most = 3,
	.arguments = "a network, a name and an interface",
	.run = mac,
};
