/* SPDX-License-Identifier: Apache-2.0 */
/* Writing an event. */
#include "expose/addresses/kube_event.h"

#include "base/clock.h"
#include "base/utc.h"
#include "expose/common/daemon.h"

#include <stdio.h>

enum { NAME_TEXT = 300, PATH_TEXT = 200 };

/* Events of objects without a namespace are in the namespace "default". */
static const char events_path[] = "/api/v1/namespaces/default/events";

/* Says which pool an event is about. `kubectl describe` shows events with the object's UID only;
 * one without it is still an event. */
static void about_add(struct kube_client *c, cJSON *event, const char *pool)
{
	OWNED(json_release) cJSON *object = NULL;
	cJSON *about = cJSON_AddObjectToObject(event, "involvedObject");
	char path[PATH_TEXT];
	const struct kube_request r = { "read a pool", "GET", path, NULL, KUBE_OBJECT };
	struct failure f = { 0 };

	snprintf(path, sizeof path, "/apis/ipam.podtap.dev/v1alpha1/addresspools/%s", pool);
	cJSON_AddStringToObject(about, "apiVersion", "ipam.podtap.dev/v1alpha1");
	cJSON_AddStringToObject(about, "kind", "AddressPool");
	cJSON_AddStringToObject(about, "name", pool);
	if (kube_call(c, &r, &object, &f) != ENGINE_OK)
		return;
	const char *uid = json_string(json_member(json_member(object, "metadata"), "uid"));
	if (uid)
		cJSON_AddStringToObject(about, "uid", uid);
}

static cJSON *event_json(struct kube_client *c, const char *pool, const char *reason,
                         const char *text)
{
	cJSON *event = cJSON_CreateObject();
	cJSON *metadata = cJSON_AddObjectToObject(event, "metadata");
	char name[NAME_TEXT], now[UTC_TEXT];

	snprintf(name, sizeof name, "%s.%llx", pool, (unsigned long long)clock_microseconds());
	cJSON_AddStringToObject(event, "apiVersion", "v1");
	cJSON_AddStringToObject(event, "kind", "Event");
	cJSON_AddStringToObject(metadata, "name", name);
	cJSON_AddStringToObject(metadata, "namespace", "default");
	about_add(c, event, pool);
	cJSON_AddStringToObject(event, "reason", reason);
	cJSON_AddStringToObject(event, "message", text);
	cJSON_AddStringToObject(event, "type", "Warning");
	cJSON_AddNumberToObject(event, "count", 1);
	cJSON_AddStringToObject(event, "firstTimestamp", utc_now(now));
	cJSON_AddStringToObject(event, "lastTimestamp", now);
	cJSON_AddStringToObject(cJSON_AddObjectToObject(event, "source"), "component",
	                        "podtap-addresses");
	return event;
}

void kube_event_write(struct kube_client *c, const char *pool, const char *reason,
                      const char *message)
{
	OWNED(json_release) cJSON *event = event_json(c, pool, reason, message);
	OWNED(text_release) char *text = json_text(event);
	OWNED(json_release) cJSON *answer = NULL;
	const struct kube_request r = { "write an event", "POST", events_path, text, true };
	struct failure f = { 0 };

	if (text && kube_call(c, &r, &answer, &f) != ENGINE_OK)
		log_failure(&f);
}
