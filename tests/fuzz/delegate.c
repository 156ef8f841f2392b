/* SPDX-License-Identifier: Apache-2.0 */
/* What another plugin prints and how it ends: it is a result with an address, or a failure. The
 * first byte says which verb is asked for, the first line of which plugin; each prints what it is
 * told, which is the rest, and then ends in its own way.
 *
 * Reads with: ipam/delegate.c ipam/ipam.c */
#include "ipam/delegate.h"
#include "base/json.h"
#include "ipam/ipam.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <sys/stat.h>

static const struct plugin {
	const char *name, *script;
	mode_t mode;
} plugins[] = {
	{ "tell", "#!/bin/sh\nexec cat\n", 0700 },
	{ "fail", "#!/bin/sh\ncat\nexit 1\n", 0700 },
	{ "shout", "#!/bin/sh\ncat >&2\nexit 1\n", 0700 },
	{ "babble", "#!/bin/sh\nhead -c 9000 /dev/zero >&2\ncat\nexit 1\n", 0700 },
	{ "die", "#!/bin/sh\nkill -9 $$\n", 0700 },
	{ "flood", "#!/bin/sh\nexec head -c 1100000 /dev/zero\n", 0700 },
	{ "locked", "#!/bin/sh\n", 0600 },
};

static int add(const struct request *r, const char *type, struct failure *f)
{
	const struct ip_list none = { 0 };
	OWNED(ipam_answer_release) struct ipam_answer answer;
	int added = ipam_add(r, type, &none, &answer, f);

	PROMISE(added < 0 ? !answer.json : answer.result.n_ips > 0);
	return added;
}

static int release(const struct request *r, const char *type, struct failure *f)
{
	return ipam_release(r, type, "b", "eth1", NULL, f);
}

/* A plugin that does not know these two has failed at nothing. */
enum { STATUS = 3, GC = 4 };
static int (*const verbs[])(const struct request *, const char *, struct failure *) = {
	add, ipam_check, ipam_del, [STATUS] = ipam_status, [GC] = ipam_gc, release,
};

static void plugin_make(const struct plugin *p)
{
	const size_t length = strlen(p->script);
	OWNED(fd_release) int fd = open(p->name, O_CREAT | O_WRONLY | O_CLOEXEC, p->mode);

	PROMISE(fd >= 0 && write(fd, p->script, length) == (ssize_t)length);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	directory_enter("CNI_PATH");
	/* What the caller was told itself; plugins are told otherwise. */
	PROMISE(setenv("CNI_COMMAND", "STATUS", 1) == 0 && setenv("CNI_CONTAINERID", "a", 1) == 0);
	for (size_t i = 0; i < sizeof plugins / sizeof *plugins; i++)
		plugin_make(&plugins[i]);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = { 0 };
	OWNED(text_release) char *text = text_of(data, size);
	char *told = size ? strchr(text + 1, '\n') : NULL;

	if (!told)
		return 0;
	*told++ = '\0';
	const char *type = text + 1;
	if (strcmp(type, "podtap-ipam") == 0) /* is no process: the target store has it */
		return 0;
	const struct request r = { .container_id = "a",
		                   .netns = "/n",
		                   .ifname = "eth0",
		                   .path = delegate_path(),
		                   .text = told,
		                   .length = size - (size_t)(told - text),
		                   .version = VERSION_LATEST };
	const size_t verb = data[0] % (sizeof verbs / sizeof *verbs);
	const int done = verbs[verb](&r, type, &f);
	PROMISE((done < 0) == (f.code != 0));
	PROMISE(done < 0 || strcmp(type, "tell") == 0 || verb == STATUS || verb == GC);
	return 0;
}
