/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the key `etcd`. */
#include "expose/addresses/etcd_config.h"

#include "base/json.h"
#include "base/keys.h"

#include <stdio.h>
#include <string.h>

static const char prefix_default[] = "/podtap/";

/* The members as they are spelled. */
struct spelled {
	struct etcd_config *config;
	const char *prefix;
	const char *user;
	const char *password_file;
	const char *ca;
	const char *certificate;
	const char *key;
};

static int endpoint_member(const struct key_scope *member, void *data)
{
	struct etcd_config *c = ((struct spelled *)data)->config;
	char *to = c->endpoints[c->n_endpoints];
	const char *text = json_string(member->object);
	size_t length = text ? strlen(text) : 0;

	while (length > 0 && text[length - 1] == '/')
		length--;
	if (length < sizeof "http://" || length >= ETCD_ENDPOINT ||
	    (strncmp(text, "https://", 8) != 0 && strncmp(text, "http://", 7) != 0))
		return key_refuse(member, "", member->object,
		                  "it must be a URL such as \"https://10.0.0.1:2379\"");
	memcpy(to, text, length);
	to[length] = '\0';
	c->n_endpoints++;
	return 0;
}

#define FIELD(member) .offset = offsetof(struct spelled, member)
static const struct key keys[] = {
	{ "endpoints", KEY_LIST, .max = ETCD_ENDPOINTS_MAX, .each = endpoint_member,
	  .required = true },
	{ "prefix", KEY_TEXT, FIELD(prefix) },
	{ "user", KEY_TEXT, FIELD(user) },
	{ "passwordFile", KEY_PATH, FIELD(password_file) },
	{ "ca", KEY_PATH, FIELD(ca) },
	{ "certificate", KEY_PATH, FIELD(certificate) },
	{ "key", KEY_PATH, FIELD(key) },
};
#undef FIELD

static int copy(char **to, const char *from, struct failure *f)
{
	*to = from ? strdup(from) : NULL;
	return *to || !from ? 0 : fail_errno(f, ENOMEM, "read the configuration key etcd");
}

/* Every key of ours begins with the prefix, which ends with one '/'. */
static int prefix_read(char to[static ETCD_PREFIX], const struct key_scope *s, const char *text)
{
	const size_t length = strlen(text);

	if (length + 1 >= ETCD_PREFIX || *text != '/' ||
	    text[strspn(text,
	                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./")])
		return key_refuse(s, "prefix", json_member(s->object, "prefix"),
		                  "it must begin with / and have letters, digits and -_./ only");
	snprintf(to, ETCD_PREFIX, "%s%s", text, text[length - 1] == '/' ? "" : "/");
	return 0;
}

static int spelled_check(struct etcd_config *c, const struct key_scope *s, const struct spelled *sp)
{
	if (c->n_endpoints == 0)
		return fail(s->f, CNI_CONFIG, "it must have at least one URL",
		            "configuration key etcd.endpoints is empty");
	if (!sp->user != !sp->password_file)
		return fail(s->f, CNI_CONFIG, "user and passwordFile belong together",
		            "configuration key etcd.user");
	if (sp->user && snprintf(c->user, sizeof c->user, "%s", sp->user) >= (int)sizeof c->user)
		return key_refuse(s, "user", json_member(s->object, "user"), "it is too long");
	for (size_t i = 0; i < c->n_endpoints; i++) {
		const char *why = http_identity_mismatch(&c->identity, c->endpoints[i]);
		if (why)
			return fail(s->f, CNI_CONFIG, why, "etcd at %s", c->endpoints[i]);
	}
	return prefix_read(c->prefix, s, sp->prefix);
}

int etcd_config_read(struct etcd_config *c, const cJSON *object, struct failure *f)
{
	const struct key_scope scope = { object, "etcd", f };
	struct spelled s = { .config = c, .prefix = prefix_default };

	*c = (struct etcd_config){ .n_endpoints = 0 };
	if (keys_read(keys, sizeof keys / sizeof *keys, &scope, &s) < 0 ||
	    copy(&c->identity.ca.file, s.ca, f) < 0 ||
	    copy(&c->identity.certificate.file, s.certificate, f) < 0 ||
	    copy(&c->identity.key.file, s.key, f) < 0 ||
	    copy(&c->password_file, s.password_file, f) < 0)
		return -1;
	return spelled_check(c, &scope, &s);
}

void etcd_config_release(struct etcd_config *c)
{
	http_identity_release(&c->identity);
	text_release(&c->password_file);
}
