/* SPDX-License-Identifier: Apache-2.0 */
/* One whole call: the environment (a line each, up to an empty one), then stdin. What is accepted
 * is valid for its verb.
 *
 * Reads with: cni/request.c cni/version.c base/name.c */
#include "cni/request.h"
#include "base/json.h"
#include "tests/fuzz/fuzz.h"

#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static int none(const struct request *r, struct failure *f)
{
	(void)r;
	(void)f;
	return 0;
}

static const struct cni_verb verbs[] = {
	{ "ADD", none, NEEDS_CONTAINERID | NEEDS_NETNS | NEEDS_IFNAME | NEEDS_PATH, V0_1_0 },
	{ "DEL", none, NEEDS_CONTAINERID | NEEDS_IFNAME | NEEDS_PATH, V0_1_0 },
	{ "CHECK", none, NEEDS_CONTAINERID | NEEDS_NETNS | NEEDS_IFNAME, V0_4_0 },
	{ "GC", none, NEEDS_PATH, V1_1_0 },
	{ NULL, NULL, 0, V0_1_0 },
};

/* Puts the lines into the environment, and the rest of the text where stdin is read from. */
static void call_make(char *text)
{
	char *line = text, *end;

	clearenv();
	for (; (end = strchr(line, '\n')) && end != line; line = end + 1) {
		*end = '\0';
		if (strncmp(line, "CNI_", 4) == 0)
			putenv(line);
	}
	if (end)
		line++;
	const size_t length = strlen(line);
	PROMISE(ftruncate(STDIN_FILENO, 0) == 0 && lseek(STDIN_FILENO, 0, SEEK_SET) == 0);
	PROMISE(write(STDIN_FILENO, line, length) == (ssize_t)length);
	PROMISE(lseek(STDIN_FILENO, 0, SEEK_SET) == 0);
}

static void check_accepted(const struct request *r, const struct cni_verb *verb)
{
	struct failure f = { 0 };

	if (verb->needs & NEEDS_CONTAINERID)
		PROMISE(identifier_valid(r->container_id) && !strchr(r->container_id, '/') &&
		        strlen(r->container_id) <= NAME_MAX);
	if (verb->needs & NEEDS_IFNAME)
		PROMISE(ifname_check(r->ifname, NULL, CNI_ENV, &f) == 0);
	PROMISE(!(verb->needs & NEEDS_NETNS) || *r->netns);
	PROMISE(identifier_valid(r->name) && r->version >= verb->since);
}

/* VERSION is answered with every version there is. */
static void check_report(void)
{
	OWNED(json_release) cJSON *report = version_report();
	const cJSON *list = json_member(report, "supportedVersions"), *item;
	enum version v;

	PROMISE(cJSON_GetArraySize(list) == VERSION_COUNT);
	cJSON_ArrayForEach(item, list)
	{
		PROMISE(version_find(json_string(item), &v));
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	int fd = memfd_create("stdin", MFD_CLOEXEC);
	PROMISE(fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
	return close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int codes[] = { CNI_ENV, CNI_IO, CNI_DECODE, CNI_CONFIG, CNI_VERSION };
	struct failure f = { 0 };
	OWNED(text_release) char *text = text_of(data, size);
	OWNED(request_release) struct request r = { .text = NULL };
	const struct cni_verb *verb;
	bool known = false;

	call_make(text);
	int read = request_read(&r, verbs, &verb, &f);
	PROMISE(request_version_text(&r));
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		known |= f.code == codes[i];
	PROMISE(read == 0 ? f.code == 0 : known);
	if (read == 0 && verb)
		check_accepted(&r, verb);
	else if (read == 0)
		check_report();
	clearenv(); /* it borrows from the text */
	return 0;
}
