/* SPDX-License-Identifier: Apache-2.0 */
/* The resources of podtap-device-plugin, which it publishes in <state>/resources.json: the
 * interface and mode of each deviceID of the form <resource>Mvp<number>. */
#ifndef RECORD_RESOURCES_H
#define RECORD_RESOURCES_H

#include "base/found.h"
#include "netns/link.h"

struct resource {
	char master[MASTER_TEXT];
	uint32_t mode;
};

/* Whether a name is valid by Kubernetes' rule for the part of a resource's name after the slash: 1
 * to 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends. */
bool resource_name_valid(const char *name, size_t length);

/* Whether a deviceID has the form <resource>Mvp<number>. */
bool resource_is_named(const char *device_id);

/* Look up the resource of a deviceID. Returns FOUND; FOUND_NONE if there is no such resource or no
 * file; or FOUND_FAILED if the file or this resource is invalid (CNI_IO, CNI_DECODE). */
enum found resource_find(const char *device_id, struct resource *resource,
                         struct failure *f) MUST_CHECK;

#endif
