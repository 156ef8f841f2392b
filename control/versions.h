/* SPDX-License-Identifier: Apache-2.0 */
/* Calling a plugin in a version of the specification that it knows. */
#ifndef CONTROL_VERSIONS_H
#define CONTROL_VERSIONS_H

#include "cni/request.h"

/* Ask a plugin in CNI_PATH for its versions. Returns a bit for each that is known here, 1 << enum
 * version; 0 with the failure if it does not answer. */
unsigned versions_ask(const char *path, const char *type, struct failure *f);

/* Let a request speak another version, also in its text. Returns 0 or -1. */
int request_speak(struct request *r, enum version v, struct failure *f) MUST_CHECK;

/* If the request's IPAM plugin is a program that does not know the request's version, let the
 * request speak the highest one that it knows. Returns 0, also if the plugin does not say, or
 * -1. */
int request_agree(struct request *r, struct failure *f) MUST_CHECK;

#endif
