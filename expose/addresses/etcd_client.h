/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to etcd's JSON gateway: one of several endpoints answers, and a user is authenticated. */
#ifndef EXPOSE_ADDRESSES_ETCD_CLIENT_H
#define EXPOSE_ADDRESSES_ETCD_CLIENT_H

#include "expose/addresses/engine.h"
#include "expose/addresses/etcd_answer.h"
#include "expose/addresses/etcd_config.h"

struct etcd_client {
	struct engine *engine; /* borrowed: its retry_ms is set */
	struct etcd_config config;
	struct http http;
	size_t endpoint;                     /* the number of the one to ask next */
	char authorization[ETCD_TOKEN + 32]; /* a header; "": not authenticated */
};

int etcd_client_open(struct etcd_client *c, const cJSON *config, struct failure *f) MUST_CHECK;
void etcd_client_release(struct etcd_client *c);

struct etcd_request {
	const char *what; /* for messages: "read the pools" */
	const char *path;
	const char *body; /* NULL: memory was short */
	bool writes;
};

/* Asks the endpoints, one after the other until one answers. What writes is not sent to a second
 * one if the first may have received it. ENGINE_OK: *answer belongs to the caller. */
enum engine_answer etcd_call(struct etcd_client *c, const struct etcd_request *r, cJSON **answer,
                             struct failure *f);

/* Opens a stream at the present endpoint. */
enum engine_answer etcd_stream(struct etcd_client *c, const struct etcd_request *r,
                               struct http_stream *s, struct loop *l, struct failure *f);

/* Asks another endpoint next time. */
void etcd_endpoint_next(struct etcd_client *c);

#endif
