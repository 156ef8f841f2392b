/* SPDX-License-Identifier: Apache-2.0 */
/* The network configurations in a file: of a runtime or podman, or in the
 * NetworkAttachmentDefinitions of Multus, as JSON or YAML. */
#ifndef CONTROL_DOCUMENTS_H
#define CONTROL_DOCUMENTS_H

#include "base/failure.h"
#include "base/owned.h"

#include <cjson/cJSON.h>

struct documents_visit {
	/* Gets a configuration, which it owns from then on. `label` names it in messages. */
	int (*on_document)(cJSON *json, const char *label, void *data);
	/* A definition without a configuration: the node has a file of its name. */
	void (*on_reference)(const char *label, void *data);
	void *data;
};

/* Read a file ("-": stdin), and call on_document() for each configuration in it, until it returns
 * -1. Other documents of YAML are left out. Returns 0, or -1: CNI_IO; CNI_DECODE, also if nothing
 * is found. */
int documents_each(const char *path, const struct documents_visit *v, struct failure *f) MUST_CHECK;

#endif
