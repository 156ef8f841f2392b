/* SPDX-License-Identifier: Apache-2.0 */
/* Running another plugin's executable: finding it, giving it stdin, and reading its answer. */
#include "ipam/delegate.h"

#include "base/bytes.h"
#include "base/errno_text.h"
#include "cni/error.h"
#include "ipam/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/* The bytes of a stdout without an error object that leave room for the stderr. */
enum { STDOUT_SHOWN = 800 };

static void list_release(const char ***list)
{
	free(*list);
	*list = NULL;
}

const char *delegate_path(void)
{
	const char *path = getenv("CNI_PATH");

	return path && *path ? path
	                     : "/usr/local/libexec/cni:/usr/libexec/cni:/usr/local/lib/cni:"
	                       "/usr/lib/cni:/opt/cni/bin";
}

int delegate_find(const struct delegate_call *call, char path[static PATH_MAX], struct failure *f)
{
	if (!*call->type || strchr(call->type, '/'))
		return fail(f, CNI_CONFIG, "a plugin's type is the name of its executable",
		            "invalid plugin type \"%s\"", call->type);
	size_t length;
	for (const char *at = call->path; *at; at += length + (at[length] == ':')) {
		length = strcspn(at, ":");
		if (length == 0) /* an empty entry does not mean the current directory */
			continue;
		int n = snprintf(path, PATH_MAX, "%.*s/%s", (int)length, at, call->type);
		struct stat st;
		if (n < PATH_MAX && stat(path, &st) == 0 && S_ISREG(st.st_mode))
			return 0;
	}
	return fail(f, CNI_CONFIG, "no such file in CNI_PATH",
	            "failed to find plugin \"%s\" in path [%s]", call->type, call->path);
}

static bool variable_same(const char *a, const char *b)
{
	size_t name = strcspn(a, "=");
	return strncmp(a, b, name + 1) == 0;
}

static bool variable_replaced(const char *variable, const char *command,
                              const char *const *environment)
{
	if (variable_same(variable, command))
		return true;
	for (; environment && *environment; environment++)
		if (variable_same(*environment, variable))
			return true;
	return false;
}

static const char **environment_make(const char *command, const char *const *environment)
{
	size_t count = 2; /* the command and the terminating NULL */
	for (char **e = environ; *e; e++)
		count++;
	for (const char *const *e = environment; e && *e; e++)
		count++;
	const char **made = calloc(count, sizeof *made);
	if (!made)
		return NULL;
	size_t n = 0;
	made[n++] = command;
	for (const char *const *e = environment; e && *e; e++)
		made[n++] = *e;
	for (char **e = environ; *e; e++)
		if (!variable_replaced(*e, command, environment))
			made[n++] = *e;
	return made;
}

/* Makes stdin a file in memory. So a delegate may read it late, in part or never, and no process
 * needs to write it meanwhile. */
static int stdin_make(const struct delegate_call *call, struct failure *f)
{
	OWNED(fd_release) int fd = memfd_create("stdin", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL) /* kernels before 6.3 */
		fd = memfd_create("stdin", MFD_CLOEXEC);
	if (fd < 0)
		return fail_errno(f, errno, "make the stdin of %s", call->type);
	if (bytes_write(fd, call->stdin_text, call->stdin_length) < 0)
		return fail_errno(f, errno, "write the stdin of %s", call->type);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return fail_errno(f, errno, "rewind the stdin of %s", call->type);
	return fd_take(&fd);
}

static int start(const struct delegate_call *call, struct child *child, struct failure *f)
{
	char path[PATH_MAX], command[64];
	if (delegate_find(call, path, f) < 0)
		return -1;
	int n = snprintf(command, sizeof command, "CNI_COMMAND=%s", call->command);
	if (n >= (int)sizeof command)
		return fail(f, CNI_OTHER, call->command, "run %s", path);
	OWNED(list_release) const char **environment = environment_make(command, call->environment);
	if (!environment)
		return fail_errno(f, ENOMEM, "run %s", path);
	OWNED(fd_release) int in = stdin_make(call, f);
	if (in < 0)
		return -1;
	const char *const arguments[] = { path, NULL };
	int err = child_start(child, path, arguments, environment, in);
	if (err == ETXTBSY) /* the file is being replaced */
		return fail(f, CNI_AGAIN, errno_text(err), "run %s", path);
	if (err)
		return fail_errno(f, err, "run %s", path);
	return 0;
}

/* Adds the child's stderr to the details, as far as it fits. */
static void details_add(char *details, size_t size, const char *before,
                        const struct child_report *r)
{
	const size_t used = strlen(details);

	if (r->n_said == 0)
		return;
	if (!r->cut)
		snprintf(details + used, size - used, "%s%s", before, r->said);
	else
		snprintf(details + used, size - used, "%s%.*s [...] %s", before, CHILD_SAID_HEAD,
		         r->said, r->said + CHILD_SAID_HEAD);
}

static int late(const struct delegate_call *call, const struct child_report *r, struct failure *f)
{
	char details[sizeof f->details] =
	        "it was killed; configuration key ipamTimeout is how long it may take";

	details_add(details, sizeof details, "; its stderr: ", r);
	return fail(f, CNI_AGAIN, details, "plugin %s: %s did not end within %u seconds",
	            call->type, call->command, call->seconds);
}

/* Evaluates the status and the output of a plugin that ended by itself. */
static int verdict(const struct delegate_call *call, const struct child_report *r,
                   struct failure *f)
{
	char how[128], details[sizeof f->details] = "";
	const int status = r->status;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (r->length > 0 && error_read(r->text, r->length, f))
		return -1;
	if (WIFSIGNALED(status))
		snprintf(how, sizeof how, "%s killed by signal %d (%s)", call->command,
		         WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(how, sizeof how, "%s ended with exit status %d", call->command,
		         WEXITSTATUS(status));
	if (r->length == 0) {
		details_add(details, sizeof details, "", r);
		return fail(f, CNI_OTHER,
		            r->n_said ? details : "it printed nothing, not even on stderr",
		            "plugin %s failed without an error object (%s)", call->type, how);
	}
	snprintf(details, sizeof details, "%.*s", STDOUT_SHOWN, r->text);
	details_add(details, sizeof details, "; its stderr: ", r);
	return fail(f, CNI_OTHER, details,
	            "plugin %s failed (%s) but its diagnostic message is no error object",
	            call->type, how);
}

static int judge(const struct delegate_call *call, const struct child_report *r, struct failure *f)
{
	if (r->late)
		return late(call, r, f);
	if (!r->text && r->error == E2BIG)
		return fail(f, CNI_OTHER, "more than a result could be",
		            "plugin %s printed over %d bytes", call->type, DELEGATE_OUTPUT_MAX);
	if (!r->text || r->error)
		return fail_errno(f, r->error, "read the stdout of %s", call->type);
	if (verdict(call, r, f) < 0)
		return -1;
	if (memchr(r->text, 0, r->length))
		return fail(f, CNI_DECODE, "it holds a NUL byte", "read the result of %s",
		            call->type);
	return 0;
}

char *delegate_run(const struct delegate_call *call, struct failure *f)
{
	OWNED(child_release) struct child child = CHILD_CLOSED;
	OWNED(child_report_release) struct child_report report;

	report.text = NULL;
	if (start(call, &child, f) < 0)
		return NULL;
	child_hear(&child, &report, call->seconds, DELEGATE_OUTPUT_MAX);
	return judge(call, &report, f) < 0 ? NULL : text_take(&report.text);
}
