/* SPDX-License-Identifier: Apache-2.0 */
/* Running another plugin's executable: finding it, feeding it, and reading its answer. */
#include "ipam/delegate.h"

#include "base/bytes.h"
#include "cni/error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

static void list_release(const char ***list)
{
	free(*list);
	*list = NULL;
}

int delegate_find(const struct delegate_call *call, char path[static PATH_MAX], struct failure *f)
{
	if (!*call->type || strchr(call->type, '/'))
		return fail(f, CNI_CONFIG, "a plugin's type is the name of its executable",
		            "invalid plugin type \"%s\"", call->type);
	size_t length;
	for (const char *at = call->path; *at; at += length + (at[length] == ':')) {
		length = strcspn(at, ":");
		if (length == 0) /* no directory of ours */
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
	size_t count = 2; /* the command and the end */
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

/* A file in memory, so that a delegate may read its stdin late, in part or never, and nobody has to
 * feed it meanwhile. */
static int stdin_make(const struct delegate_call *call, struct failure *f)
{
	OWNED(fd_release) int fd = memfd_create("stdin", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL) /* before 6.3 */
		fd = memfd_create("stdin", MFD_CLOEXEC);
	if (fd < 0)
		return fail_errno(f, errno, "make the stdin of %s", call->type);
	if (bytes_write(fd, call->stdin_text, call->stdin_length) < 0)
		return fail_errno(f, errno, "write the stdin of %s", call->type);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return fail_errno(f, errno, "rewind the stdin of %s", call->type);
	return fd_take(&fd);
}

static int spawn(const char *path, const char *const *environment, int in, int out, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	char *argv[] = { (char *)(uintptr_t)path, NULL };
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE); /* what is ignored here would stay ignored there */
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	int err = posix_spawn(pid, path, &files, &attributes, argv,
	                      (char *const *)(uintptr_t)environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return err;
}

static int start(const struct delegate_call *call, int out, pid_t *pid, struct failure *f)
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
	int err = spawn(path, environment, in, out, pid);
	if (err == ETXTBSY) /* it is being replaced */
		return fail(f, CNI_AGAIN, strerror(err), "run %s", path);
	if (err)
		return fail_errno(f, err, "run %s", path);
	return 0;
}

/* Reads up to the end of the file. NULL with errno, E2BIG for more than we keep. */
static char *drain(int fd, size_t *length)
{
	OWNED(text_release) char *text = NULL;
	size_t size = 0;
	*length = 0;
	for (;;) {
		if (*length + 1 >= size) {
			size = size ? size * 2 : 8192;
			char *grown = realloc(text, size);
			if (!grown)
				return NULL;
			text = grown;
		}
		ssize_t n = read(fd, text + *length, size - 1 - *length);
		if (n == 0)
			break;
		if (n < 0 && errno != EINTR)
			return NULL;
		*length += n > 0 ? (size_t)n : 0;
		if (*length > DELEGATE_OUTPUT_MAX) {
			errno = E2BIG;
			return NULL;
		}
	}
	text[*length] = '\0';
	return text_take(&text);
}

/* The status as of waitpid(). */
static int finish(pid_t pid)
{
	int status = 0;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			break;
	return status;
}

static int verdict(const struct delegate_call *call, int status, const char *text, size_t length,
                   struct failure *f)
{
	char how[128];
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		snprintf(how, sizeof how, "%s killed by signal %d (%s)", call->command,
		         WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(how, sizeof how, "%s ended with exit status %d", call->command,
		         WEXITSTATUS(status));
	if (length == 0)
		return fail(f, CNI_OTHER, how, "plugin %s failed with no error message",
		            call->type);
	if (error_read(text, length, f))
		return -1;
	return fail(f, CNI_OTHER, text,
	            "plugin %s failed (%s) but its diagnostic message is no error object",
	            call->type, how);
}

char *delegate_run(const struct delegate_call *call, struct failure *f)
{
	pid_t pid = -1;
	int ends[2];
	signal(SIGCHLD, SIG_DFL); /* inherited as ignored, it would take the exit status away */
	if (pipe2(ends, O_CLOEXEC) < 0) {
		fail_errno(f, errno, "make the stdout of %s", call->type);
		return NULL;
	}
	OWNED(fd_release) int in = ends[0];
	OWNED(fd_release) int out = ends[1];
	if (start(call, out, &pid, f) < 0)
		return NULL;
	fd_release(&out);
	size_t length = 0;
	OWNED(text_release) char *text = drain(in, &length);
	int err = errno;
	fd_release(&in); /* one that goes on writing ends by it */
	int status = finish(pid);
	int failed = -1;
	if (!text && err == E2BIG)
		fail(f, CNI_OTHER, "more than a result could be", "plugin %s printed over %d bytes",
		     call->type, DELEGATE_OUTPUT_MAX);
	else if (!text)
		fail_errno(f, err, "read the stdout of %s", call->type);
	else if ((failed = verdict(call, status, text, length, f)) == 0 && memchr(text, 0, length))
		failed = fail(f, CNI_DECODE, "it holds a NUL byte", "read the result of %s",
		              call->type);
	return failed ? NULL : text_take(&text);
}
