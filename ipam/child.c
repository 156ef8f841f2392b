/* SPDX-License-Identifier: Apache-2.0 */
/* Starting another program that cannot outlive us, reading its output, and ending it. */
#include "ipam/child.h"

#include "base/clock.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum {
	STACK = 16384,
	END_WAIT = 1000, /* milliseconds to wait for what needs no time */
};

/* The part of our memory that the new process reads and writes. It shares our memory until it
 * executes. */
struct launch {
	const char *path;
	const char *const *arguments;
	const char *const *environment;
	int streams[3];
	pid_t parent;
	sigset_t mask;
	int error; /* the errno of a failed execution */
};

/* Must not allocate or lock: the parent is halted meanwhile, at any place of its code. */
#if defined(__has_attribute) && __has_attribute(no_sanitize)
__attribute__((no_sanitize("address", "undefined")))
#endif
static int
launch(void *data)
{
	struct launch *l = data;
	bool failed = prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || setpgid(0, 0) < 0;

	if (getppid() != l->parent) /* the parent died before the death signal was set */
		_exit(127);
	for (int fd = 0; fd < 3 && !failed; fd++)
		failed = dup2(l->streams[fd], fd) < 0;
	/* A signal that we ignore would stay ignored there. Our handlers must not run there. */
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	signal(SIGABRT, SIG_DFL);
	if (!failed && sigprocmask(SIG_SETMASK, &l->mask, NULL) == 0)
		execve(l->path, (char *const *)(uintptr_t)l->arguments,
		       (char *const *)(uintptr_t)l->environment);
	l->error = errno;
	_exit(127);
}

/* Starts the process without posix_spawn(), which cannot set the signal for our death. Returns 0 or
 * an errno. */
static int launch_apart(struct child *c, struct launch *l)
{
	char stack[STACK] __attribute__((aligned(16)));
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &l->mask);
	const int pid = clone(launch, stack + sizeof stack,
	                      CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, l, &c->process);
	const int error = pid < 0 ? errno : l->error;
	sigprocmask(SIG_SETMASK, &l->mask, NULL);
	if (pid > 0 && error)
		waitpid(pid, NULL, 0);
	else if (pid > 0)
		c->pid = pid;
	return error;
}

int child_start(struct child *c, const char *path, const char *const *arguments,
                const char *const *environment, int in)
{
	int out[2], err[2];

	*c = (struct child)CHILD_CLOSED;
	signal(SIGCHLD, SIG_DFL); /* an inherited SIG_IGN would discard the exit status */
	if (pipe2(out, O_CLOEXEC) < 0)
		return errno;
	c->out = out[0];
	OWNED(fd_release) int out_end = out[1];
	if (pipe2(err, O_CLOEXEC) < 0)
		return errno;
	c->err = err[0];
	OWNED(fd_release) int err_end = err[1];
	struct launch l = { .path = path,
		            .arguments = arguments,
		            .environment = environment,
		            .streams = { in, out_end, err_end },
		            .parent = getpid() };
	return launch_apart(c, &l);
}

/* Waits only a moment: a process that sleeps in the kernel can end later. Returns whether it ended.
 */
static bool child_kill(struct child *c)
{
	struct pollfd end = { .fd = c->process, .events = POLLIN };
	int ended;

	kill(-c->pid, SIGKILL);
	while ((ended = poll(&end, 1, END_WAIT)) < 0 && errno == EINTR)
		;
	return ended > 0;
}

/* Returns the status of waitpid(). A process that did not end has the status of a killed one. The
 * wait for one that ended is short: only a tracer gets its status before us. */
static int child_reap(struct child *c, bool ended)
{
	int status = SIGKILL;

	while (waitpid(c->pid, &status, ended ? 0 : WNOHANG) < 0 && errno == EINTR)
		;
	c->pid = 0;
	return status;
}

/* Makes room for more stdout. Returns the number of bytes, or 0 if no more is kept. */
static size_t room_make(struct child_report *r, size_t most)
{
	if (r->length > most) {
		r->error = E2BIG;
		return 0;
	}
	if (r->length + 1 < r->size)
		return r->size - r->length - 1;
	const size_t size = r->size ? r->size * 2 : 8192;
	char *grown = realloc(r->text, size);
	if (!grown) {
		r->error = ENOMEM;
		return 0;
	}
	r->text = grown;
	r->size = size;
	return size - r->length - 1;
}

/* Reads at most `wanted` bytes of the child's stdout. Closes our end at the end of file, on an
 * error, or if no more is kept: a child that still writes then ends. Returns the number of
 * bytes. */
static size_t out_take(struct child *c, struct child_report *r, size_t wanted, size_t most)
{
	const size_t room = room_make(r, most);
	const ssize_t n =
	        room ? read(c->out, r->text + r->length, room < wanted ? room : wanted) : 0;

	if (n < 0 && errno == EINTR)
		return 0;
	if (n < 0)
		r->error = errno;
	if (n <= 0) {
		fd_release(&c->out);
		return 0;
	}
	r->length += (size_t)n;
	return (size_t)n;
}

