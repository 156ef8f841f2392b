/* SPDX-License-Identifier: Apache-2.0 */
/* The processes that have taps open. */
#ifndef CONTROL_TAP_USERS_H
#define CONTROL_TAP_USERS_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tap_user {
	dev_t device;
	pid_t pid;
	char comm[16]; /* the process's name, which it chose itself */
};

struct tap_users {
	struct tap_user *list; /* owned; sorted by device, then by process, each process once */
	size_t n;
	bool whole; /* all processes were examined */
};

void tap_users_release(struct tap_users *u);

/* Find them with one walk through /proc, up to a bound of descriptors. A process that ends
 * meanwhile is left out. Returns 0 or -1. */
int tap_users_find(struct tap_users *u, struct failure *f) MUST_CHECK;

/* Write the users of a device as "NAME (pid N)", separated by commas and cut to the buffer. Returns
 * their number. */
size_t tap_users_text(const struct tap_users *u, dev_t device, char *text, size_t size);

#endif
