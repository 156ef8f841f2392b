/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a CDI specification of ours, and whose it is. */
#ifndef PLUGIN_CDI_SPEC_H
#define PLUGIN_CDI_SPEC_H

#include "record/endpoint.h"

enum { CDI_SPEC_MAX = 4096 }; /* bytes; ours have less than a quarter */

/* Writes an endpoint's specification and returns its length. */
size_t cdi_spec_text(const struct endpoint *e, char text[static CDI_SPEC_MAX]);

/* Whose a specification is, told by its tap: no two endpoints have one interface index before the
 * first is torn down, and the claim of the index names the attachment. */
struct cdi_tap {
	uint32_t ifindex;
	dev_t number;
};

/* Reads a file of the directory. 1: it is a specification of ours; 0: it is missing or something
 * else; -1 with errno. */
int cdi_spec_read(int directory, const char *name, struct cdi_tap *tap) MUST_CHECK;

#endif
