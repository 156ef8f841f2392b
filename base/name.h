/* SPDX-License-Identifier: Apache-2.0 */
/* Lexical checks of names: of networks, containers and interfaces. */
#ifndef BASE_NAME_H
#define BASE_NAME_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>

/* Whether the text can be a container ID or the name of a network. */
bool identifier_valid(const char *text);

/* Check the name of an interface, with the words of the reference library; `variable` precedes them
 * unless it is NULL. Fails with the code given. */
int ifname_check(const char *name, const char *variable, int code, struct failure *f) MUST_CHECK;

#endif
