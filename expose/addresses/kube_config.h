/* SPDX-License-Identifier: Apache-2.0 */
/* The key `kubernetes` of the configuration file: how to reach the Kubernetes API. */
#ifndef EXPOSE_ADDRESSES_KUBE_CONFIG_H
#define EXPOSE_ADDRESSES_KUBE_CONFIG_H

#include "base/failure.h"
#include "expose/addresses/http.h"

#include <cjson/cJSON.h>

enum { KUBE_SERVER = 272, KUBE_TOKEN = 16384 };

struct kube_config {
	char server[KUBE_SERVER]; /* "https://10.0.0.1:6443" */
	char *token_file;         /* owned; NULL: none. It is read for each call */
	char *token;              /* owned; NULL: none, or in the file */
	struct http_identity identity;
};

/* Read the object; NULL counts as empty. Without a kubeconfig, the directory of a pod's service
 * account and the environment tell. Returns 0, or -1 (CNI_CONFIG). Release the struct in any
 * case. */
int kube_config_read(struct kube_config *c, const cJSON *object, struct failure *f) MUST_CHECK;
void kube_config_release(struct kube_config *c);

/* Reads a kubeconfig's text; `path` is its file, to whose directory other files are relative. An
 * empty context is the current one. */
int kubeconfig_read(struct kube_config *c, const char *text, size_t length, const char *path,
                    const char *context, struct failure *f) MUST_CHECK;

#endif
