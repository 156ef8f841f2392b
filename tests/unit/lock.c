/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for locks. The bound is one second here. */
#include "base/lock.h"
#include "tests/unit/unit.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* Open a file anew: with a lock of its own. */
static int reopen(int fd)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return open(path, O_RDWR | O_CLOEXEC);
}

/* Start a process that locks a file and keeps the lock. Returns its id. */
static pid_t holder_start(int file, bool bytes)
{
	int ready[2];
	char byte;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -1;
	const pid_t pid = fork();
	if (pid == 0) {
		struct flock one = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
		const int fd = reopen(file);
		if (lock_bytes(fd, bytes ? &one : NULL, 0) == 1)
			close(ready[1]);
		pause();
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 0)
		return -1;
	close(ready[0]);
	return pid;
}

static void holder_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void a_wait_for_a_file_ends_and_names_the_process_that_has_it(struct verdict *v)
{
	char wanted[64];
	struct failure f = { 0 };
	OWNED(fd_release) int file = memfd_create("lock", MFD_CLOEXEC);
	OWNED(fd_release) int fd = reopen(file);
	const pid_t holder = holder_start(file, false);

	expect(v, lock_bytes(fd, NULL, 0) == 0, "it did not wait, and has the lock");
	expect(v, lock_file(fd, "/d", 1, &f) == -1 && f.code == CNI_AGAIN, "code %d", f.code);
	expect(v, same_text(f.msg, "lock /d/lock"), "%s", f.msg);
	snprintf(wanted, sizeof wanted, "process %d (lock) has it", (int)holder);
	expect(v, strstr(f.details, wanted) != NULL, "%s", f.details);
	holder_end(holder);
	expect(v, lock_file(fd, "/d", 1, &f) == 0, "the lock is free");
}

static void a_wait_for_bytes_ends(struct verdict *v)
{
	struct flock one = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	struct flock next = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 1 };
	OWNED(fd_release) int file = memfd_create("lock", MFD_CLOEXEC);
	OWNED(fd_release) int fd = reopen(file);
	const pid_t holder = holder_start(file, true);

	expect(v, lock_bytes(fd, &next, 0) == 1, "another byte");
	expect(v, lock_bytes(fd, &one, 1) == 0, "the same byte");
	holder_end(holder);
	expect(v, lock_bytes(fd, &one, 1) == 1, "the byte is free");
}

static void the_signal_is_handled_and_blocked_as_before(struct verdict *v)
{
	struct sigaction after;
	sigset_t alarm, blocked;
	OWNED(fd_release) int file = memfd_create("lock", MFD_CLOEXEC);
	OWNED(fd_release) int fd = reopen(file);
	const pid_t holder = holder_start(file, false);

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm, NULL);
	expect(v, lock_bytes(fd, NULL, 1) == 0, "it has the lock");
	holder_end(holder);
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	sigaction(SIGALRM, NULL, &after);
	expect(v, sigismember(&blocked, SIGALRM) == 1, "SIGALRM is not blocked");
	expect(v, after.sa_handler == SIG_DFL, "SIGALRM has a handler");
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(a_wait_for_a_file_ends_and_names_the_process_that_has_it),
		UNIT(a_wait_for_bytes_ends),
		UNIT(the_signal_is_handled_and_blocked_as_before),
	};
	return units_run(units, COUNT_OF(units));
}
