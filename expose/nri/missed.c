/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing taps with what containers have. */
#include "expose/nri/missed.h"

#include "base/hash.h"
#include "expose/common/daemon.h"
#include "expose/nri/adjust.h"
#include "expose/nri/nri.pb-c.h"

#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

enum { STOPPED = 4 }; /* a container's state */
enum { STEP = 64 };   /* room is made for so many at once */
enum kind { A_NAME, A_CDI_DEVICE, A_DEVICE };

void missed_release(struct missed *m)
{
	free(m->tap);
	free(m->fact);
	*m = (struct missed){ .tap = NULL };
}

/* Make room for one more. Returns the place, or NULL. */
static void *more(struct missed *m, void *at, size_t *n, size_t size, size_t max)
{
	void *room = at;

	if (*n < max && *n % STEP == 0)
		room = realloc(at, (*n + STEP) * size);
	if (*n >= max || !room) {
		m->left_out = true;
		return NULL;
	}
	++*n;
	return room;
}

static uint64_t fact_of(const void *pod, size_t length, enum kind kind, const void *what, size_t n)
{
	return bytes_hash(what, n, bytes_hash(pod, length, kind));
}

static void tap_note(struct missed *m, const struct missed_tap *tap)
{
	struct missed_tap *room = more(m, m->tap, &m->n_taps, sizeof *m->tap, MISSED_TAPS_MAX);

	if (!room)
		return;
	m->tap = room;
	room[m->n_taps - 1] = *tap;
}

/* The only name in a list, or NULL. */
static const char *only_name(const char *list, size_t *length)
{
	const char *name = list_next(list, length), *next = name;

	for (size_t n = *length; next && (next = list_next(next + n, &n));)
		if (n != *length || memcmp(next, name, n) != 0)
			return NULL;
	return name;
}

/* A tap is for one container alone if the pod names that one, or if the kubelet gave it the tap. */
static void pod_tap(struct missed *m, const char *pod, const char *names, const struct taps *taps,
                    size_t i)
{
	const size_t length = strlen(pod);
	const char *allocated = taps->allocated[i];
	struct missed_tap tap = { .tap = taps->device[i].number };
	size_t n = 0;
	const char *name = names ? only_name(names, &n) : NULL;

	if (names ? !name : !*allocated)
		return;
	memcpy(tap.pod, pod, length + 1);
	if (name) {
		tap.fact[0] = tap.fact[1] = fact_of(pod, length, A_NAME, name, n);
	} else {
		tap.fact[0] = fact_of(pod, length, A_CDI_DEVICE, allocated, strlen(allocated));
		tap.fact[1] = fact_of(pod, length, A_DEVICE, &tap.tap, sizeof tap.tap);
	}
	tap_note(m, &tap);
}

void missed_pod(struct missed *m, const struct Nri__Pod *pod)
{
	char id[NAME_MAX + 1];
	const char *names;
	struct taps taps;
	struct failure why = { 0 };

	if (pod_taps(pod, id, &taps, &names, &why) < 0)
		log_failure(&why);
	else
		for (size_t i = 0; i < taps.n; i++)
			pod_tap(m, id, names, &taps, i);
}

/* What a container has. */
struct holder {
	struct missed *missed;
	const Nri__Container *container;
};

static void fact_note(const struct holder *h, enum kind kind, const void *what, size_t n)
{
	struct missed *m = h->missed;
	const ProtobufCBinaryData *pod = &h->container->pod_sandbox_id;
	uint64_t *room = more(m, m->fact, &m->n_facts, sizeof *m->fact, MISSED_FACTS_MAX);

	if (!room)
		return;
	m->fact = room;
	room[m->n_facts - 1] = fact_of(pod->data, pod->len, kind, what, n);
}

static void cdi_note(const char *name, size_t length, void *data)
{
	fact_note(data, A_CDI_DEVICE, name, length);
}

void missed_container(struct missed *m, const struct Nri__Container *container)
{
	struct holder h = { m, container };
	const Nri__ContainerLinux *system = container->system;

	if (container->state == STOPPED)
		return;
	fact_note(&h, A_NAME, container->name, strlen(container->name));
	container_each_cdi(container, cdi_note, &h);
	for (size_t i = 0; system && i < system->n_devices; i++) {
		const Nri__Device *d = system->devices[i];
		const dev_t number = makedev((unsigned)d->major, (unsigned)d->minor);
		if (strcmp(d->type, "c") == 0)
			fact_note(&h, A_DEVICE, &number, sizeof number);
	}
}

static bool has_fact(const struct missed *m, uint64_t fact)
{
	return m->n_facts && bsearch(&fact, m->fact, m->n_facts, sizeof fact, hash_compare);
}

void missed_each(struct missed *m, void (*on_tap)(const struct missed_tap *tap, void *data),
                 void *data)
{
	if (m->n_facts)
		qsort(m->fact, m->n_facts, sizeof *m->fact, hash_compare);
	for (size_t i = 0; i < m->n_taps; i++)
		if (!has_fact(m, m->tap[i].fact[0]) && !has_fact(m, m->tap[i].fact[1]))
			on_tap(&m->tap[i], data);
}
