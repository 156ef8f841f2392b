/* SPDX-License-Identifier: Apache-2.0 */
/* Taking over what whereabouts leaves: the option --import. */
#ifndef EXPOSE_ADDRESSES_IMPORT_H
#define EXPOSE_ADDRESSES_IMPORT_H

#include "expose/addresses/engine.h"

enum import_outcome {
	IMPORT_OVER, /* no pod has an address of whereabouts any more */
	IMPORT_PODS_LEFT,
	IMPORT_FAILED,
};

/* Make an AddressPool for an IPPool, "NAME" or "NAMESPACE/NAME", unless there is one. Remove the
 * entries of pods that are gone, or that run without the address. Prints what it does, and the pods
 * that keep theirs. The engine is of the kind kubernetes. */
enum import_outcome import_run(struct engine *e, const char *ippool, struct failure *f);

#endif
