/* SPDX-License-Identifier: Apache-2.0 */
/* The container that a command line means: by its id, the beginning of its id, or its pod's name.
 */
#ifndef CONTROL_CONTAINER_H
#define CONTROL_CONTAINER_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>

enum container_use {
	CONTAINER_NONE, /* the verb takes no container */
	CONTAINER_READ,
	CONTAINER_CHANGE, /* the beginning of an id must have CONTAINER_CHANGE_MIN characters */
};

/* An id has 255 characters at most. */
enum { CONTAINER_ID = 256, CONTAINER_CHANGE_MIN = 6 };

/* Find the one container with endpoint records that a text means: the container with exactly that
 * id; else the one whose id begins with the text, or whose pod has that name, [NAMESPACE/]NAME. A
 * text that means several is a failure, which lists them. Returns 0, also if no container is found:
 * then the id is the text. */
int container_find(const char *text, enum container_use use, char id[static CONTAINER_ID],
                   struct failure *f) MUST_CHECK;

/* Whether a record's pod has this name, [NAMESPACE/]NAME. */
struct endpoint;
bool container_is_pod(const struct endpoint *e, const char *name);

#endif
