/* SPDX-License-Identifier: Apache-2.0 */
/* What a deviceID stands for beside a name: a resource of podtap-device-plugin's, which names
 * master and mode, or a link on the host that is taken over. */
#ifndef PLUGIN_DEVICE_ID_H
#define PLUGIN_DEVICE_ID_H

#include "plugin/attachment.h"

/* Completes the master and mode of an attachment with a deviceID, where the configuration does not
 * name them, and finds the link to take over, all on the host: for a new one by the resources, then
 * by the links on the host; for one that exists by its record first. Code CNI_CONFIG where nothing
 * names a master though the deviceID is one of a resource. */
int device_id_resolve(struct attachment *a, enum attachment_use use, struct failure *f) MUST_CHECK;

/* Refuses a link to be taken over that is not what the configuration asks for. Success where there
 * is none. To be called once the master is found. Code CNI_CONFIG. */
int device_id_fits(const struct attachment *a, struct failure *f) MUST_CHECK;

/* Deletes the link on the host that a request's deviceID names, which an ADD leaves that ended
 * before it recorded anything; one that the policy does not let this request take stays. */
int device_id_sweep(const struct request *r, struct rtnl *host, struct failure *f) MUST_CHECK;

#endif
