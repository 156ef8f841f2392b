/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to the Kubernetes API, with a token that may be a new one for each. */
#ifndef EXPOSE_ADDRESSES_KUBE_CLIENT_H
#define EXPOSE_ADDRESSES_KUBE_CLIENT_H

#include "expose/addresses/engine.h"
#include "expose/addresses/kube_answer.h"
#include "expose/addresses/kube_config.h"

struct kube_client {
	struct engine *engine; /* borrowed: its retry_ms is set */
	struct kube_config config;
	struct http http;
};

int kube_client_open(struct kube_client *c, const cJSON *config, struct failure *f) MUST_CHECK;
void kube_client_release(struct kube_client *c);

/* What the answer may have: the API may send whole objects all the same. */
enum kube_accept {
	KUBE_OBJECT,
	KUBE_METADATA, /* their metadata alone */
	KUBE_TABLE,    /* a table, as for kubectl get */
	KUBE_OPTIONAL, /* whole objects, of a kind that the API may not have: ENGINE_NONE */
};

struct kube_request {
	const char *what; /* for messages: "read the pools" */
	const char *method;
	const char *path; /* with its query */
	const char
	        *body; /* NULL: none. Of a PATCH a list is a JSON patch, an object a merge patch */
	enum kube_accept accept;
};

/* ENGINE_OK: *answer belongs to the caller. The second one gives the text of an answer that is
 * JSON: a tree takes ten times its memory. */
enum engine_answer kube_call(struct kube_client *c, const struct kube_request *r, cJSON **answer,
                             struct failure *f);

enum engine_answer kube_call_text(struct kube_client *c, const struct kube_request *r,
                                  struct http_answer *answer, struct failure *f);

enum engine_answer kube_stream(struct kube_client *c, const struct kube_request *r,
                               struct http_stream *s, struct loop *l, struct failure *f);

#endif
