/* SPDX-License-Identifier: Apache-2.0 */
/* Events of Kubernetes about a pool, which `kubectl describe` shows. */
#ifndef EXPOSE_ADDRESSES_KUBE_EVENT_H
#define EXPOSE_ADDRESSES_KUBE_EVENT_H

#include "expose/addresses/kube_client.h"

/* Write an event. A failure is logged: nothing depends on an event. */
void kube_event_write(struct kube_client *c, const char *pool, const char *reason,
                      const char *message);

#endif
