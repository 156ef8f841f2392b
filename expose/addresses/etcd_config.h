/* SPDX-License-Identifier: Apache-2.0 */
/* The key `etcd` of the configuration file. */
#ifndef EXPOSE_ADDRESSES_ETCD_CONFIG_H
#define EXPOSE_ADDRESSES_ETCD_CONFIG_H

#include "base/failure.h"
#include "expose/addresses/http.h"

#include <cjson/cJSON.h>

enum { ETCD_ENDPOINTS_MAX = 9, ETCD_ENDPOINT = 272, ETCD_PREFIX = 129, ETCD_USER = 129 };

struct etcd_config {
	char endpoints[ETCD_ENDPOINTS_MAX][ETCD_ENDPOINT]; /* "https://10.0.0.1:2379" */
	size_t n_endpoints;
	char prefix[ETCD_PREFIX]; /* of every key; ends with '/' */
	char user[ETCD_USER];     /* "": none */
	char *password_file;      /* owned; NULL: none */
	struct http_identity identity;
};

/* Read the object; NULL counts as empty. Returns 0, or -1 (CNI_CONFIG). Release the struct in any
 * case. */
int etcd_config_read(struct etcd_config *c, const cJSON *object, struct failure *f) MUST_CHECK;
void etcd_config_release(struct etcd_config *c);

#endif