static void said_add(struct child_report *r, const char *bytes, size_t n)
{
	const size_t fits = CHILD_SAID - r->n_said, first = n < fits ? n : fits;
	const size_t most = CHILD_SAID - CHILD_SAID_HEAD;
	char *tail = r->said + CHILD_SAID_HEAD;

	memcpy(r->said + r->n_said, bytes, first);
	r->n_said += first;
	n -= first;
	bytes += first;
	if (n == 0)
		return;
	r->cut = true;
	if (n > most) {
		bytes += n - most;
		n = most;
	}
	memmove(tail, tail + n, most - n);
	memcpy(tail + most - n, bytes, n);
}

/* Passes stderr on. If the reader of our stderr is too slow or has stopped, we continue without
 * it. */
static void pass_on(struct child *c, const char *bytes, size_t n)
{
	struct pollfd ours = { .fd = STDERR_FILENO, .events = POLLOUT };

	while (n > 0 && !c->unread) {
		const size_t piece = n < PIPE_BUF ? n : PIPE_BUF; /* poll() promises this room */
		const ssize_t wrote =
		        poll(&ours, 1, END_WAIT) == 1 ? write(STDERR_FILENO, bytes, piece) : -1;
		c->unread = wrote <= 0;
		if (c->unread)
			return;
		bytes += wrote;
		n -= (size_t)wrote;
	}
}

static size_t err_take(struct child *c, struct child_report *r, size_t wanted)
{
	char bytes[4096];
	const ssize_t n = read(c->err, bytes, wanted < sizeof bytes ? wanted : sizeof bytes);

	if (n < 0 && errno == EINTR)
		return 0;
	if (n <= 0) {
		fd_release(&c->err);
		return 0;
	}
	said_add(r, bytes, (size_t)n);
	pass_on(c, bytes, (size_t)n);
	return (size_t)n;
}

static size_t waiting(int fd)
{
	int n = 0;

	return fd >= 0 && ioctl(fd, FIONREAD, &n) == 0 && n > 0 ? (size_t)n : 0;
}

/* Reads what the child printed before it ended. Other processes can still have its streams, so the
 * end of file may never come. */
static void rest_take(struct child *c, struct child_report *r, size_t most)
{
	for (size_t n = waiting(c->out); n > 0 && c->out >= 0;)
		n -= out_take(c, r, n, most);
	for (size_t n = waiting(c->err); n > 0 && c->err >= 0;)
		n -= err_take(c, r, n);
}

/* Reads the available output, and waits for it until the deadline. Returns 1 if the child has
 * ended, 0 if it still runs, -1 if the time is over. */
static int hear_once(struct child *c, struct child_report *r, int64_t deadline, size_t most)
{
	struct pollfd on[] = { { .fd = c->process, .events = POLLIN },
		               { .fd = c->out, .events = POLLIN },
		               { .fd = c->err, .events = POLLIN } };
	const int64_t left = deadline - clock_milliseconds();
	const int ready = left > 0 ? poll(on, 3, left < INT_MAX ? (int)left : INT_MAX) : 0;

	if (ready < 0 && errno == EINTR)
		return 0;
	if (ready < 0)
		r->error = errno;
	if (ready <= 0)
		return -1;
	if (on[1].revents)
		out_take(c, r, SIZE_MAX, most);
	if (on[2].revents)
		err_take(c, r, SIZE_MAX);
	return on[0].revents != 0;
}

static void texts_end(struct child_report *r, size_t most)
{
	if (room_make(r, most))
		r->text[r->length] = '\0';
	else
		text_release(&r->text);
	for (size_t i = 0; i < r->n_said; i++)
		if (r->said[i] == '\0')
			r->said[i] = ' ';
	while (r->n_said > 0 && r->said[r->n_said - 1] == '\n')
		r->n_said--;
	r->said[r->n_said] = '\0';
}

void child_hear(struct child *c, struct child_report *r, uint32_t seconds, size_t most)
{
	const int64_t deadline = clock_milliseconds() + (int64_t)seconds * 1000;
	int ended;

	*r = (struct child_report){ .text = NULL };
	while ((ended = hear_once(c, r, deadline, most)) == 0)
		;
	r->late = ended < 0 && !r->error;
	const bool gone = ended > 0 || child_kill(c);
	rest_take(c, r, most);
	texts_end(r, most);
	r->status = child_reap(c, gone);
}

void child_release(struct child *c)
{
	if (c->pid)
		child_reap(c, child_kill(c));
	fd_release(&c->process);
	fd_release(&c->out);
	fd_release(&c->err);
}

void child_report_release(struct child_report *r)
{
	text_release(&r->text);
}
