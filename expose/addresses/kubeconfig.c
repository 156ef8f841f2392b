/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a kubeconfig: of a context its cluster and its user. What we cannot do is refused. */
#include "expose/addresses/kube_config.h"

#include "base/base64.h"
#include "base/yaml.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { SECRET_MAX = 65536 }; /* bytes */

/* A part of the file, for messages. */
struct part {
	const cJSON *object;
	const char *path;
	struct failure *f;
};

static int refuse(const struct part *p, const char *member, const char *why)
{
	return fail(p->f, CNI_CONFIG, why, "kubeconfig %s: %s", p->path, member);
}

/* A member's text; NULL if it is absent or empty. */
static const char *text_of(const cJSON *object, const char *member)
{
	const char *text = json_string(json_member(object, member));

	return text && *text ? text : NULL;
}

/* Finds {"name": name, member: {...}} in a list. */
static const cJSON *named(const cJSON *file, const char *list, const char *name, const char *member)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, json_member(file, list))
	{
		const char *own = text_of(item, "name");
		if (own && name && strcmp(own, name) == 0)
			return json_member(item, member);
	}
	return NULL;
}

/* Refuses the first of some members that is there. `what` says what we do instead. */
static int members_refuse(const struct part *p, const char *const members[], const char *what)
{
	for (; *members; members++) {
		const cJSON *value = json_member(p->object, *members);
		const char *text = json_string(value);
		if (value && !(text && (!*text || strcmp(text, "false") == 0)))
			return refuse(p, *members, what);
	}
	return 0;
}

/* Reads the path of a file, which the caller owns. */
static int file_of(const struct part *p, const char *member, char **out)
{
	const char *name = text_of(p->object, member), *slash = strrchr(p->path, '/');
	char path[PATH_MAX];

	if (!name)
		return 0;
	const int directory = *name == '/' || !slash ? 0 : (int)(slash - p->path) + 1;
	if (snprintf(path, sizeof path, "%.*s%s", directory, p->path, name) >= (int)sizeof path)
		return refuse(p, member, "the path is too long");
	*out = strdup(path);
	return *out ? 0 : fail_errno(p->f, ENOMEM, "kubeconfig %s", p->path);
}

/* Reads a secret, whose text comes before its file, as for kubectl. */
static int secret_of(const struct part *p, const char *file, const char *data,
                     struct http_secret *out)
{
	const char *text = text_of(p->object, data);

	if (!text)
		return file_of(p, file, &out->file);
	out->bytes = base64_decode(text, SECRET_MAX, &out->length);
	if (!out->bytes)
		return refuse(p, data, "it must be base64, of at most 65536 bytes");
	return 0;
}

static int cluster_read(struct kube_config *c, const struct part *p)
{
	static const char *const others[] = { "insecure-skip-tls-verify", "tls-server-name",
		                              "proxy-url", NULL };
	const char *server = text_of(p->object, "server");
	size_t length = server ? strlen(server) : 0;

	if (!p->object || length == 0)
		return refuse(p, "clusters", "the context's cluster has no server");
	while (length > 0 && server[length - 1] == '/')
		length--;
	if (length == 0)
		return refuse(p, "server", "it has nothing but slashes");
	if (length >= KUBE_SERVER)
		return refuse(p, "server", "it is too long");
	memcpy(c->server, server, length);
	c->server[length] = '\0';
	if (members_refuse(p, others, "it is not supported") < 0)
		return -1;
	return secret_of(p, "certificate-authority", "certificate-authority-data", &c->identity.ca);
}

static int user_read(struct kube_config *c, const struct part *p)
{
	static const char *const others[] = { "exec", "auth-provider", "username", "as", NULL };
	const char *token = text_of(p->object, "token");

	if (!p->object)
		return refuse(p, "users", "the context's user is not in it");
	if (members_refuse(p, others,
	                   "it is not supported: give the user a token, a tokenFile or a client "
	                   "certificate") < 0 ||
	    file_of(p, "tokenFile", &c->token_file) < 0)
		return -1;
	if (token && !c->token_file) {
		c->token = strdup(token);
		if (!c->token)
			return fail_errno(p->f, ENOMEM, "kubeconfig %s", p->path);
	}
	return secret_of(p, "client-certificate", "client-certificate-data",
	                 &c->identity.certificate) < 0
	               ? -1
	               : secret_of(p, "client-key", "client-key-data", &c->identity.key);
}

int kubeconfig_read(struct kube_config *c, const char *text, size_t length, const char *path,
                    const char *context, struct failure *f)
{
	OWNED(json_release) cJSON *file = yaml_parse(text, length, "the kubeconfig", f);
	struct part part = { NULL, path, f };

	if (!file)
		return -1;
	const char *name = *context ? context : text_of(file, "current-context");
	if (!name)
		return refuse(&part, "current-context",
		              "it is missing: name one with the key context");
	const cJSON *chosen = named(file, "contexts", name, "context");
	if (!chosen)
		return refuse(&part, name, "there is no such context");
	part.object = named(file, "clusters", text_of(chosen, "cluster"), "cluster");
	if (cluster_read(c, &part) < 0)
		return -1;
	part.object = named(file, "users", text_of(chosen, "user"), "user");
	return user_read(c, &part);
}
