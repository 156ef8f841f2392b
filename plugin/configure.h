/* SPDX-License-Identifier: Apache-2.0 */
/* Configuring an endpoint's link in its container. */
#ifndef PLUGIN_CONFIGURE_H
#define PLUGIN_CONFIGURE_H

#include "plugin/attachment.h"
#include "plugin/endpoint.h"

/* Sets what the configuration asks for and brings the link up: settings and addresses first, so
 * that they are announced, then flags, then duplicate address detection, then routes. `lease` is
 * what IPAM gave, NULL without; gateways that were used are filled into its routes. */
int configure(struct attachment *a, const struct endpoint *e, struct result *lease,
              struct failure *f) MUST_CHECK;

#endif
