/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the program is ready: its engine answers, and the files of all pools are written. */
#ifndef EXPOSE_ADDRESSES_READINESS_H
#define EXPOSE_ADDRESSES_READINESS_H

#include "expose/addresses/agent.h"
#include "expose/common/health.h"

/* Returns whether the agent is ready. Sets `text` to the reason if it is not. An agent that is not
 * ready leaves the node the addresses that it has: CNI calls do not need it. */
bool agent_ready(const struct agent *a, char text[static HEALTH_TEXT]);

#endif
