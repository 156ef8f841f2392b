/* SPDX-License-Identifier: Apache-2.0 */
/* What answers of the Kubernetes API say. */
#ifndef EXPOSE_ADDRESSES_KUBE_ANSWER_H
#define EXPOSE_ADDRESSES_KUBE_ANSWER_H

#include "expose/addresses/engine.h"
#include "expose/addresses/watcher.h"

enum { KUBE_CONTINUE = 1024, KUBE_PAGE = 50 };

/* What an answer's status means. `answer` is NULL if it is not JSON, or not read: then ENGINE_NONE
 * is never meant, as with an API that has no such resource. */
enum engine_answer kube_meaning(long status, bool is_json, const cJSON *answer);

/* The words of an answer with a failure, or NULL. */
const char *kube_message(const cJSON *answer);

/* Read metadata.resourceVersion. Returns whether there is one. */
bool kube_version(const cJSON *object, char version[static VERSION_TEXT]);

/* Read the token of a list's next page. Returns whether there is one that can stand in a URL. */
bool kube_continue(const cJSON *list, char token[static KUBE_CONTINUE]);

/* Read a line of a watch. */
enum watch_event kube_event_read(const char *line, size_t length);

/* Returns whether a name may stand in a URL and in a selector of labels as it is. */
bool kube_name_valid(const char *name);

#endif
