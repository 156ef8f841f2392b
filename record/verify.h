/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying with the kernel that what an endpoint record names exists now. The record alone proves
 * nothing, because the number of its tap may have become another pod's. */
#ifndef RECORD_VERIFY_H
#define RECORD_VERIFY_H

#include "base/found.h"
#include "netns/host.h"
#include "netns/link.h"
#include "netns/sandbox.h"
#include "record/endpoint.h"

/* Find the link that a record names in its namespace, by index and kind. The link of an intent must
 * have the name, too, because its ADD may never have created it. A link of that index counts as
 * found if the kernel cannot tell the rest. Returns 1, 0 or -1. */
enum found endpoint_link(const struct endpoint *e, struct sandbox *sandbox, struct link *link,
                         struct failure *f) MUST_CHECK;

/* Open the namespace that a record names, or that of the path (NULL: the record's). `extras` are
 * SANDBOX_* bits. Undoing needs none: the record has the number of a tap node that podtap made.
 * Returns 1; 0 if it is gone, or the path leads to another namespace now; or -1. */
enum found endpoint_sandbox(const struct endpoint *e, const char *path, const struct host *host,
                            unsigned extras, struct sandbox *sandbox, struct failure *f) MUST_CHECK;

enum verified {
	VERIFY_FAILED = -1,
	DIFFERS = 0,
	VERIFIED = 1,
};

/* Verify a record in its namespace, which is open with its sysfs: the link of its index and kind,
 * the number of the tap, and the node of that number in the directory `devices`. A newer podtap's
 * record differs. Returns VERIFIED, DIFFERS with the difference in *why, or VERIFY_FAILED with
 * *why. */
enum verified endpoint_verify_in(const struct endpoint *e, struct sandbox *sandbox, int devices,
                                 struct failure *why) MUST_CHECK;

/* What verifying many records needs once. */
struct verifier {
	struct host host;
	int devices; /* the directory of device nodes */
};

#define VERIFIER_CLOSED                            \
	{                                          \
		.host = HOST_CLOSED, .devices = -1 \
	}

/* On failure nothing stays open. Returns 0 or -1. */
int verifier_open(struct verifier *v, struct failure *f) MUST_CHECK;
void verifier_release(struct verifier *v);

/* Open the namespace by the record's path and identity, and verify the record there. *link is the
 * link as it is now, also when something else differs; its index is 0 if it was not found. Returns
 * VERIFIED, DIFFERS with the difference in *why, or VERIFY_FAILED with *why. */
enum verified endpoint_verify(const struct verifier *v, const struct endpoint *e, struct link *link,
                              struct failure *why) MUST_CHECK;

/* Whether what a record names exists: its namespace and its link. Unlike endpoint_verify(), do not
 * ask for the tap, which a living endpoint may have lost, and take any version's record. Returns
 * FOUND; FOUND_NONE with what is gone in *why; or FOUND_FAILED with *why. */
enum found endpoint_exists(const struct endpoint *e, const struct host *host,
                           struct failure *why) MUST_CHECK;

/* Find an endpoint's link as it is now, without verifying its tap. Returns 1; 0 with what is gone
 * in *why; or FOUND_FAILED with *why. */
enum found endpoint_find_link(const struct endpoint *e, struct link *link,
                              struct failure *why) MUST_CHECK;

#endif
