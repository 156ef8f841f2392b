/* SPDX-License-Identifier: Apache-2.0 */
/* Changing the entries of whereabouts' IPPool for the claims of a block. */
#ifndef EXPOSE_ADDRESSES_IPPOOL_CLIENT_H
#define EXPOSE_ADDRESSES_IPPOOL_CLIENT_H

#include "expose/addresses/ippool.h"
#include "expose/addresses/kube_client.h"

#define IPPOOL_API "/apis/whereabouts.cni.cncf.io/v1alpha1/namespaces/"

/* One IPPool. The client is borrowed; its engine's retry_ms is set by each call. */
struct ippool_place {
	struct kube_client *client;
	char namespace[POOL_NAME];
	char name[IPPOOL_NAME];
	struct cidr subnet;
};

/* Read an IPPool, which the caller releases. ENGINE_REFUSED: also if it is not that of the subnet.
 */
enum engine_answer ippool_get(const struct ippool_place *p, struct ippool *out, struct failure *f);

/* Send a JSON patch. ENGINE_CONFLICT, and ENGINE_REFUSED of a version that is not the newest: the
 * IPPool has changed. */
enum engine_answer ippool_send(const struct ippool_place *p, const cJSON *patch, struct failure *f);

/* A change of the claims of one block. */
struct ippool_change {
	const struct ippool_place *place;
	const struct address_block *before, *after;
};

/* Write entries for the addresses that get another node in a claim, before the block is written.
 * ENGINE_CONFLICT: one of them is taken. ENGINE_THROTTLED: also if others change the
 * IPPool again and again. */
enum engine_answer ippool_hold(const struct ippool_change *c, struct failure *f);

/* Remove the entries of addresses that are in no claim any more, after the block was written. */
enum engine_answer ippool_drop(const struct ippool_change *c, struct failure *f);

#endif
