/* SPDX-License-Identifier: Apache-2.0 */
/* AddressBindings: cluster-scoped custom resources. */
#include "expose/addresses/kube_owner.h"

#include <stdio.h>

static const char resource[] = "/apis/" OBJECTS_API "/addressbindings";
enum { PATH_TEXT = sizeof resource + BINDING_NAME };

enum engine_answer kube_binding_get(struct engine *e, const char *pool, uint64_t id,
                                    struct address_binding *out, struct failure *f)
{
	OWNED(json_release) cJSON *object = NULL;
	char path[PATH_TEXT], name[BINDING_NAME];
	const struct kube_request r = { "read a binding", "GET", path, NULL, KUBE_OBJECT };

	snprintf(path, sizeof path, "%s/%s", resource, binding_name(pool, id, name));
	const enum engine_answer got = kube_call(kube_client_of(e), &r, &object, f);
	if (got != ENGINE_OK)
		return got;
	*out = (struct address_binding){ .set = 0 };
	return binding_read(out, object, f) < 0 ? ENGINE_REFUSED : ENGINE_OK;
}

enum engine_answer kube_binding_create(struct engine *e, struct address_binding *b,
                                       struct failure *f)
{
	OWNED(json_release) cJSON *object = binding_json(b);
	OWNED(text_release) char *text = object ? json_text(object) : NULL;
	OWNED(json_release) cJSON *answer = NULL;
	const struct kube_request r = { "write a binding", "POST", resource, text, KUBE_OBJECT };

	if (!text) {
		fail_errno(f, ENOMEM, "write a binding");
		return ENGINE_REFUSED;
	}
	const enum engine_answer got = kube_call(kube_client_of(e), &r, &answer, f);
	if (got == ENGINE_OK && !kube_version(answer, b->version))
		b->version[0] = '\0';
	return got;
}

enum engine_answer kube_binding_delete(struct engine *e, const struct address_binding *b,
                                       struct failure *f)
{
	OWNED(json_release) cJSON *answer = NULL;
	char path[PATH_TEXT], name[BINDING_NAME], body[192];
	const struct kube_request r = { "delete a binding", "DELETE", path, body, KUBE_OBJECT };

	if (!kube_name_valid(b->version)) {
		fail(f, CNI_CONFIG, "it has no valid version", "delete a binding of pool %s",
		     b->pool);
		return ENGINE_REFUSED;
	}
	snprintf(path, sizeof path, "%s/%s", resource, binding_name(b->pool, b->number, name));
	snprintf(body, sizeof body,
	         "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\","
	         "\"preconditions\":{\"resourceVersion\":\"%s\"}}",
	         b->version);
	return kube_call(kube_client_of(e), &r, &answer, f);
}
