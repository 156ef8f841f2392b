/* SPDX-License-Identifier: Apache-2.0 */
/* YAML as a tree of JSON, by libyaml. */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/failure.h"
#include "base/json.h"

/* Parse one document. Every scalar is a string, except an empty one and null. Aliases are refused:
 * they can make a few bytes large. Returns the tree, which the caller owns, or NULL (CNI_DECODE),
 * with the line. */
cJSON *yaml_parse(const char *text, size_t length, const char *what, struct failure *f) MUST_CHECK;

#endif
