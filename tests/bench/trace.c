/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one program, counts the system calls it and its children make, and reads how much memory the
 * largest of them ever had (VmHWM). Prints both on stderr when it has ended: "CALLS KIB". The exit
 * code is the program's. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	EVERYTHING = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT | PTRACE_O_TRACEEXEC |
	             PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
	             PTRACE_O_EXITKILL
};

struct tally {
	unsigned long calls;
	unsigned long kib;
};

static _Noreturn void stop(const char *what)
{
	perror(what);
	exit(127);
}

/* Call this when the process is about to end: before, the kernel's counters lag behind. */
static unsigned long peak_read(pid_t pid)
{
	static const char name[] = "\nVmHWM:";
	char path[32], text[4096];

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (length < 0)
		stop(path);
	close(fd);
	text[length] = '\0';
	const char *line = strstr(text, name);
	return line ? strtoul(line + sizeof name - 1, NULL, 10) : 0;
}

/* Returns the signal with which the process continues. */
static int stopped(pid_t pid, int status, struct tally *t)
{
	struct __ptrace_syscall_info call;
	const int signal = WSTOPSIG(status);

	if (signal == (SIGTRAP | 0x80)) {
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof call, &call) > 0 &&
		    call.op == PTRACE_SYSCALL_INFO_ENTRY)
			t->calls++;
		return 0;
	}
	if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
		const unsigned long kib = peak_read(pid);
		t->kib = kib > t->kib ? kib : t->kib;
	}
	/* A stop is how a new child or thread begins to be traced. */
	return signal == SIGTRAP || signal == SIGSTOP ? 0 : signal;
}

/* Traces all processes until the last one ends. Returns the first one's exit code. */
static int follow(pid_t first, struct tally *t)
{
	int status, code = 127;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (pid == first && WIFEXITED(status))
			code = WEXITSTATUS(status);
		if (!WIFSTOPPED(status))
			continue;
		const int signal = stopped(pid, status, t);
		if (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(intptr_t)signal) < 0 &&
		    errno != ESRCH)
			stop("trace");
	}
	return code;
}

int main(int argc, char **argv)
{
	struct tally tally = { .calls = 1 }; /* the execve() that is over when tracing begins */
	int status;

	if (argc < 2)
		return 2;
	const pid_t pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execv(argv[1], argv + 1);
		stop(argv[1]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(intptr_t)EVERYTHING) < 0 ||
	    ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0)
		stop(argv[1]);
	const int code = follow(pid, &tally);
	fprintf(stderr, "%lu %lu\n", tally.calls, tally.kib);
	return code;
}
