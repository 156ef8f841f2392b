/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs, one file each. Every one returns 0, or -1 with the failure recorded. */
#ifndef PLUGIN_VERBS_H
#define PLUGIN_VERBS_H

#include "cni/request.h"
#include "cni/result.h"

/* Create the endpoint and print the result, or leave nothing (CNI 1.1.0, "ADD"). */
int add(const struct request *r, struct failure *f);

/* Report what an ADD made: the content of prevResult, then that of the endpoint. Returns 0, or -1:
 * then the ADD undoes its work. */
typedef int add_reporter(const struct result *all, const struct request *r, struct failure *f);

/* Create the endpoint as add() does, and report it by `report` instead of a CNI result. */
int add_reported(const struct request *r, add_reporter *report, struct failure *f);

/* Remove all that is left of the attachment. Succeed if nothing is left ("DEL"). */
int del(const struct request *r, struct failure *f);

/* Remove as del() does, if no other call works on the attachment, and if wanted() says so while
 * none can begin to. wanted() may open namespaces. If the addresses cannot be
 * released, nothing else is removed either. Returns 1, 0 if the attachment was left, or -1.
 */
int del_if(const struct request *r, bool (*wanted)(const struct request *r, void *data), void *data,
           struct failure *f);

/* Compare the endpoint with prevResult and the configuration ("CHECK"). */
int check(const struct request *r, struct failure *f);

/* Report whether an ADD could succeed, without changing anything ("STATUS"). */
int status(const struct request *r, struct failure *f);

/* Remove the attachments of the network that are not listed as valid ("GC"). */
int gc(const struct request *r, struct failure *f);

#endif
