/* SPDX-License-Identifier: Apache-2.0 */
/* A container's configuration, as the hook gets it: with the insertions it is JSON still, has the
 * devices, and is otherwise what it was.
 *
 * Reads with: expose/hook/splice.c */
#include "expose/hook/splice.h"
#include "base/json.h"
#include "tests/fuzz/fuzz.h"

#include <sys/sysmacros.h>

/* The text with the insertions made; the caller frees it. */
static char *spliced(const char *text, size_t length, const struct splice *s, size_t *whole)
{
	size_t size = length, from = 0, to = 0;

	for (size_t i = 0; i < s->n; i++)
		size += strlen(s->insertion[i].text);
	char *made = malloc(size + 1);
	if (!made)
		abort();
	for (size_t i = 0; i < s->n; i++) {
		const struct insertion *in = &s->insertion[i];
		PROMISE(in->at >= from && in->at + in->skip <= length);
		memcpy(made + to, text + from, in->at - from);
		to += in->at - from;
		memcpy(made + to, in->text, strlen(in->text));
		to += strlen(in->text);
		from = in->at + in->skip;
	}
	memcpy(made + to, text + from, length - from);
	*whole = to + length - from;
	made[*whole] = '\0';
	return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct device devices[] = {
		{ "/dev/tap7", makedev(244, 3), { 107, 107, 0600 } },
		{ "/dev/kvm", makedev(10, 232), { 107, 107, 0600 } },
	};
	enum { N = sizeof devices / sizeof *devices };
	struct failure f = { 0 };
	OWNED(splice_release) struct splice s = { .n = 0 }, again = { .n = 0 };
	OWNED(text_release) char *text = text_of(data, size);
	const char *why;
	size_t at, whole;

	if (!json_check(text, size, &why, &at))
		return 0;
	OWNED(text_release) char *netns = splice_netns(text, size, &f);
	PROMISE(!netns || (*netns && f.code == 0));
	f = (struct failure){ 0 };
	if (splice_devices(text, size, devices, N, &s, &f) < 0) {
		PROMISE(f.code == CNI_DECODE);
		return 0;
	}
	PROMISE(s.n >= 1);
	OWNED(text_release) char *made = spliced(text, size, &s, &whole);
	PROMISE(json_check(made, whole, &why, &at));
	/* A second time nothing is left to add but the permissions. */
	PROMISE(splice_devices(made, whole, devices, N, &again, &f) == 0 && again.n == 1);
	return 0;
}
