/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets share: libFuzzer's entry points, and a trap for a broken promise. The line
 * "Reads with" of a target's first comment names the files it is to cover. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define PROMISE(holds)                    \
	do {                              \
		if (!(holds))             \
			__builtin_trap(); \
	} while (0)

/* The input as a NUL-terminated text the caller frees. */
static inline char *text_of(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/* Works from now on in the directory the runner made for this process ($SCRATCH), which the
 * variable names too. */
static inline void directory_enter(const char *variable)
{
	const char *path = getenv("SCRATCH");
	PROMISE(path && setenv(variable, path, 1) == 0 && chdir(path) == 0);
}

#endif
