/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of a network configuration that neither podtap nor podtap-ipam has. The specification wants
 * a plugin to accept them; most are misspelled. */
#ifndef PLUGIN_UNKNOWN_H
#define PLUGIN_UNKNOWN_H

#include "base/unknown_keys.h"

/* The keys of every plugin's configuration, by the specification, and of every `ipam`. */
key_table standard_key, standard_ipam_key;

/* Visit the unknown keys of a configuration. Those of `ipam` only if it is podtap-ipam's. */
void config_unknown(const cJSON *json, const struct unknown_visit *visit);

/* Write the same for people: "configuration key mastr is unknown and has no effect (did you mean
 * master?)". Returns the buffer. */
const char *unknown_text(const char *path, const char *meant, char *text, size_t size);

#endif
