/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs, one file each. Every one returns 0, or -1 with the failure recorded. */
#ifndef PLUGIN_VERBS_H
#define PLUGIN_VERBS_H

#include "cni/request.h"

/* Creates the endpoint and prints the result, or leaves nothing (CNI 1.1.0, "ADD"). */
int add(const struct request *r, struct failure *f);

/* Removes whatever is left of the attachment, and succeeds when nothing is ("DEL"). */
int del(const struct request *r, struct failure *f);

/* Compares the endpoint with prevResult and the configuration ("CHECK"). */
int check(const struct request *r, struct failure *f);

/* Says whether an ADD would be served, without doing anything ("STATUS"). */
int status(const struct request *r, struct failure *f);

/* Removes the attachments of the network that are not listed as valid ("GC"). */
int gc(const struct request *r, struct failure *f);

#endif
