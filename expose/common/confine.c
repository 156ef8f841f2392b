/* SPDX-License-Identifier: Apache-2.0 */
/* Giving up capabilities and system calls for good. */
#include "expose/common/confine.h"

#include "expose/common/daemon.h"

#include <cap-ng.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const everyone[] = {
	"read",
	"write",
	"readv",
	"writev",
	"recvmsg",
	"recvfrom",
	"sendmsg",
	"sendto",
	"close",
	"fcntl",
	"lseek",
	"openat",
	"open", /* musl makes the older calls where the architecture has them */
	"stat",
	"lstat",
	"newfstatat",
	"fstat",
	"fstatfs",
	"statx",
	"getdents64",
	"poll",
	"ppoll",
	"epoll_wait",
	"epoll_pwait",
	"epoll_ctl",
	"timerfd_settime",
	"inotify_add_watch",
	"inotify_rm_watch",
	"socket",
	"connect",
	"getsockopt",
	"setsockopt",
	"brk",
	"mmap",
	"munmap",
	"mremap",
	"mprotect",
	"madvise",
	"futex",
	"clock_gettime",
	"getrandom",
	"getpid",
	"gettid",
	"rt_sigprocmask",
	"rt_sigreturn",
	"setitimer",
	"restart_syscall",
	"exit",
	"exit_group",
	NULL,
};

bool confine_has(unsigned capability)
{
	return capng_get_caps_process() == 0 && capng_have_capability(CAPNG_EFFECTIVE, capability);
}

int confine_capabilities(const unsigned *kept, size_t n, struct failure *f)
{
	if (capng_get_caps_process() < 0)
		return fail(f, CNI_OTHER,
		            "the kernel does not tell which it has, in /proc/self/status",
		            "give up capabilities");
	const capng_select_t which = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP)
	                                     ? CAPNG_SELECT_BOTH
	                                     : CAPNG_SELECT_CAPS;
	bool had[CAP_LAST_CAP + 1];

	for (size_t i = 0; i < n; i++)
		had[kept[i]] = capng_have_capability(CAPNG_PERMITTED, kept[i]);
	capng_clear(which);
	for (size_t i = 0; i < n; i++)
		if (had[kept[i]])
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, kept[i]);
	if (capng_apply(which) < 0)
		return fail_errno(f, errno, "give up capabilities");
	return 0;
}

static void forbidden(int signal, siginfo_t *info, void *context)
{
	char line[96];
	const int length = snprintf(line, sizeof line,
	                            "%s: ended at system call %d, which it has no use for\n",
	                            program_invocation_short_name, info->si_syscall);

	(void)signal;
	(void)context;
	log_write(line, (size_t)length);
	_exit(1);
}

static int allow(scmp_filter_ctx filter, const char *const names[], struct failure *f)
{
	for (; *names; names++) {
		const int call = seccomp_syscall_resolve_name(*names);
		if (call == __NR_SCMP_ERROR)
			return fail(f, CNI_OTHER, "libseccomp does not know it",
			            "allow the system call %s", *names);
		const int done = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
		if (done < 0 && done != -EEXIST)
			return fail_errno(f, -done, "allow the system call %s", *names);
	}
	return 0;
}

/* Allows to send signals to the process itself only (signals_open()). */
static int allow_own_signals(scmp_filter_ctx filter, struct failure *f)
{
	const struct scmp_arg_cmp itself = { .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)getpid() };
	const int done = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1, &itself);

	return done < 0 ? fail_errno(f, -done, "allow the system call kill") : 0;
}

static void filter_release(scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}

int confine_calls(const char *const names[], struct failure *f)
{
	const struct sigaction action = { .sa_sigaction = forbidden, .sa_flags = SA_SIGINFO };
	OWNED(filter_release)
	scmp_filter_ctx filter = seccomp_init(CONFINE_FORBIDS ? SCMP_ACT_TRAP : SCMP_ACT_LOG);

	if (!filter || sigaction(SIGSYS, &action, NULL) < 0)
		return fail_errno(f, errno, "make a filter of system calls");
	if (allow(filter, everyone, f) < 0 || allow(filter, names, f) < 0 ||
	    allow_own_signals(filter, f) < 0)
		return -1;
	const int done = seccomp_load(filter);
	return done < 0 ? fail_errno(f, -done, "load the filter of system calls") : 0;
}
