/* SPDX-License-Identifier: Apache-2.0 */
/* Log, signals, memory, timers and directories of the long-running programs. */
#include "expose/common/daemon.h"
#include "base/errno_text.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <ucontext.h>

enum { WAIT_FIRST = 100, WAIT_LONGEST = 30000 }; /* ms */
enum { END_GRACE_US = 500000 };                  /* for the work in progress at SIGTERM */

void log_write(const char *text, size_t length)
{
	struct pollfd log = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&log, 1, 0) == 1 && log.revents & POLLOUT && write(log.fd, text, length) < 0)
		return; /* no log */
}

void log_event(const char *fmt, ...)
{
	char line[PIPE_BUF]; /* so much a pipe takes at once, or nothing */
	va_list args;

	const int prefix = snprintf(line, sizeof line - 1, "%s: ", program_invocation_short_name);
	va_start(args, fmt);
	const int text = vsnprintf(line + prefix, sizeof line - 1 - (size_t)prefix, fmt, args);
	va_end(args);
	if (text < 0)
		return;
	const size_t length = strlen(line);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = ' ';
	line[length] = '\n';
	log_write(line, length + 1);
}

void log_failure(const struct failure *f)
{
	log_event("%s: %s", f->msg, f->details);
}

/* Ends the process in the middle of its work, which leaves nothing behind. */
static void end_now(int number)
{
	static const char line[] = ": ended while something was waited for\n";

	(void)number;
	log_write(program_invocation_short_name, strlen(program_invocation_short_name));
	log_write(line, sizeof line - 1);
	_exit(0);
}

/* Interrupts a system call. Blocks the signal and makes it pending again, for the descriptor. If
 * the descriptor is not read within the grace, the timer ends the process. */
static void end_soon(int number, siginfo_t *info, void *context)
{
	static const struct itimerval grace = { .it_value = { .tv_usec = END_GRACE_US } };
	ucontext_t *interrupted = context;

	(void)info;
	sigaddset(&interrupted->uc_sigmask, SIGTERM);
	sigaddset(&interrupted->uc_sigmask, SIGINT);
	setitimer(ITIMER_REAL, &grace, NULL);
	kill(getpid(), number);
}

int signals_open(struct failure *f)
{
	struct sigaction soon = { .sa_sigaction = end_soon, .sa_flags = SA_SIGINFO },
	                 now = { .sa_handler = end_now };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	soon.sa_mask = set;
	const int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd >= 0 && signal(SIGPIPE, SIG_IGN) != SIG_ERR && sigaction(SIGALRM, &now, NULL) == 0 &&
	    sigaction(SIGTERM, &soon, NULL) == 0 && sigaction(SIGINT, &soon, NULL) == 0)
		return fd;
	fail_errno(f, errno, "take over the signals");
	if (fd >= 0)
		close(fd);
	return -1;
}

void memory_in_small_pages(void)
{
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) < 0)
		log_event("have memory in small pages: %s", errno_text(errno));
}

int backoff_open(struct backoff *b, struct failure *f)
{
	*b = (struct backoff){ .fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
		               .wait = WAIT_FIRST };
	return b->fd < 0 ? fail_errno(f, errno, "make a timer") : 0;
}

void backoff_release(struct backoff *b)
{
	fd_release(&b->fd);
}

static void timer_set(const struct backoff *b, unsigned ms)
{
	const struct itimerspec when = { .it_value = { ms / 1000, ms % 1000 * 1000000L } };

	/* Setting the timer also clears an expiration that was not read. */
	if (timerfd_settime(b->fd, 0, &when, NULL) < 0)
		log_event("set a timer: %s", errno_text(errno));
}

void backoff_start(struct backoff *b)
{
	timer_set(b, b->wait);
	b->wait = b->wait < WAIT_LONGEST / 2 ? 2 * b->wait : WAIT_LONGEST;
}

void backoff_pause(struct backoff *b, unsigned milliseconds)
{
	timer_set(b, milliseconds);
}

void backoff_stop(struct backoff *b)
{
	timer_set(b, 0);
}

void backoff_reset(struct backoff *b)
{
	b->wait = WAIT_FIRST;
	timer_set(b, 0);
}

/* Watches the nearest existing directory above the path. Returns its watch descriptor, or -1. */
static int watch_nearest(const struct await *a)
{
	const uint32_t events =
	        IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
	char directory[PATH_MAX];

	snprintf(directory, sizeof directory, "%s", a->path);
	for (char *slash; (slash = strrchr(directory, '/'));) {
		slash[slash == directory] = '\0'; /* the root keeps its slash */
		const int watch = inotify_add_watch(a->fd, directory, events);
		if (watch >= 0 || slash == directory)
			return watch;
	}
	return -1;
}

void await_renew(struct await *a)
{
	char events[4096];

	while (read(a->fd, events, sizeof events) > 0)
		continue;
	/* Until it stays the same: a directory may appear while the one above it is chosen. */
	for (int watch; (watch = watch_nearest(a)) != a->watch; a->watch = watch)
		if (a->watch >= 0)
			inotify_rm_watch(a->fd, a->watch);
}

int await_open(struct await *a, const char *path, struct failure *f)
{
	*a = (struct await){ .fd = -1, .watch = -1 };
	if (*path != '/' || snprintf(a->path, sizeof a->path, "%s", path) >= (int)sizeof a->path)
		return fail(f, CNI_OTHER, "it is no absolute path, or too long", "watch %.64s",
		            path);
	a->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (a->fd < 0)
		return fail_errno(f, errno, "watch %s", path);
	await_renew(a);
	return 0;
}

void await_release(struct await *a)
{
	fd_release(&a->fd);
}
