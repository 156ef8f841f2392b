/* SPDX-License-Identifier: Apache-2.0 */
/* Why a call stopped: one value on main's stack. main prints it once, as the CNI error object. */
#ifndef BASE_FAILURE_H
#define BASE_FAILURE_H

/* Error codes of the CNI specification 1.1.0, section "Error", and the codes that the libraries of
 * runtimes add. We never use code 3 (unknown container): it tells the runtime that no DEL is
 * needed. */
enum cni_code {
	CNI_OK = 0,
	CNI_VERSION = 1,      /* incompatible version, or the version does not have the verb */
	CNI_ENV = 4,          /* invalid CNI_* variable; the message names it */
	CNI_IO = 5,           /* reading or writing failed */
	CNI_DECODE = 6,       /* stdin is not the expected JSON */
	CNI_CONFIG = 7,       /* invalid network configuration */
	CNI_OWN_NETNS = 8,    /* CNI_NETNS is the plugin's own namespace */
	CNI_AGAIN = 11,       /* a later call can succeed */
	CNI_UNAVAILABLE = 50, /* STATUS: an ADD would fail */
	CNI_OTHER = 999,      /* every failure without a code in the specification */
};

struct failure {
	int code;           /* an enum cni_code, or a code of a delegate; 0: no failure */
	char msg[1024];     /* what we attempted */
	char details[4096]; /* why it failed: text of the user, the kernel or the delegate */
};

/* Clear a failure. `= { 0 }` would also clear the texts, which costs every call two pages of
 * memory. */
static inline void failure_clear(struct failure *f)
{
	f->code = CNI_OK;
	f->msg[0] = f->details[0] = '\0';
}

/* Record a failure, unless one is recorded already. Undoing may fail too, and the first cause must
 * be reported. Returns -1 always, so that one line reports and returns. The function is cold: the
 * compiler places branches that end here apart, so that the code of every call is on fewer
 * pages. */
int fail(struct failure *f, int code, const char *details, const char *fmt, ...)
        __attribute__((format(printf, 4, 5), cold));

/* Record a failure for an errno, as fail() does. The details are the errno's text. The code is
 * CNI_AGAIN if a retry may help (EAGAIN, EBUSY, ENOBUFS, ETIMEDOUT), else CNI_OTHER. Returns -1. */
int fail_errno(struct failure *f, int err, const char *fmt, ...)
        __attribute__((format(printf, 3, 4), cold));

/* Record, as fail() does, a failure that the caller held back until it was known to count. Returns
 * -1. */
int failure_pass(struct failure *f, const struct failure *held) __attribute__((cold));

/* Add one failure to others. The first failure keeps its place. Later ones are appended to its
 * details as far as they fit. For work that continues after a failure. Returns -1. */
int failure_join(struct failure *all, const struct failure *one) __attribute__((cold));

/* Returns the code that fail_errno() gives an errno. */
int failure_code(int err);

#endif
