/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the key `kubernetes`, and what a pod is told. */
#include "expose/addresses/kube_config.h"

#include "base/file.h"
#include "base/keys.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { KUBECONFIG_MAX = 1 << 20 }; /* bytes */
static const char service_account[] = "/var/run/secrets/kubernetes.io/serviceaccount";

struct spelled {
	const char *kubeconfig;
	const char *context;
	const char *service_account;
};
#define FIELD(member) .offset = offsetof(struct spelled, member)
static const struct key keys[] = {
	{ "kubeconfig", KEY_PATH, FIELD(kubeconfig) },
	{ "context", KEY_TEXT, FIELD(context) },
	{ "serviceAccount", KEY_PATH, FIELD(service_account) },
};
#undef FIELD

static char *path_in(const char *directory, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path)
		return NULL;
	return strdup(path);
}

static int pod_read(struct kube_config *c, const char *directory, struct failure *f)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");
	const bool six = host && strchr(host, ':');

	if (!host || !port || !*host || !*port)
		return fail(f, CNI_CONFIG,
		            "outside a pod, the key kubernetes.kubeconfig names a file",
		            "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
	if (snprintf(c->server, sizeof c->server, six ? "https://[%s]:%s" : "https://%s:%s", host,
	             port) >= (int)sizeof c->server)
		return fail(f, CNI_CONFIG, "it is too long", "KUBERNETES_SERVICE_HOST");
	c->token_file = path_in(directory, "token");
	c->identity.ca.file = path_in(directory, "ca.crt");
	return c->token_file && c->identity.ca.file
	               ? 0
	               : fail_errno(f, ENOMEM, "read the service account in %s", directory);
}

static int file_kubeconfig(struct kube_config *c, const char *path, const char *context,
                           struct failure *f)
{
	OWNED(fd_release) int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	OWNED(text_release) char *text = NULL;
	size_t length;

	if (fd < 0 || file_read_all(fd, KUBECONFIG_MAX, &text, &length) < 0)
		return fail_errno(f, errno, "read the kubeconfig %s", path);
	const int read = kubeconfig_read(c, text, length, path, context, f);
	explicit_bzero(text, length);
	return read;
}

int kube_config_read(struct kube_config *c, const cJSON *object, struct failure *f)
{
	const struct key_scope scope = { object, "kubernetes", f };
	struct spelled s = { .context = "", .service_account = service_account };

	*c = (struct kube_config){ .token = NULL };
	if (keys_read(keys, sizeof keys / sizeof *keys, &scope, &s) < 0)
		return -1;
	if (s.kubeconfig ? file_kubeconfig(c, s.kubeconfig, s.context, f) < 0
	                 : pod_read(c, s.service_account, f) < 0)
		return -1;
	const char *why = http_identity_mismatch(&c->identity, c->server);
	return why ? fail(f, CNI_CONFIG, why, "the Kubernetes API at %s", c->server) : 0;
}

void kube_config_release(struct kube_config *c)
{
	if (c->token)
		explicit_bzero(c->token, strlen(c->token));
	text_release(&c->token);
	text_release(&c->token_file);
	http_identity_release(&c->identity);
}
