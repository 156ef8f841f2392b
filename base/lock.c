/* SPDX-License-Identifier: Apache-2.0 */
/* Locking with a bound: a timer's signal ends the wait. */
#include "base/lock.h"

#include "base/clock.h"
#include "base/errno_text.h"

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>

static void wake(int signal)
{
	(void)signal;
}

/* Try to lock the bytes, or the whole file if they are NULL. */
static int attempt(int fd, struct flock *bytes, bool wait)
{
	if (bytes)
		return fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, bytes);
	return flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
}

/* Wait until this process has the lock, or time is over. A signal ends the wait. It repeats every
 * second, because the first may come just before the wait. */
static int wait_for(int fd, struct flock *bytes, unsigned seconds)
{
	const struct itimerval timer = { .it_value = { .tv_sec = seconds },
		                         .it_interval = { .tv_sec = 1 } };
	const struct itimerval never = { .it_value = { .tv_sec = 0 } };
	const struct sigaction ours = { .sa_handler = wake };
	const int64_t end = clock_milliseconds() + (int64_t)seconds * 1000;
	struct sigaction theirs;
	sigset_t alarm, blocked;
	int got;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	if (sigaction(SIGALRM, &ours, &theirs) < 0 ||
	    sigprocmask(SIG_UNBLOCK, &alarm, &blocked) < 0 ||
	    setitimer(ITIMER_REAL, &timer, NULL) < 0)
		return -1;
	do
		got = attempt(fd, bytes, true);
	while (got < 0 && errno == EINTR && clock_milliseconds() < end);
	const int err = errno;
	setitimer(ITIMER_REAL, &never, NULL);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	sigaction(SIGALRM, &theirs, NULL);
	errno = err;
	return got;
}

int lock_bytes(int fd, struct flock *bytes, unsigned seconds)
{
	if (attempt(fd, bytes, false) == 0)
		return 1;
	if (errno != EAGAIN && errno != EACCES)
		return -1;
	if (seconds == 0)
		return 0;
	if (wait_for(fd, bytes, seconds) == 0)
		return 1;
	return errno == EINTR ? 0 : -1;
}

/* Find the process that locked a file, in the kernel's list of locks. Returns 0 if it is not there.
 */
static long holder_find(int fd)
{
	char wanted[64], line[256], pid[16], where[64];
	long found = 0;
	struct stat st;
	FILE *locks = fopen("/proc/locks", "re");

	if (!locks)
		return 0;
	if (fstat(fd, &st) == 0) {
		snprintf(wanted, sizeof wanted, "%02x:%02x:%" PRIuMAX, major(st.st_dev),
		         minor(st.st_dev), (uintmax_t)st.st_ino);
		while (!found && fgets(line, sizeof line, locks))
			if (sscanf(line, "%*[0-9]: FLOCK %*s %*s %15s %63s", pid, where) == 2 &&
			    strcmp(where, wanted) == 0)
				found = strtol(pid, NULL, 10);
	}
	fclose(locks);
	return found > 0 ? found : 0;
}

/* Write who holds a lock, such as "process 71 (host-local)". */
static void holder_name(long pid, char *text, size_t size)
{
	char path[32], name[32];
	OWNED(fd_release) int fd = -1;

	if (pid == 0) {
		snprintf(text, size, "another process");
		return;
	}
	snprintf(path, sizeof path, "/proc/%ld/comm", pid);
	fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? 0 : read(fd, name, sizeof name - 1);
	name[n > 0 ? n - 1 : 0] = '\0'; /* without the newline */
	snprintf(text, size, *name ? "process %ld (%s)" : "process %ld", pid, name);
}

int lock_file(int fd, const char *directory, unsigned seconds, struct failure *f)
{
	char holder[64], why[128];
	const int locked = lock_bytes(fd, NULL, seconds);

	if (locked > 0)
		return 0;
	if (locked < 0)
		return fail(f, CNI_IO, errno_text(errno), "lock %s/lock", directory);
	holder_name(holder_find(fd), holder, sizeof holder);
	snprintf(why, sizeof why, "%s has it: try again when that has ended", holder);
	return fail(f, CNI_AGAIN, why, "lock %s/lock", directory);
}
