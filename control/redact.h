/* SPDX-License-Identifier: Apache-2.0 */
/* Removing secrets from configurations before they leave the node. */
#ifndef CONTROL_REDACT_H
#define CONTROL_REDACT_H

#include "base/owned.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* Whether a name is that of a secret: it contains a word such as password, token, secret or key. */
bool redact_is_secret(const char *name);

/* Replace the value of every member with such a name by "removed", at any depth. In a text of pairs
 * NAME=VALUE with semicolons, such as CNI_ARGS, the values are replaced; a text that is a JSON
 * object is treated as one. Returns false without memory: then the tree must not be shown. */
bool redact(cJSON *json) MUST_CHECK;

#endif
