/* SPDX-License-Identifier: Apache-2.0 */
/* The pod a call is for, as the runtime names it in CNI_ARGS. */
#ifndef PLUGIN_POD_H
#define PLUGIN_POD_H

#include "record/endpoint.h"

enum { POD_TEXT = 256 };

struct pod { /* "": not named */
	char space[POD_TEXT];
	char name[POD_TEXT];
	char uid[POD_TEXT];
};

/* Reads a pod's names, and sets a record's members, which borrow from the pod. A name that is too
 * long, or that is there twice with different values, counts as not named. */
void pod_describe(struct pod *pod, const char *args, struct endpoint *e);

#endif
