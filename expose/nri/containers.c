/* SPDX-License-Identifier: Apache-2.0 */
/* Devices for a new container, and orders to set its links up or down. */
#include "expose/nri/containers.h"

#include "base/hash.h"
#include "expose/common/daemon.h"
#include "expose/nri/adjust.h"
#include "expose/nri/nri.pb-c.h"
#include "expose/nri/yielder.h"

#include <string.h>

static int order(const struct containers *c, struct yield_order *o, const Nri__Container *container,
                 const struct taps *taps, struct failure *f)
{
	if (c->yielder < 0 || !taps->n)
		return 0;
	o->container = bytes_hash(container->id.data, container->id.len, 0);
	o->n = (uint32_t)taps->n;
	for (size_t i = 0; i < taps->n; i++)
		o->tap[i] = taps->device[i].number;
	return yielder_order(c->yielder, o, f);
}

static int create(void *data, const struct Nri__ContainerRequest *request, struct taps *taps,
                  struct failure *f)
{
	struct yield_order up = { .up = true };
	struct failure why = { 0 };

	if (container_taps(request, SHARE_ANY, up.pod, taps, f) < 0)
		return -1;
	if (order(data, &up, request->container, taps, &why) < 0)
		log_failure(&why);
	return taps_reduce(request, taps, f);
}

static int stop(void *data, const struct Nri__ContainerRequest *request, struct failure *f)
{
	struct yield_order down = { .up = false };
	struct taps taps;

	if (container_taps(request, SHARE_ALONE, down.pod, &taps, f) < 0)
		return -1;
	return order(data, &down, request->container, &taps, f);
}

static void present(void *data, const struct Nri__Pod *pod, const struct Nri__Container *container)
{
	struct containers *c = data;

	if (pod)
		missed_pod(&c->missed, pod);
	else
		missed_container(&c->missed, container);
}

static void on_missed(const struct missed_tap *tap, void *data)
{
	const struct containers *c = data;
	struct yield_order down = { .up = false, .n = 1, .tap = { tap->tap } };
	struct failure why = { 0 };

	memcpy(down.pod, tap->pod, sizeof down.pod);
	if (yielder_order(c->yielder, &down, &why) < 0)
		log_failure(&why);
}

/* If a container was not read, its guest would be taken for one that is gone. */
static void presented(void *data, bool whole)
{
	struct containers *c = data;

	if (whole && !c->missed.left_out)
		missed_each(&c->missed, on_missed, c);
	else
		log_event("not all pods and containers could be read: links of guests whose "
		          "container stopped before stay up");
	missed_release(&c->missed);
}

struct nri_service containers_service(struct containers *c)
{
	missed_release(&c->missed);
	if (c->yielder < 0)
		return (struct nri_service){ .create = create, .data = c };
	return (struct nri_service){ create, stop, present, presented, c };
}
