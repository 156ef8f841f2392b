/* SPDX-License-Identifier: Apache-2.0 */
/* The system call filter of the long-running programs, in a process that it ends. */
#include "expose/common/confine.h"
#include "tests/unit/unit.h"

#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

static int write_something(void)
{
	return write(STDOUT_FILENO, "", 0) == 0 ? 0 : 1;
}

static int open_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0 ? 0 : 1;
}

static int execute(void)
{
	char *arguments[] = { (char[]){ "/bin/true" }, NULL };
	return execv(arguments[0], arguments);
}

static int enter_namespace(void)
{
	return setns(-1, 0);
}

static int set_user(void)
{
	return setuid(0);
}

static int fork_process(void)
{
	return fork() < 0 ? 2 : 3;
}

static int signal_others(void)
{
	return kill(getppid(), 0);
}

static int signal_itself(void)
{
	return kill(getpid(), 0);
}

/* The exit status of a process that confines itself to socket() beside the common calls, and then
 * does something; 1 also if SIGSYS ended it. */
static int end_of(int (*something)(void))
{
	static const char *const names[] = { "socket", NULL };
	struct failure f = { 0 };
	int status;
	const pid_t pid = fork();

	if (pid == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(97);
		_exit(confine_calls(names, &f) < 0 ? 99 : something());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 98;
	/* Some calls of the C library block all signals. Then the handler cannot run, and the
	 * kernel ends the process. */
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return 1;
	if (!WIFEXITED(status))
		return 98;
	return WEXITSTATUS(status);
}

static void a_call_in_the_table_is_allowed(struct verdict *v)
{
	expect(v, end_of(write_something) == 0, "write() ended with %d", end_of(write_something));
	expect(v, end_of(open_socket) == 0, "socket() ended with %d", end_of(open_socket));
	expect(v, end_of(signal_itself) == 0, "kill() ended with %d", end_of(signal_itself));
}

static void any_other_call_ends_the_process(struct verdict *v)
{
	static const struct {
		const char *name;
		int (*call)(void);
	} cases[] = {
		{ "execve", execute },    { "setns", enter_namespace }, { "setuid", set_user },
		{ "fork", fork_process }, { "kill", signal_others },
	};

	/* Allowed, each of them would end otherwise. */
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		expect(v, end_of(cases[i].call) == 1, "%s: ended with %d", cases[i].name,
		       end_of(cases[i].call));
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(a_call_in_the_table_is_allowed),
		UNIT(any_other_call_ends_the_process),
	};

	if (!CONFINE_FORBIDS)
		puts("# a sanitizer's build forbids no call: any_other_call_ends_the_process is "
		     "left to others");
	return units_run(units, CONFINE_FORBIDS ? COUNT_OF(units) : 1);
}
