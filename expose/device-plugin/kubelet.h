/* SPDX-License-Identifier: Apache-2.0 */
/* The kubelet's directory of device plugins: whether the kubelet runs, and whether it is a new one.
 */
#ifndef EXPOSE_DEVICE_PLUGIN_KUBELET_H
#define EXPOSE_DEVICE_PLUGIN_KUBELET_H

#include "expose/common/daemon.h"
#include "expose/common/loop.h"

#include <stdbool.h>
#include <sys/stat.h>

#define KUBELET_DIRECTORY "/var/lib/kubelet/device-plugins"

struct kubelet {
	const char *directory; /* borrowed */
	char socket[PATH_MAX]; /* in it, where plugins register */
	bool there;            /* at the last look */
	struct stat seen;
	struct await await;
	struct watch watch;
	/* Called after a change in the directory. `anew`: a kubelet has started, and has removed
	 * every plugin's socket. */
	void (*changed)(void *owner, bool anew);
	void *owner;
};

/* Looks at an absolute path, which need not exist yet, and watches it. */
int kubelet_open(struct kubelet *k, struct loop *loop, const char *directory,
                 struct failure *f) MUST_CHECK;
void kubelet_release(struct kubelet *k);

#endif
