/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing the devices of a container that is being created. */
#include "expose/nri/adjust.h"

#include "base/name.h"
#include "expose/common/daemon.h"
#include "expose/nri/nri.pb-c.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#define CDI_KIND "podtap.dev/tap="

static const char annotation[] = "podtap.dev/containers";

/* Reads the pod's id, which is also the name of a directory of records. Fails if it is not valid as
 * such, or if the container names another pod. */
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

/* Returns whether a list of names has this one. Commas or blanks separate the names. */
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

/* Returns the value of the pod's annotation, or NULL. */
static const char *containers_named(const Nri__CreateContainerRequest *r)
{
	for (size_t i = 0; i < r->pod->n_annotations; i++)
		if (strcmp(r->pod->annotations[i]->key, annotation) == 0)
			return r->pod->annotations[i]->value;
	return NULL;
}

/* Returns whether the kubelet gave the container a CDI device of this name, by a field of the
 * request or by an annotation. */
static bool container_has_cdi(const Nri__Container *c, const char *device)
{
	static const char key[] = "cdi.k8s.io/";
	char name[sizeof CDI_KIND + TAPS_NAME_MAX];

	snprintf(name, sizeof name, CDI_KIND "%s", device);
	for (size_t i = 0; i < c->n_cdi_devices; i++)
		if (strcmp(c->cdi_devices[i]->name, name) == 0)
			return true;
	for (size_t i = 0; i < c->n_annotations; i++)
		if (strncmp(c->annotations[i]->key, key, sizeof key - 1) == 0 &&
		    list_has(c->annotations[i]->value, name))
			return true;
	return false;
}

static const char *network_of(size_t n, Nri__Namespace *const *namespaces)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(namespaces[i]->type, "network") == 0 && *namespaces[i]->path)
			return namespaces[i]->path;
	return NULL;
}

/* Find the path of the network namespace: the pod's, else the one that its container will have.
 * Returns NULL for the namespace of the host. In a pod with hostNetwork, containerd gives
 * /proc/PID/ns/net for its containers. */
static const char *network_path(const Nri__CreateContainerRequest *r)
{
	const Nri__PodLinux *pod = r->pod->system;
	const Nri__ContainerLinux *container = r->container->system;
	const char *path = pod ? network_of(pod->n_namespaces, pod->namespaces) : NULL;

	if (path || !container)
		return path;
	return network_of(container->n_namespaces, container->namespaces);
}

static const Nri__Device *device_at(const Nri__Container *c, const char *path)
{
	for (size_t i = 0; c->system && i < c->system->n_devices; i++)
		if (strcmp(c->system->devices[i]->path, path) == 0)
			return c->system->devices[i];
	return NULL;
}

/* Decides whether the container gets a device. Returns 1: yes; 0: no; -1 with the failure. It is no
 * if the container has the device already, by CDI or from another plugin: the runtime refuses a
 * device that two plugins add. It is also no if the kubelet gave the device to another container
 * and the pod's annotation names no container. */
static int device_wanted(const Nri__CreateContainerRequest *r, const struct taps *taps, size_t i,
                         bool named, struct failure *f)
{
	const struct device *d = &taps->device[i];
	const Nri__Device *has = device_at(r->container, d->path);
	const char *allocated = taps->allocated[i];

	if (has && strcmp(has->type, "c") == 0 && has->major == major(d->number) &&
	    has->minor == minor(d->number))
		return 0;
	if (!named && *allocated && !container_has_cdi(r->container, allocated))
		return 0;
	if (has)
		return fail(f, CNI_OTHER, "the container has another device there already",
		            "give it %s", d->path);
	return 1;
}

static int devices_select(const Nri__CreateContainerRequest *r, struct taps *taps, bool named,
                          struct failure *f)
{
	size_t n = 0;

	for (size_t i = 0; i < taps->n; i++) {
		const int wanted = device_wanted(r, taps, i, named, f);
		if (wanted < 0)
			return -1;
		if (wanted)
			taps->device[n++] = taps->device[i];
	}
	taps->n = n;
	return 0;
}

int adjustment_find(const struct Nri__CreateContainerRequest *request, struct taps *taps,
                    struct failure *f)
{
	const char *netns = network_path(request);
	const char *names = containers_named(request);
	char id[NAME_MAX + 1];

	taps->n = 0;
	if (pod_id(request, id, f) < 0)
		return -1;
	if (!netns || (names && !list_has(names, request->container->name)))
		return 0;
	if (taps_find(id, netns, taps, log_failure, f) < 0)
		return -1;
	if (taps->doubts)
		return fail(f, CNI_OTHER, "what is on record is not what there is", "pod %s", id);
	return devices_select(request, taps, names != NULL, f);
}
