/* SPDX-License-Identifier: Apache-2.0 */
/* Asking for versions, and changing a request's. */
#include "control/versions.h"

#include "base/json.h"
#include "ipam/delegate.h"
#include "ipam/ipam.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { VERSION_SECONDS = 30 };

unsigned versions_ask(const char *path, const char *type, struct failure *f)
{
	static const char text[] = "{\"cniVersion\":\"1.1.0\"}";
	const struct delegate_call call = { .path = path,
		                            .type = type,
		                            .command = "VERSION",
		                            .stdin_text = text,
		                            .stdin_length = sizeof text - 1,
		                            .seconds = VERSION_SECONDS };
	OWNED(text_release) char *answer = delegate_run(&call, f);
	OWNED(json_release) cJSON *json = NULL;
	const cJSON *item;
	char what[NAME_MAX + 32];
	enum version v;
	unsigned known = 0;

	snprintf(what, sizeof what, "the versions of plugin %s", type);
	if (answer)
		json = json_parse(answer, strlen(answer), what, f);
	cJSON_ArrayForEach(item, json_member(json, "supportedVersions"))
	{
		if (json_string(item) && version_find(item->valuestring, &v))
			known |= 1U << v;
	}
	if (json && !known)
		fail(f, CNI_DECODE, "none of its supportedVersions is known here", "plugin %s",
		     type);
	return known;
}

int request_speak(struct request *r, enum version v, struct failure *f)
{
	if (!json_set_text(r->json, "cniVersion", version_text(v)))
		return fail_errno(f, ENOMEM, "write the network's configuration");
	char *text = json_text(r->json);
	if (!text)
		return fail_errno(f, ENOMEM, "write the network's configuration");
	text_release(&r->text);
	r->text = text;
	r->length = strlen(text);
	r->version = v;
	return 0;
}

int request_agree(struct request *r, struct failure *f)
{
	const char *type = ipam_type(r->json);
	struct failure unsaid = { 0 };
	const unsigned known = ipam_delegates(type) ? versions_ask(r->path, type, &unsaid) : 0;

	if (!known || known & 1U << r->version)
		return 0;
	int best = VERSION_LATEST;
	while (!(known & 1U << best))
		best--;
	return request_speak(r, (enum version)best, f);
}
