/* SPDX-License-Identifier: Apache-2.0 */
/* From a request to create a container to the devices it gets. */
#include "expose/nri/adjust.h"

#include "base/name.h"
#include "expose/common/daemon.h"
#include "expose/nri/nri.pb-c.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

static const char annotation[] = "podtap.dev/containers";

/* The pod's id, which names a directory of ours; of a container that is not another pod's. */
static int pod_id(const Nri__CreateContainerRequest *r, char id[static NAME_MAX + 1],
                  struct failure *f)
{
	const ProtobufCBinaryData *pod = &r->pod->id, *of = &r->container->pod_sandbox_id;
	const bool fits = pod->len && pod->len <= NAME_MAX;

	if (fits)
		memcpy(id, pod->data, pod->len);
	id[fits ? pod->len : 0] = '\0';
	if (!fits || strlen(id) != pod->len || !identifier_valid(id))
		return fail(f, CNI_OTHER, "it is empty, too long or has unexpected characters",
		            "the pod's id");
	if (of->len && (of->len != pod->len || memcmp(of->data, pod->data, pod->len) != 0))
		return fail(f, CNI_OTHER, "the container says it is another pod's", "pod %s", id);
	return 0;
}

/* Whether a list of names separated by commas, with or without space, has this one. */
static bool list_has(const char *list, const char *name)
{
	static const char between[] = ", \t\n";
	const size_t length = strlen(name);

	for (size_t n; *(list += strspn(list, between)); list += n) {
		n = strcspn(list, between);
		if (n == length && memcmp(list, name, n) == 0)
			return true;
	}
	return false;
}

static bool container_wanted(const Nri__CreateContainerRequest *r)
{
	for (size_t i = 0; i < r->pod->n_annotations; i++)
		if (strcmp(r->pod->annotations[i]->key, annotation) == 0)
			return list_has(r->pod->annotations[i]->value, r->container->name);
	return true;
}

static const char *network_of(size_t n, Nri__Namespace *const *namespaces)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(namespaces[i]->type, "network") == 0 && *namespaces[i]->path)
			return namespaces[i]->path;
	return NULL;
}

/* The path of the network namespace, as the pod has it, else as its container will; NULL: the
 * host's. In a pod of the host's network, containerd says /proc/PID/ns/net of its containers. */
static const char *network_path(const Nri__CreateContainerRequest *r)
{
	const Nri__PodLinux *pod = r->pod->system;
	const Nri__ContainerLinux *container = r->container->system;
	const char *path = pod ? network_of(pod->n_namespaces, pod->namespaces) : NULL;

	if (path || !container)
		return path;
	return network_of(container->n_namespaces, container->namespaces);
}

/* A device the container has already must be the same one, or it is not ours to replace. */
static int devices_check(const Nri__CreateContainerRequest *r, const struct taps *taps,
                         struct failure *f)
{
	const Nri__ContainerLinux *has = r->container->system;

	for (size_t i = 0; has && i < has->n_devices; i++)
		for (size_t j = 0; j < taps->n; j++) {
			const Nri__Device *d = has->devices[i];
			const dev_t number = taps->device[j].number;
			if (strcmp(d->path, taps->device[j].path) == 0 &&
			    (strcmp(d->type, "c") != 0 || d->major != major(number) ||
			     d->minor != minor(number)))
				return fail(f, CNI_OTHER,
				            "the container has another device there already",
				            "give it %s", taps->device[j].path);
		}
	return 0;
}

int adjustment_find(const struct Nri__CreateContainerRequest *request, struct taps *taps,
                    struct failure *f)
{
	const char *netns = network_path(request);
	char id[NAME_MAX + 1];

	taps->n = 0;
	if (pod_id(request, id, f) < 0)
		return -1;
	if (!netns || !container_wanted(request))
		return 0;
	if (taps_find(id, netns, taps, say_failure, f) < 0)
		return -1;
	if (taps->doubts)
		return fail(f, CNI_OTHER, "what is on record is not what there is", "pod %s", id);
	return devices_check(request, taps, f);
}
