/* SPDX-License-Identifier: Apache-2.0 */
/* Failures: the first cause, its words and its code. */
#include "base/failure.h"
#include "base/errno_text.h"
#include "tests/unit/unit.h"

#include <errno.h>

static void a_failure_keeps_the_first_cause(struct verdict *v)
{
	struct failure f = { 0 };

	expect(v, fail(&f, CNI_CONFIG, "why", "%s %d", "what", 1) == -1,
	       "it returns something else");
	expect(v, fail(&f, CNI_OTHER, "later", "later") == -1, "the second returns something else");
	expect(v, fail_errno(&f, EBUSY, "last") == -1, "the third returns something else");
	expect(v, f.code == CNI_CONFIG && same_text(f.msg, "what 1") && same_text(f.details, "why"),
	       "%d %s %s", f.code, f.msg, f.details);
}

static void a_transient_errno_asks_to_try_again(struct verdict *v)
{
	static const struct {
		int err;
		int code;
	} cases[] = {
		{ EAGAIN, CNI_AGAIN },    { EBUSY, CNI_AGAIN },  { ENOBUFS, CNI_AGAIN },
		{ ETIMEDOUT, CNI_AGAIN }, { ENOMEM, CNI_OTHER }, { EPERM, CNI_OTHER },
		{ EINVAL, CNI_OTHER },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct failure f = { 0 };
		fail_errno(&f, cases[i].err, "it");
		expect(v, f.code == cases[i].code && same_text(f.details, errno_text(cases[i].err)),
		       "%s: %d %s", errno_text(cases[i].err), f.code, f.details);
	}
}

static void a_message_too_long_is_truncated(struct verdict *v)
{
	static const struct failure empty;
	struct failure f = empty;
	char words[sizeof f.details + 100];

	memset(words, 'x', sizeof words - 1);
	words[sizeof words - 1] = '\0';
	fail(&f, CNI_OTHER, words, "%s", words);
	expect(v, strlen(f.msg) == sizeof f.msg - 1, "msg: %zu", strlen(f.msg));
	expect(v, strlen(f.details) == sizeof f.details - 1, "details: %zu", strlen(f.details));
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(a_failure_keeps_the_first_cause),
		UNIT(a_transient_errno_asks_to_try_again),
		UNIT(a_message_too_long_is_truncated),
	};

	return units_run(units, COUNT_OF(units));
}
