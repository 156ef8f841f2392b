/* SPDX-License-Identifier: Apache-2.0 */
/* Why a call stopped: one value on main's stack, printed once, as the CNI error object. */
#ifndef BASE_FAILURE_H
#define BASE_FAILURE_H

/* Error codes of the CNI specification 1.1.0, "Error", and what runtimes' libraries add to them.
 * Code 3 (unknown container) is never ours: it tells the runtime that no DEL is needed. */
enum cni_code {
	CNI_OK = 0,
	CNI_VERSION = 1,      /* incompatible version, or a verb the version does not have */
	CNI_ENV = 4,          /* a CNI_* variable; the message names it */
	CNI_IO = 5,           /* reading or writing failed */
	CNI_DECODE = 6,       /* stdin is not the JSON it should be */
	CNI_CONFIG = 7,       /* the network configuration cannot be right */
	CNI_OWN_NETNS = 8,    /* CNI_NETNS is the plugin's own namespace */
	CNI_AGAIN = 11,       /* would work later */
	CNI_UNAVAILABLE = 50, /* STATUS: an ADD would fail */
	CNI_OTHER = 999,      /* everything the specification has no code for */
};

struct failure {
	int code;           /* an enum cni_code, or a delegate's own; 0: nothing failed */
	char msg[1024];     /* what we were doing */
	char details[4096]; /* why it stopped: the user's, the kernel's or the delegate's words */
};

/* Nothing failed so far. For what every call passes: as `= { 0 }` it would clear the texts too, and
 * so cost two pages of memory each time. */
static inline void failure_clear(struct failure *f)
{
	f->code = CNI_OK;
	f->msg[0] = f->details[0] = '\0';
}

/* Records a failure unless one is recorded already: rolling back may fail too, and the first cause
 * is the one to report. Always returns -1, so that reporting and returning are one line. Cold: the
 * branches that end here are placed apart, so that what every call runs is on fewer pages. */
int fail(struct failure *f, int code, const char *details, const char *fmt, ...)
        __attribute__((format(printf, 4, 5), cold));

/* As fail(), for an errno: details is its text, the code CNI_AGAIN where trying again may help
 * (EAGAIN, EBUSY, ENOBUFS, ETIMEDOUT), else CNI_OTHER. */
int fail_errno(struct failure *f, int err, const char *fmt, ...)
        __attribute__((format(printf, 3, 4), cold));

/* Records, as fail() does, a failure that was held back until it was known to count. Returns -1. */
int failure_pass(struct failure *f, const struct failure *held) __attribute__((cold));

/* Adds one failure to others: the first keeps its place, later ones are appended to its details as
 * far as they fit. For work that goes on past a failure. Returns -1. */
int failure_join(struct failure *all, const struct failure *one) __attribute__((cold));

/* The code fail_errno() gives an errno. */
int failure_code(int err);

#endif
