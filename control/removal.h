/* SPDX-License-Identifier: Apache-2.0 */
/* Removing endpoints as a DEL does, with their addresses, and nothing that is alive. */
#ifndef CONTROL_REMOVAL_H
#define CONTROL_REMOVAL_H

#include "netns/host.h"
#include "record/endpoint.h"

/* Whether an endpoint is stale: its ADD did not end, or its namespace or its link is gone. The
 * record of an ADD that is under way looks the same; removal_run() finds out. Returns FOUND with
 * *why, FOUND_NONE if it lives, or FOUND_FAILED with *why if that is not known. */
enum found removal_is_due(const struct endpoint *e, const struct host *host,
                          struct failure *why) MUST_CHECK;

struct removal {
	const char *container_id;
	const char *ifname;
	const char *config; /* the file with the configuration; NULL: the one on record */
	bool force;         /* also what lives; a call that works on the attachment is waited for */
};

enum removal_outcome {
	REMOVAL_FAILED = -1,
	REMOVAL_DONE,
	REMOVAL_LIVES, /* the endpoint was left, because it lives */
	REMOVAL_BUSY,  /* the endpoint was left, because another call works on it, or has removed it
	                */
};

/* Remove one endpoint. Whether it is stale is decided while no other call can work on it. An
 * endpoint whose record cannot be read is removed by force only, and without a configuration keeps
 * its addresses. */
enum removal_outcome removal_run(const struct removal *r, struct failure *f) MUST_CHECK;

#endif
