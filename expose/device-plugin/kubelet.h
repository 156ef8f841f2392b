/* SPDX-License-Identifier: Apache-2.0 */
/* Kubelet's folder of device plugins: whether kubelet is there, and whether it is a new one. */
#ifndef EXPOSE_DEVICE_PLUGIN_KUBELET_H
#define EXPOSE_DEVICE_PLUGIN_KUBELET_H

#include "expose/common/daemon.h"
#include "expose/common/loop.h"

#include <stdbool.h>
#include <sys/stat.h>

#define KUBELET_FOLDER "/var/lib/kubelet/device-plugins"

struct kubelet {
	const char *folder;    /* borrowed */
	char socket[PATH_MAX]; /* in it, where plugins register */
	bool there;            /* as it was last looked at */
	struct stat seen;
	struct await await;
	struct watch watch;
	/* Something happened in the folder. `anew`: kubelet is there and was not, or is another
	 * one, which has removed every plugin's socket. */
	void (*changed)(void *owner, bool anew);
	void *owner;
};

/* Looks at an absolute path, which may still be missing, and watches it from now on. */
int kubelet_open(struct kubelet *k, struct loop *loop, const char *folder,
                 struct failure *f) MUST_CHECK;
void kubelet_release(struct kubelet *k);

#endif
