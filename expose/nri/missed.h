/* SPDX-License-Identifier: Apache-2.0 */
/* The taps that lost their container while nobody listened to the runtime: those of the pods that
 * it reports at the beginning, for which one container alone is, and that container is not there.
 * Of containers only hashes are kept. */
#ifndef EXPOSE_NRI_MISSED_H
#define EXPOSE_NRI_MISSED_H

#include "base/failure.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct Nri__Container;
struct Nri__Pod;

enum { MISSED_TAPS_MAX = 4096, MISSED_FACTS_MAX = 1 << 16 };

struct missed_tap {
	char pod[NAME_MAX + 1]; /* its id */
	dev_t tap;
	/* What its container has, each as a hash: the name, or the CDI device or the device itself
	 */
	uint64_t fact[2];
};

struct missed {                 /* zeroed: nothing was reported yet */
	struct missed_tap *tap; /* owned */
	size_t n_taps;
	uint64_t *fact; /* what containers have; owned */
	size_t n_facts;
	bool left_out; /* there was no room for all */
};

void missed_release(struct missed *m);

/* Note a pod, and a container that has not stopped. They may come in any order. */
void missed_pod(struct missed *m, const struct Nri__Pod *pod);
void missed_container(struct missed *m, const struct Nri__Container *container);

/* Call on_tap() with each tap whose container is not there. */
void missed_each(struct missed *m, void (*on_tap)(const struct missed_tap *tap, void *data),
                 void *data);

#endif
