/* SPDX-License-Identifier: Apache-2.0 */
/* What podtap-nri does when a container is created, when it has stopped, and when it finds that one
 * has stopped meanwhile. */
#ifndef EXPOSE_NRI_CONTAINERS_H
#define EXPOSE_NRI_CONTAINERS_H

#include "expose/nri/missed.h"
#include "expose/nri/nri.h"

struct containers {
	int yielder; /* of yielder_start(), borrowed; -1: links stay as they are */
	struct missed missed;
};

/* The service. A container that is created gets its taps, and the links of the guests on them are
 * set up: a former container may have stopped. When a container has stopped, the links of those
 * taps that no other container has are set down; and when it has stopped while nobody listened, as
 * soon as the runtime has reported what there is. Without a yielder, the end of a container does
 * not matter. */
struct nri_service containers_service(struct containers *c);

#endif
