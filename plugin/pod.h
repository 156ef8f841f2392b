/* SPDX-License-Identifier: Apache-2.0 */
/* The pod of a call, as the runtime names it in CNI_ARGS. */
#ifndef PLUGIN_POD_H
#define PLUGIN_POD_H

#include "record/endpoint.h"

enum { POD_TEXT = 256 };

struct pod { /* "": the call does not name it */
	char space[POD_TEXT];
	char name[POD_TEXT];
	char uid[POD_TEXT];
};

/* Read the names of a pod. A name that is too long, or that appears twice with different values,
 * counts as not named. */
void pod_read(struct pod *pod, const char *args);

/* Read the names of a pod, and set the record's members, which borrow from the pod. */
void pod_describe(struct pod *pod, const char *args, struct endpoint *e);

#endif
