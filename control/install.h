/* SPDX-License-Identifier: Apache-2.0 */
/* What install and uninstall share: the programs, the aliases and the directories. */
#ifndef CONTROL_INSTALL_H
#define CONTROL_INSTALL_H

#include "control/verb.h"

/* Keys of the options. No option has a short form. */
enum { OPTION_ALIASES = 1, OPTION_ALIAS, OPTION_FROM, OPTION_TO };

extern const char *const installed_programs[]; /* the last is NULL */
extern const char *const installed_aliases[];

/* Refuse an alias that installed_aliases lacks. Returns 0 or -1. */
int aliases_read(const struct call *call, struct failure *f) MUST_CHECK;

/* Whether the call names an alias, or wants all. */
bool alias_is_wanted(const struct call *call, const char *name);

/* Call on_path() for each value of an option. Without the option, for the directories of plugins
 * that the node has. */
void directories_each(const struct call *call, int key,
                      void (*on_path)(const char *path, void *data), void *data, struct failure *f);

#endif
