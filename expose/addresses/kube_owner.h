/* SPDX-License-Identifier: Apache-2.0 */
/* AddressBindings in the Kubernetes API, the owners of pods' interfaces, and whether they exist.
 * The functions answer as those of struct engine_kind. */
#ifndef EXPOSE_ADDRESSES_KUBE_OWNER_H
#define EXPOSE_ADDRESSES_KUBE_OWNER_H

#include "expose/addresses/kube_client.h"

struct kube_client *kube_client_of(struct engine *e);

enum engine_answer kube_binding_get(struct engine *e, const char *pool, uint64_t id,
                                    struct address_binding *out, struct failure *f);
enum engine_answer kube_binding_create(struct engine *e, struct address_binding *b,
                                       struct failure *f);
enum engine_answer kube_binding_delete(struct engine *e, const struct address_binding *b,
                                       struct failure *f);

/* An IPAMClaim is named by the pod's network selection; a VM by its label. A VM's interface that
 * has an IPAMClaim belongs to that. */
enum engine_answer kube_pod_owner(struct engine *e, const struct pod_interface *pod,
                                  struct owner *owner, bool *migrates, struct failure *f);
enum engine_answer kube_owner_find(struct engine *e, const struct owner *owner, struct failure *f);
enum engine_answer kube_claim_tell(struct engine *e, const struct owner *owner,
                                   const struct cidr *ips, size_t n, const char *pod,
                                   struct failure *f);

#endif
