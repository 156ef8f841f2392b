/* SPDX-License-Identifier: Apache-2.0 */
/* The text of podtap's CDI specifications, and the tap that each describes. */
#ifndef PLUGIN_CDI_SPEC_H
#define PLUGIN_CDI_SPEC_H

#include "record/endpoint.h"

enum { CDI_SPEC_MAX = 4096 }; /* bytes; podtap writes less than a quarter */

/* Write the specification of an endpoint. Returns its length in bytes. */
size_t cdi_spec_text(const struct endpoint *e, char text[static CDI_SPEC_MAX]);

/* The tap of a specification, which identifies its endpoint: an interface index belongs to one
 * endpoint until DEL, and the claim of the index names the attachment. */
struct cdi_tap {
	uint32_t ifindex;
	dev_t number;
};

/* Read a file of the directory. Returns 1 if it is podtap's specification; 0 if it is missing or
 * another file; or -1 with errno. */
int cdi_spec_read(int directory, const char *name, struct cdi_tap *tap) MUST_CHECK;

#endif
