/* SPDX-License-Identifier: Apache-2.0 */
/* Base64. */
#include "base/base64.h"
#include "tests/unit/unit.h"

#include <string.h>

static void bytes_survive_both_ways(struct verdict *v)
{
	static const struct {
		const char *bytes;
		const char *text;
	} cases[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xff\xfe\xfb", "//77" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		OWNED(text_release)
		char *text = base64_encode(cases[i].bytes, strlen(cases[i].bytes));
		size_t n = 99;
		OWNED(text_release) char *bytes = base64_decode(cases[i].text, 16, &n);
		expect(v, same_text(text, cases[i].text), "%s becomes %s", cases[i].bytes, text);
		expect(v, bytes && n == strlen(cases[i].bytes) && same_text(bytes, cases[i].bytes),
		       "%s becomes %zu bytes: %s", cases[i].text, n, bytes ? bytes : "none");
	}
}

static void what_is_no_base64_is_refused(struct verdict *v)
{
	static const char *const texts[] = { "Z",    "Zg",   "Zg=",  "Zg===",    "=Zg=",
		                             "Z===", "Zh==", "Zm9=", "Zg==Zg==", "Z g=",
		                             "Zg=g", "Zm-v", "====" };
	size_t n;

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		errno = 0;
		OWNED(text_release) char *bytes = base64_decode(texts[i], 16, &n);
		expect(v, !bytes && errno == EBADMSG, "%s becomes %s", texts[i], bytes);
	}
}

static void lines_and_length(struct verdict *v)
{
	size_t n;
	OWNED(text_release) char *lines = base64_decode("Zm9v\r\nYmFy\n", 6, &n);
	expect(v, lines && same_text(lines, "foobar"), "%s", lines ? lines : "none");
	errno = 0;
	OWNED(text_release) char *longer = base64_decode("Zm9vYmFy", 5, &n);
	expect(v, !longer && errno == EFBIG, "a text that is too long becomes %s", longer);
}

int main(void)
{
	static const struct unit units[] = { UNIT(bytes_survive_both_ways),
		                             UNIT(what_is_no_base64_is_refused),
		                             UNIT(lines_and_length) };
	return units_run(units, COUNT_OF(units));
}
