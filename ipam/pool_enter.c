/* SPDX-License-Identifier: Apache-2.0 */
/* Entering a pool, and waiting for the owner of its address. */
#include "ipam/pool_enter.h"

#include "base/errno_text.h"
#include "base/file.h"
#include "base/hash.h"
#include "ipam/allocator.h"
#include "ipam/held_wait.h"

#include <stdio.h>
#include <string.h>

static int pool_enter(const struct request *r, const struct ipam_config *c, struct failure *f)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/%s", c->data_dir, r->name) >= (int)sizeof path)
		return fail(f, CNI_CONFIG, "the path is too long", "dataDir %.200s", c->data_dir);
	if (path_make(path) < 0)
		return fail(f, CNI_IO, errno_text(errno), "open the reservations in %s", path);
	return held_register(c->held.pool, path, f);
}

int pool_lacks(const struct request *r, const struct ipam_config *c, struct failure *f)
{
	const struct held_call *call = &c->held.call;

	if (call->sticky && !*call->space)
		return fail(
		        f, CNI_ENV,
		        "CNI_ARGS must have K8S_POD_NAMESPACE and K8S_POD_NAME, which are names",
		        "configuration key ipam.sticky is \"%s\"", call->sticky);
	return pool_enter(r, c, f) < 0 ? -1 : held_exhausted(&c->held, f);
}

uint64_t pool_waiting_number(const struct request *r)
{
	return bytes_hash(r->ifname, strlen(r->ifname), text_hash(r->container_id));
}

/* Returns 1 if the answer is there. */
static int owner_copy(const struct ipam_config *c, char space[static POOL_NAME],
                      char name[static POD_NAME])
{
	const cJSON *owner = json_member(c->held.call.answer, "owner");
	const char *own_space = json_string(json_member(owner, "namespace"));
	const char *own_name = json_string(json_member(owner, "name"));

	return own_space && own_name && !c->held.lacking &&
	       snprintf(space, POOL_NAME, "%s", own_space) < POOL_NAME &&
	       snprintf(name, POD_NAME, "%s", own_name) < POD_NAME;
}

int allocator_owner(const struct request *r, char space[static POOL_NAME],
                    char name[static POD_NAME], struct failure *f)
{
	OWNED(held_wait_release) struct held_wait wait = HELD_WAIT_NONE;

	for (;;) {
		OWNED(ipam_config_release) struct ipam_config config;
		if (ipam_config_read(&config, r, f) < 0)
			return -1;
		if (config.sticky != STICKY_VM && config.sticky != STICKY_CLAIM)
			return 0;
		if (owner_copy(&config, space, name))
			return 1;
		pool_lacks(r, &config, f);
		if (f->code != CNI_AGAIN || !held_wait(&wait, &config.held, pool_waiting_number(r)))
			return -1;
		failure_clear(f);
	}
}
