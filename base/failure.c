/* SPDX-License-Identifier: Apache-2.0 */
/* Recording a failure: the first cause wins. */
#include "base/failure.h"
#include "base/errno_text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int record(struct failure *f, int code, const char *details, const char *fmt, va_list ap)
        __attribute__((format(printf, 4, 0)));

static int record(struct failure *f, int code, const char *details, const char *fmt, va_list ap)
{
	if (f->code)
		return -1;
	f->code = code;
	snprintf(f->details, sizeof f->details, "%s", details);
	vsnprintf(f->msg, sizeof f->msg, fmt, ap);
	return -1;
}

int fail(struct failure *f, int code, const char *details, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	record(f, code, details, fmt, ap);
	va_end(ap);
	return -1;
}

int failure_code(int err)
{
	return err == EAGAIN || err == EBUSY || err == ENOBUFS || err == ETIMEDOUT ? CNI_AGAIN
	                                                                           : CNI_OTHER;
}

int fail_errno(struct failure *f, int err, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	record(f, failure_code(err), errno_text(err), fmt, ap);
	va_end(ap);
	return -1;
}

int failure_pass(struct failure *f, const struct failure *held)
{
	return fail(f, held->code, held->details, "%s", held->msg);
}

int failure_join(struct failure *all, const struct failure *one)
{
	if (!all->code) {
		*all = *one;
		return -1;
	}
	size_t used = strlen(all->details);
	snprintf(all->details + used, sizeof all->details - used, "; %s: %s", one->msg,
	         one->details);
	return -1;
}
