/* SPDX-License-Identifier: Apache-2.0 */
/* The devices of one resource, and the methods of the kubelet's device plugin API v1beta1. A device
 * is a name; nothing is created for it. */
#ifndef EXPOSE_DEVICE_PLUGIN_DEVICE_POOL_H
#define EXPOSE_DEVICE_PLUGIN_DEVICE_POOL_H

#include "expose/grpc/grpc.h"

struct device_pool {
	const char *name; /* devices are <name>Mvp<i>, i from 0 */
	uint32_t capacity;
	bool healthy;
};

/* The methods. The data of their service is a struct device_pool. */
extern const struct grpc_method device_pool_methods[];

/* Packs the message that registers a resource, in its frame. The caller frees it. Returns NULL if
 * out of memory. */
uint8_t *registration_pack(const char *endpoint, const char *resource, size_t *length) MUST_CHECK;

#endif
