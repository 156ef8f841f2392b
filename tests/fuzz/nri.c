/* SPDX-License-Identifier: Apache-2.0 */
/* A runtime's side of a connection, whatever it is: it is answered, or the connection ends with a
 * reason; what it says is logged in whole lines.
 *
 * Reads with: expose/nri.c expose/nri_answer.c expose/adjust.c expose/arena.c */
#include "expose/nri.h"
#include "expose/adjust.h"
#include "expose/daemon.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/sysmacros.h>

/* In place of the log, which would be a line for every run. */
void say(const char *fmt, ...)
{
	char line[256];
	va_list args;

	va_start(args, fmt);
	PROMISE(vsnprintf(line, sizeof line, fmt, args) >= 0);
	va_end(args);
}

void say_failure(const struct failure *f)
{
	PROMISE(f->code && *f->msg);
}

/* There is no record, hence no tap: what is proved otherwise is taken for proved. */
static int create(const struct Nri__CreateContainerRequest *request, struct taps *taps,
                  struct failure *f)
{
	if (adjustment_find(request, taps, f) < 0)
		return -1;
	PROMISE(taps->n == 0 && taps->doubts == 0);
	for (; taps->n < TAPS_DEVICES_MAX; taps->n++)
		taps->device[taps->n] =
		        (struct device){ "/dev/tap7", makedev(244, 3), { 107, 0, 0600 } };
	return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	directory_enter("PODTAP_STATE_DIR");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED(fd_release) int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	OWNED(nri_release) struct nri n = { .create = create };
	struct failure f = { 0 };

	PROMISE(nri_open(&n, nowhere, "podtap", "50", &f) == 0);
	for (size_t step; size; data += step, size -= step) {
		step = size < 4096 ? size : 4096;
		if (nri_take(&n, data, step, &f) < 0) {
			PROMISE(f.code && *f.msg);
			return 0;
		}
		PROMISE(f.code == 0);
	}
	return 0;
}
