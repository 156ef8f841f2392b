/* SPDX-License-Identifier: Apache-2.0 */
/* All resources that are offered, and the interfaces they stand on as those come and go. */
#ifndef EXPOSE_DEVICE_PLUGIN_OFFERS_H
#define EXPOSE_DEVICE_PLUGIN_OFFERS_H

#include "expose/device-plugin/offer.h"
#include "netns/link_watch.h"

struct offers {
	struct loop *loop;
	struct kubelet kubelet;
	const char *name_space;
	bool ports; /* every port of the host is a resource, also those that come later */
	bool full;  /* and there were more than can be offered */
	bool told;  /* the file of resources is as it should be */
	struct offer *offer[DP_ENTRIES_MAX];
	size_t n;
	struct rtnl nl;         /* to look interfaces up */
	struct link_watch news; /* to know when */
	struct watch watch;
};

/* Offers what the configuration says, from now on. Both live as long as the offers. */
int offers_begin(struct offers *all, struct loop *loop, const struct dp_config *config,
                 const char *folder, struct failure *f) MUST_CHECK;
void offers_release(struct offers *all);

/* Registers everything with a kubelet that is there, and whenever one comes. */
void offers_register(struct offers *all);

#endif
