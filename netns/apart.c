/* SPDX-License-Identifier: Apache-2.0 */
/* The child that sends a request. */
#include "netns/apart.h"

#include "base/owned.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>

/* Runs in the child. A runtime waits for the end of our streams. It may unmount our directory or
 * the file of the namespace, and start another call on the attachment, which needs our lock. So let
 * go of all that before the kernel can report anything. */
static _Noreturn void child_send(int fd, const void *bytes, size_t length)
{
	const bool free = dup2(fd, STDIN_FILENO) == STDIN_FILENO &&
	                  syscall(SYS_close_range, STDIN_FILENO + 1, ~0U, 0) == 0 &&
	                  chdir("/") == 0;

	_exit(free && write(STDIN_FILENO, bytes, length) == (ssize_t)length ? 0 : 1);
}

/* Wait for the child. Returns whether it has sent the request. */
static bool child_sent(pid_t pid)
{
	int status;
	pid_t ended;

	while ((ended = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
		;
	return ended == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool apart_send(int fd, const void *bytes, size_t length)
{
	signal(SIGCHLD, SIG_DFL); /* an inherited SIG_IGN would discard the exit status */
	const pid_t pid = fork();
	if (pid == 0)
		child_send(fd, bytes, length);
	if (pid < 0)
		return false;
	OWNED(fd_release) int process = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd on[] = { { .fd = fd, .events = POLLIN },
		               { .fd = process, .events = POLLIN } };

	while (process >= 0 && poll(on, 2, -1) < 0 && errno == EINTR)
		;
	/* An answer proves that the request was sent. */
	return process >= 0 && on[0].revents && !on[1].revents ? true : child_sent(pid);
}
