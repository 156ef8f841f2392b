/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a pod's names. */
#include "plugin/pod.h"

#include "cni/request.h"

static void name_read(const char *args, const char *key, char text[static POD_TEXT])
{
	if (args_find(args, key, text, POD_TEXT) <= 0 || !args_agree(args, key))
		text[0] = '\0';
}

static const char *named(const char *text)
{
	return *text ? text : NULL;
}

void pod_read(struct pod *pod, const char *args)
{
	name_read(args, "K8S_POD_NAMESPACE", pod->space);
	name_read(args, "K8S_POD_NAME", pod->name);
	name_read(args, "K8S_POD_UID", pod->uid);
}

void pod_describe(struct pod *pod, const char *args, struct endpoint *e)
{
	pod_read(pod, args);
	e->pod.space = named(pod->space);
	e->pod.name = named(pod->name);
	e->pod.uid = named(pod->uid);
}
