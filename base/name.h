/* SPDX-License-Identifier: Apache-2.0 */
/* Lexical checks of names: of networks, containers and interfaces. */
#ifndef BASE_NAME_H
#define BASE_NAME_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>

/* Returns whether the text is a valid container ID or network name. */
bool identifier_valid(const char *text);

/* Check the name of an interface. The messages are those of the reference library; `variable`
 * precedes them unless it is NULL. Returns 0, or -1 with the given code. */
int ifname_check(const char *name, const char *variable, int code, struct failure *f) MUST_CHECK;

#endif
