/* SPDX-License-Identifier: Apache-2.0 */
/* Finding by the records which endpoint has the name of a CDI device. */
#include "plugin/cdi_owner.h"

#include "plugin/cdi.h"
#include "record/ifindex.h"
#include "record/verify.h"

#include <stdio.h>
#include <string.h>

static bool text_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Whether two records are of the same pod. A record without a pod is of a call that named no pod,
 * or of an older podtap. If the key cdi made its device name, that name is the pod's. */
static bool is_same_pod(const struct endpoint *e, const struct endpoint *other)
{
	if (strcmp(e->container_id, other->container_id) == 0)
		return true;
	if (!other->pod.name)
		return e->pod.name && !e->device_id && !other->device_id;
	return text_same(e->pod.space, other->pod.space) &&
	       text_same(e->pod.name, other->pod.name) &&
	       (!e->pod.uid || !other->pod.uid || strcmp(e->pod.uid, other->pod.uid) == 0);
}

static enum found is_alive(const struct endpoint *other, const struct host *host, struct failure *f)
{
	OWNED(sandbox_release) struct sandbox sandbox = SANDBOX_CLOSED;
	struct link link;
	const enum found open = endpoint_sandbox(other, NULL, host, 0, &sandbox, f);

	return open == FOUND ? endpoint_link(other, &sandbox, &link, f) : open;
}

static int refuse(const struct endpoint *e, const struct attachment_name *owner,
                  const struct endpoint *other, struct failure *f)
{
	char details[700], pod[sizeof details / 2] = "";

	if (other->pod.name)
		snprintf(pod, sizeof pod, " (pod %.64s/%.253s)",
		         other->pod.space ? other->pod.space : "", other->pod.name);
	snprintf(details, sizeof details,
	         "interface %s of container %.128s%s has it: end that one, or choose another "
	         "deviceID",
	         owner->ifname, owner->container_id, pod);
	return fail(f, CNI_OTHER, details, "the CDI device %s is another pod's", e->cdi);
}

/* Whether the endpoint that has the name keeps it. Returns 1, 0 or -1. */
static int keeps(const struct endpoint *e, uint32_t ifindex, const struct host *host,
                 struct failure *f)
{
	OWNED(endpoint_release) struct endpoint other = { .source = NULL };
	struct attachment_name owner;
	struct failure unreadable = { 0 };
	int found = ifindex_owner(ifindex, &owner, f);

	if (found <= 0) /* a DEL removed it */
		return found;
	found = endpoint_read(owner.container_id, owner.ifname, &other, &unreadable);
	if (found < 0)
		return fail(f, unreadable.code, unreadable.details,
		            "find out whether interface %s of container %s, which has the CDI "
		            "device %s, exists: %s",
		            owner.ifname, owner.container_id, e->cdi, unreadable.msg);
	if (found == 0 || other.ifindex != ifindex || !text_same(other.cdi, e->cdi) ||
	    is_same_pod(e, &other))
		return 0;
	const int alive = is_alive(&other, host, f);
	return alive > 0 ? refuse(e, &owner, &other, f) : alive;
}

int cdi_permit(const struct endpoint *e, const struct host *host, uint32_t *former,
               struct failure *f)
{
	*former = 0;
	if (!e->cdi)
		return 0;
	const int found = cdi_holder(e, former, f);
	return found > 0 ? keeps(e, *former, host, f) : found;
}
