/* SPDX-License-Identifier: Apache-2.0 */
/* Telling one kubelet from the next by the socket it made. */
#include "expose/device-plugin/kubelet.h"

#include <stdio.h>

/* Returns whether the socket exists and is another one than before. */
static bool look(struct kubelet *k)
{
	struct stat now;
	const bool before = k->there;

	k->there = lstat(k->socket, &now) == 0 && S_ISSOCK(now.st_mode);
	if (!k->there)
		return false;
	const bool same = before && now.st_dev == k->seen.st_dev && now.st_ino == k->seen.st_ino &&
	                  now.st_ctim.tv_sec == k->seen.st_ctim.tv_sec &&
	                  now.st_ctim.tv_nsec == k->seen.st_ctim.tv_nsec;
	k->seen = now;
	return !same;
}

static void on_change(void *data, uint32_t events)
{
	struct kubelet *k = data;

	(void)events;
	await_renew(&k->await);
	const bool anew = look(k);
	if (k->changed)
		k->changed(k->owner, anew);
}

int kubelet_open(struct kubelet *k, struct loop *loop, const char *directory, struct failure *f)
{
	*k = (struct kubelet){ .directory = directory, .await = AWAIT_CLOSED };
	if (snprintf(k->socket, sizeof k->socket, "%s/kubelet.sock", directory) >=
	    (int)sizeof k->socket)
		return fail(f, CNI_CONFIG, "it is too long", "kubelet's directory %.64s...",
		            directory);
	if (await_open(&k->await, k->socket, f) < 0)
		return -1;
	look(k);
	k->watch = (struct watch){ k->await.fd, on_change, k };
	return loop_watch(loop, &k->watch, EPOLLIN, f);
}

void kubelet_release(struct kubelet *k)
{
	await_release(&k->await);
}
