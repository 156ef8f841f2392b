/* SPDX-License-Identifier: Apache-2.0 */
/* The devices of one resource as kubelet asks for them: the device plugin API v1beta1's methods.
 * Nothing is made for a device: its name is all there is. */
#ifndef EXPOSE_DEVICE_PLUGIN_DP_DEVICES_H
#define EXPOSE_DEVICE_PLUGIN_DP_DEVICES_H

#include "expose/grpc/grpc.h"

struct dp_devices {
	const char *name; /* devices are <name>Mvp<i>, i from 0 */
	uint32_t capacity;
	bool healthy;
};

/* The methods; what they are of is a struct dp_devices. */
extern const struct grpc_method dp_methods[];

/* The framed message by which a resource is registered; the caller frees it. NULL: out of memory.
 */
uint8_t *dp_registration(const char *endpoint, const char *resource, size_t *length) MUST_CHECK;

#endif
