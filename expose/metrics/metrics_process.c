/* SPDX-License-Identifier: Apache-2.0 */
/* Starting the process that serves the metrics. */
#include "expose/metrics/metrics_process.h"

#include "base/errno_text.h"
#include "expose/common/companion.h"
#include "expose/common/confine.h"
#include "expose/common/daemon.h"
#include "expose/metrics/metrics_serve.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/resource.h>

enum { NICE = 5 };

/* Under memory pressure this process goes, and not the program. Where the kernel refuses it, the
 * limit of memory holds still. */
static void memory_bound(void)
{
	static const char most[] = "1000";
	const struct rlimit limit = { METRICS_MEMORY, METRICS_MEMORY };
	OWNED(fd_release)
	int score = openat(AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if ((score >= 0 && write(score, most, sizeof most - 1) < 0) ||
	    (CONFINE_FORBIDS && setrlimit(RLIMIT_DATA, &limit) < 0) ||
	    setpriority(PRIO_PROCESS, 0, NICE) < 0)
		log_event("bound what the metrics cost: %s", errno_text(errno));
}

/* The whole life of the process. Returns its exit code. */
static int live(int parent, const void *data)
{
	const struct metrics_place *place = data;
	const struct metrics_want want = { *place, .patient = true, .parent = parent };
	static const unsigned capabilities[] = { CAP_SYS_ADMIN, CAP_SYS_PTRACE };
	/* Listening; the process that collects; its counters and its view of containers. */
	static const char *const calls[] = {
		"accept4",  "bind",      "clone",  "epoll_create1",  "flock",      "fork",
		"fsconfig", "fsmount",   "fsopen", "geteuid",        "ioctl",      "listen",
		"mkdir",    "mkdirat",   "pipe2",  "readlink",       "readlinkat", "rename",
		"renameat", "renameat2", "setns",  "timerfd_create", "umask",      "unlink",
		"unlinkat", "wait4",     NULL,
	};
	struct failure why = { 0 };

	memory_bound();
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		fail_errno(&why, errno, "ignore a signal");
	else if (confine_capabilities(capabilities, sizeof capabilities / sizeof *capabilities,
	                              &why) == 0 &&
	         confine_calls(calls, &why) == 0 && metrics_serve(&want, &why) == 0)
		return 0;
	log_failure(&why);
	return 1;
}

int metrics_start(const struct metrics_place *place, const int *theirs, size_t n, struct failure *f)
{
	const struct companion companion = { live, place, theirs, n };

	return companion_start(&companion, f);
}
