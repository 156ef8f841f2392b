/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a program under a tracer that changes two of its system calls, in a static executable too.
 *
 *   rewrite draws "INDEX..." COMMAND...   the program's first draws of an interface index (a random
 *                                         number of four bytes) give these; a 0 means the kernel's
 *   rewrite moves COMMAND...              the kernel does not hear of IFLA_NEW_IFINDEX, as before
 *                                         Linux 5.13
 *
 * Exits as the program does. Its children run unchanged.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	FIRST = 0x100000, /* the index that a draw of 0 means */
	UNHEARD = 0x3ffe, /* no kernel's attribute */
	OPTIONS = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK |
	          PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC,
};

union message {
	struct nlmsghdr header;
	char bytes[16384];
};

struct tracer {
	pid_t program;
	const char *draws; /* those left, or NULL */
	uint64_t drawn_to; /* where the answer of the call that runs goes */
};

static _Noreturn void stop(const char *what)
{
	perror(what);
	exit(125);
}

static _Noreturn void child(int number, char **command)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = sizeof code / sizeof *code, .filter = code };

	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(126);
	execvp(command[0], command);
	_exit(127);
}

static ssize_t peek(pid_t pid, uint64_t from, void *to, size_t n)
{
	const struct iovec local = { to, n }, remote = { (void *)(uintptr_t)from, n };

	return process_vm_readv(pid, &local, 1, &remote, 1, 0);
}

static void poke(pid_t pid, uint64_t to, const void *from, size_t n)
{
	const struct iovec local = { (void *)(uintptr_t)from, n };
	const struct iovec remote = { (void *)(uintptr_t)to, n };

	if (process_vm_writev(pid, &local, 1, &remote, 1, 0) != (ssize_t)n)
		stop("process_vm_writev");
}

static void index_hide(pid_t pid, uint64_t at, size_t size)
{
	union message m;

	if (size < sizeof m.header || size > sizeof m || peek(pid, at, &m, size) != (ssize_t)size)
		return;
	if (m.header.nlmsg_type != RTM_NEWLINK || !NLMSG_OK(&m.header, size))
		return;
	struct rtattr *attribute = IFLA_RTA(NLMSG_DATA(&m.header));
	unsigned left = IFLA_PAYLOAD(&m.header);
	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
		if (attribute->rta_type == IFLA_NEW_IFINDEX)
			attribute->rta_type = UNHEARD;
	poke(pid, at, &m, size);
}

/* The program is about to make the call. Returns how to go on. */
static int entered(struct tracer *t, pid_t pid)
{
	struct __ptrace_syscall_info call;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof call, &call) < 0)
		stop("PTRACE_GET_SYSCALL_INFO");
	if (!t->draws)
		index_hide(pid, call.seccomp.args[1], call.seccomp.args[2]);
	else if (call.seccomp.args[1] == sizeof(uint32_t)) {
		t->drawn_to = call.seccomp.args[0];
		return PTRACE_SYSCALL;
	}
	return PTRACE_CONT;
}

/* The program has drawn: puts the next of the wanted draws in the place of the kernel's. */
static void drawn(struct tracer *t, pid_t pid)
{
	char *end;
	const unsigned long index = strtoul(t->draws, &end, 10);
	const uint32_t draw = (uint32_t)(index - FIRST);

	t->draws = end;
	if (index >= FIRST)
		poke(pid, t->drawn_to, &draw, sizeof draw);
	t->drawn_to = 0;
}

/* Returns how a stopped process goes on; *signal is what it gets. */
static int go_on(struct tracer *t, pid_t pid, int status, int *signal)
{
	const int event = status >> 16;

	*signal = 0;
	if (event == PTRACE_EVENT_SECCOMP)
		return pid == t->program ? entered(t, pid) : PTRACE_CONT;
	if (event || WSTOPSIG(status) == SIGSTOP)
		return PTRACE_CONT;
	if (WSTOPSIG(status) == SIGTRAP && t->drawn_to)
		drawn(t, pid);
	else
		*signal = WSTOPSIG(status);
	return PTRACE_CONT;
}

static int trace(struct tracer *t)
{
	int status, ended = 125, signal;

	for (;;) {
		const pid_t pid = waitpid(-1, &status, __WALL);
		if (pid < 0)
			return errno == ECHILD ? ended : 125;
		if (WIFSTOPPED(status)) {
			const int how = go_on(t, pid, status, &signal);
			ptrace(how, pid, NULL, (void *)(intptr_t)signal);
		} else if (pid == t->program) {
			ended = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		}
	}
}

int main(int argc, char **argv)
{
	const int draws = argc > 3 && strcmp(argv[1], "draws") == 0;
	struct tracer t = { .draws = draws ? argv[2] : NULL };

	if (argc < 3 || (!draws && strcmp(argv[1], "moves") != 0)) {
		fputs("usage: rewrite draws INDICES COMMAND... | rewrite moves COMMAND...\n",
		      stderr);
		return 2;
	}
	t.program = fork();
	if (t.program == 0)
		child(draws ? SYS_getrandom : SYS_sendto, argv + (draws ? 3 : 2));
	if (t.program < 0 || waitpid(t.program, NULL, 0) < 0 ||
	    ptrace(PTRACE_SETOPTIONS, t.program, NULL, (void *)OPTIONS) < 0 ||
	    ptrace(PTRACE_CONT, t.program, NULL, NULL) < 0)
		stop("ptrace");
	return trace(&t);
}
