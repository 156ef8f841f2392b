/* SPDX-License-Identifier: Apache-2.0 */
/* A header field as nghttp2 takes it, of two texts that it copies. */
#ifndef EXPOSE_GRPC_HTTP_FIELD_H
#define EXPOSE_GRPC_HTTP_FIELD_H

#include <nghttp2/nghttp2.h>
#include <string.h>

#define HTTP_FIELD(name, value)                                                            \
	{                                                                                  \
		(uint8_t *)(uintptr_t)(name), (uint8_t *)(uintptr_t)(value), strlen(name), \
		        strlen(value), NGHTTP2_NV_FLAG_NONE                                \
	}

#endif
