/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as YAML 1.2, in block style. */
#ifndef CONTROL_YAML_H
#define CONTROL_YAML_H

#include <cjson/cJSON.h>
#include <stdio.h>

/* Print a value as a YAML document without its "---". Every text is quoted, so that no reader takes
 * one for a number or a boolean. The caller flushes the stream, which remembers a failure. */
void yaml_print(const cJSON *value, FILE *out);

#endif
