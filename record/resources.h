/* SPDX-License-Identifier: Apache-2.0 */
/* The resources podtap-device-plugin gives out, as it tells of them in <state>/resources.json:
 * which interface and mode stand behind a deviceID of the form <resource>Mvp<number>. */
#ifndef RECORD_RESOURCES_H
#define RECORD_RESOURCES_H

#include "base/found.h"
#include "netns/link.h"

struct resource {
	char master[MASTER_TEXT];
	uint32_t mode;
};

/* Kubernetes' rule for the part of a resource's name after the slash: 1 to 63 letters, digits, '-',
 * '_' and '.', without a mark at either end. */
bool resource_name_valid(const char *name, size_t length);

/* Whether a deviceID has that form. */
bool resource_is_named(const char *device_id);

/* Look up the resource of a deviceID. Returns FOUND; FOUND_NONE if there is no such resource or no
 * file; or FOUND_FAILED if the file or this resource is invalid (CNI_IO, CNI_DECODE). */
enum found resource_find(const char *device_id, struct resource *resource,
                         struct failure *f) MUST_CHECK;

#endif
