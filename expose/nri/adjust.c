/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing the devices of a container. */
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
 * such. */
static int pod_id(const Nri__Pod *p, char id[static NAME_MAX + 1], struct failure *f)
{
	const ProtobufCBinaryData *pod = &p->id;
	const bool fits = pod->len && pod->len <= NAME_MAX;

	if (fits)
		memcpy(id, pod->data, pod->len);
	id[fits ? pod->len : 0] = '\0';
	if (fits && strlen(id) == pod->len && identifier_valid(id))
		return 0;
	return fail(f, CNI_OTHER, "it is empty, too long or has unexpected characters",
	            "the pod's id");
}

/* Reads it from a request. Fails also if the container names another pod. */
static int request_pod(const Nri__ContainerRequest *r, char id[static NAME_MAX + 1],
                       struct failure *f)
{
	const ProtobufCBinaryData *pod = &r->pod->id, *of = &r->container->pod_sandbox_id;

	if (pod_id(r->pod, id, f) < 0)
		return -1;
	if (of->len && (of->len != pod->len || memcmp(of->data, pod->data, pod->len) != 0))
		return fail(f, CNI_OTHER, "the container says it is another pod's", "pod %s", id);
	return 0;
}

const char *list_next(const char *list, size_t *length)
{
	static const char between[] = ", \t\n";

	list += strspn(list, between);
	*length = strcspn(list, between);
	return *length ? list : NULL;
}

/* Returns whether a list of names has this one, and (`alone`) no other. */
static bool list_has(const char *list, const char *name, bool alone)
{
	const size_t length = strlen(name);
	bool has = false, others = false;

	for (size_t n; (list = list_next(list, &n)); list += n) {
		const bool same = n == length && memcmp(list, name, n) == 0;
		has |= same;
		others |= !same;
	}
	return has && !(alone && others);
}

/* Returns the value of the pod's annotation, or NULL. */
static const char *containers_named(const Nri__Pod *p)
{
	for (size_t i = 0; i < p->n_annotations; i++)
		if (strcmp(p->annotations[i]->key, annotation) == 0)
			return p->annotations[i]->value;
	return NULL;
}

void container_each_cdi(const struct Nri__Container *container,
                        void (*on_name)(const char *name, size_t length, void *data), void *data)
{
	static const char key[] = "cdi.k8s.io/";
	const size_t kind = sizeof CDI_KIND - 1;

	for (size_t i = 0; i < container->n_cdi_devices; i++) {
		const char *name = container->cdi_devices[i]->name;
		if (strncmp(name, CDI_KIND, kind) == 0)
			on_name(name + kind, strlen(name) - kind, data);
	}
	for (size_t i = 0; i < container->n_annotations; i++) {
		const char *list = container->annotations[i]->value;
		if (strncmp(container->annotations[i]->key, key, sizeof key - 1) != 0)
			continue;
		for (size_t n; (list = list_next(list, &n)); list += n)
			if (n > kind && memcmp(list, CDI_KIND, kind) == 0)
				on_name(list + kind, n - kind, data);
	}
}

struct cdi_wanted {
	const char *name;
	bool found;
};

static void cdi_compare(const char *name, size_t length, void *data)
{
	struct cdi_wanted *wanted = data;

	wanted->found |= strlen(wanted->name) == length && memcmp(wanted->name, name, length) == 0;
}

/* Returns whether the kubelet gave the container a CDI device of this name, by a field of the
 * request or by an annotation. */
static bool container_has_cdi(const Nri__Container *c, const char *device)
{
	struct cdi_wanted wanted = { .name = device };

	container_each_cdi(c, cdi_compare, &wanted);
	return wanted.found;
}

static const char *network_of(size_t n, Nri__Namespace *const *namespaces)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(namespaces[i]->type, "network") == 0 && *namespaces[i]->path)
			return namespaces[i]->path;
	return NULL;
}

static const char *pod_network(const Nri__Pod *p)
{
	return p->system ? network_of(p->system->n_namespaces, p->system->namespaces) : NULL;
}

/* Find the path of the network namespace: the pod's, else the one that its container will have.
 * Returns NULL for the namespace of the host. In a pod with hostNetwork, containerd gives
 * /proc/PID/ns/net for its containers. */
static const char *network_path(const Nri__ContainerRequest *r)
{
	const Nri__ContainerLinux *container = r->container->system;
	const char *path = pod_network(r->pod);

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

/* Returns whether the container has this device already: by CDI, or from another plugin. */
static bool container_has(const Nri__Container *c, const struct device *d)
{
	const Nri__Device *has = device_at(c, d->path);

	return has && strcmp(has->type, "c") == 0 && has->major == major(d->number) &&
	       has->minor == minor(d->number);
}

/* Returns whether a device that no annotation assigns is for this container: for every container of
 * the pod, or for the one to which the kubelet gave it. */
static bool is_for(const Nri__Container *c, const struct taps *taps, size_t i, enum share share)
{
	const char *allocated = taps->allocated[i];

	if (!*allocated)
		return share == SHARE_ANY;
	return container_has_cdi(c, allocated) ||
	       (share == SHARE_ALONE && container_has(c, &taps->device[i]));
}

static void devices_keep(struct taps *taps, size_t *n, size_t i)
{
	if (*n != i) {
		taps->device[*n] = taps->device[i];
		memcpy(taps->allocated[*n], taps->allocated[i], sizeof taps->allocated[i]);
	}
	++*n;
}

/* List the devices of a pod. Doubts are a failure. */
static int taps_of(const char *id, const char *netns, struct taps *taps, struct failure *f)
{
	if (taps_find(id, netns, taps, log_failure, f) < 0)
		return -1;
	return taps->doubts
	               ? fail(f, CNI_OTHER, "what is on record is not what there is", "pod %s", id)
	               : 0;
}

int pod_taps(const struct Nri__Pod *pod, char id[static NAME_MAX + 1], struct taps *taps,
             const char **names, struct failure *f)
{
	const char *netns = pod_network(pod);

	taps->n = 0;
	*names = containers_named(pod);
	if (pod_id(pod, id, f) < 0)
		return -1;
	return netns ? taps_of(id, netns, taps, f) : 0;
}

int container_taps(const struct Nri__ContainerRequest *request, enum share share,
                   char pod[static NAME_MAX + 1], struct taps *taps, struct failure *f)
{
	const char *netns = network_path(request);
	const char *names = containers_named(request->pod);
	size_t n = 0;

	taps->n = 0;
	if (request_pod(request, pod, f) < 0)
		return -1;
	if (!netns || (names && !list_has(names, request->container->name, share == SHARE_ALONE)))
		return 0;
	if (taps_of(pod, netns, taps, f) < 0)
		return -1;
	for (size_t i = 0; i < taps->n; i++)
		if (names || is_for(request->container, taps, i, share))
			devices_keep(taps, &n, i);
	taps->n = n;
	return 0;
}

int taps_reduce(const struct Nri__ContainerRequest *request, struct taps *taps, struct failure *f)
{
	size_t n = 0;

	for (size_t i = 0; i < taps->n; i++) {
		const struct device *d = &taps->device[i];
		if (container_has(request->container, d))
			continue;
		if (device_at(request->container, d->path))
			return fail(f, CNI_OTHER, "the container has another device there already",
			            "give it %s", d->path);
		devices_keep(taps, &n, i);
	}
	taps->n = n;
	return 0;
}
