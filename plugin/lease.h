/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses that IPAM gives an endpoint: reserving them, assigning them, and giving back those
 * that another host on the LAN has. */
#ifndef PLUGIN_LEASE_H
#define PLUGIN_LEASE_H

#include "ipam/ipam.h"
#include "plugin/attachment.h"
#include "plugin/endpoint_guard.h"
#include "record/endpoint.h"

struct lease {
	struct ipam_answer answer;    /* owned */
	struct endpoint_guard *guard; /* borrowed; gets the addresses before they are used */
	bool held;                    /* the plugin has reserved the addresses */
	bool unreturned;              /* giving them back failed: the record has to stay */
};

static inline void lease_release(struct lease *l)
{
	ipam_answer_release(&l->answer);
}

/* Reserve addresses and set up the endpoint's link with them. With the key acd, repeat that until
 * no other host on the LAN has them. On failure the caller gives back what is held. Returns 0, or
 * -1: the plugin's code, the kernel's, or CNI_OTHER when every lease was in use on the LAN. */
int lease_assign(struct lease *l, struct attachment *a, const struct endpoint *e,
                 struct failure *f) MUST_CHECK;

/* Give back the addresses that are held, and note it if that fails. Returns 0 or -1. */
int lease_give_back(struct lease *l, const struct attachment *a, struct failure *f) MUST_CHECK;

#endif
