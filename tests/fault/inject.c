/* SPDX-License-Identifier: Apache-2.0 */
/* A program under a filter that hands each of its system calls to us before it is made. */
#include "tests/fault/inject.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NO_LISTENER = -1, TRIES = 1000000 };

void stop(const char *what)
{
	perror(what);
	exit(2);
}

/* Runs in the child. From now on all calls wait for the listener, whose number goes to the parent
 * through memory, since a call that sends it would have to wait too. */
static void filter_install(volatile int *listener)
{
	struct sock_filter ask = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	const struct sock_fprog program = { .len = 1, .filter = &ask };

	*listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	                         SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static _Noreturn void child(const char *path, int in, int out, volatile int *listener)
{
	char *const argv[] = { (char *)(size_t)path, NULL };

	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(126);
	filter_install(listener);
	execve(path, argv, environ);
	_exit(127);
}

static int listener_take(pid_t pid, volatile const int *listener)
{
	const int process = (int)syscall(SYS_pidfd_open, pid, 0);

	for (int tries = 0; *listener == NO_LISTENER && tries < TRIES; tries++)
		usleep(20);
	const int fd = (int)syscall(SYS_pidfd_getfd, process, *listener, 0);
	if (process < 0 || *listener < 0 || fd < 0)
		stop("seccomp");
	close(process);
	return fd;
}

/* It looks at the three standard streams, and does not wait. */
static bool is_first_of_main(const struct seccomp_notif *asked)
{
	return asked->data.nr == SYS_ppoll && asked->data.args[1] == 3;
}

/* Whether to let this call fail. */
static bool is_chosen(const struct run *s, int number)
{
	const struct fault *f = s->fault;
	const unsigned n = s->outcome->n;

	if (!f->at || n < f->at)
		return false;
	return n == f->at || (f->onwards && number == s->outcome->calls[f->at - 1].number);
}

/* The kernel makes a write to some settings again and again while others hold its lock. */
static bool is_restart(struct run *s, const struct seccomp_notif *asked)
{
	const bool same =
	        asked->data.nr == SYS_write && memcmp(&asked->data, &s->last, sizeof s->last) == 0;

	s->last = asked->data;
	return same;
}

/* Whether the program may have to wait: it asked in vain for an attachment, or asks for a file
 * while its rival holds a lock. */
static bool is_waiting(const struct run *s, const struct seccomp_data *call)
{
	if (!s->rival || !s->rival->held)
		return false;
	if (call->nr == SYS_flock)
		return s->rival->locked;
	return call->nr == SYS_fcntl && call->args[1] == F_OFD_SETLKW;
}

static void note_lock(struct run *s, const struct seccomp_data *call)
{
	const uint64_t bit = (uint64_t)1 << (call->args[0] & 63);

	if (call->nr == SYS_flock)
		s->locked |= bit;
	if (call->nr == SYS_close)
		s->locked &= ~bit;
}

/* Whether to hold the program before this call. */
static bool is_held(struct run *s, const struct seccomp_data *call)
{
	if (is_waiting(s, call)) {
		s->waited |= call->nr == SYS_fcntl;
		return true;
	}
	if (!s->fault->hold || s->was_held || !is_chosen(s, call->nr))
		return false;
	s->was_held = true;
	return true;
}

/* Notes a call of the program itself and decides about it: 0 or the errno. */
static int decide(struct run *s, const struct seccomp_notif *asked)
{
	struct outcome *o = s->outcome;

	s->in_main |= is_first_of_main(asked);
	if (!s->in_main || (pid_t)asked->pid != s->pid || is_restart(s, asked))
		return 0;
	if (o->n == CALLS_MAX) {
		o->hung = true;
		kill(s->pid, SIGKILL);
		return EINTR;
	}
	o->calls[o->n++] = (struct call){ asked->data.nr, asked->data.nr == SYS_openat &&
		                                                  (asked->data.args[2] &
		                                                   (O_WRONLY | O_RDWR | O_CREAT)) };
	s->held = is_held(s, &asked->data);
	if (!s->held)
		note_lock(s, &asked->data);
	if (s->fault->hold || !is_chosen(s, asked->data.nr))
		return 0;
	o->hits++;
	if (!s->fault->kill)
		return s->fault->error;
	/* It ends before it sees the answer; without an error the call might be made all the same.
	 */
	kill(s->pid, SIGKILL);
	return EINTR;
}

static void answer(const struct run *s, int error)
{
	const struct seccomp_notif_resp answer = {
		.id = s->asked.id,
		.error = -error,
		.flags = error ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};

	if (ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) < 0 && errno != ENOENT &&
	    errno != EINTR)
		stop("answer a call");
}

static void answer_one(struct run *s)
{
	memset(&s->asked, 0, sizeof s->asked);
	if (ioctl(s->listener, SECCOMP_IOCTL_NOTIF_RECV, &s->asked) < 0) {
		if (errno == EINTR || errno == ENOENT)
			return; /* it was killed meanwhile */
		stop("receive a call");
	}
	const int error = decide(s, &s->asked);
	if (!s->held)
		answer(s, error);
}

/* Reads what it printed; false at the end. */
static bool keep_output(struct run *s)
{
	struct outcome *o = s->outcome;
	const ssize_t n = read(s->out, o->output + o->length, OUTPUT_MAX - 1 - o->length);

	o->length += n > 0 ? (size_t)n : 0;
	o->output[o->length] = '\0';
	return n > 0;
}

/* Until it is held up, or nobody is left under the filter. */
static void supervise(struct run *s)
{
	struct pollfd heard[] = { { .fd = s->listener, .events = POLLIN },
		                  { .fd = s->out, .events = POLLIN } };

	while (!s->held && (heard[0].fd >= 0 || heard[1].fd >= 0)) {
		const int ready = poll(heard, 2, TIMEOUT_S * 1000);
		if (ready < 0 && errno != EINTR)
			stop("poll");
		if (ready == 0) {
			s->outcome->hung = true;
			kill(s->pid, SIGKILL);
			break;
		}
		if (heard[0].revents & POLLIN)
			answer_one(s);
		else if (heard[0].revents)
			heard[0].fd = -1;
		if (heard[1].revents && !keep_output(s))
			heard[1].fd = -1;
	}
}

static int input_make(const char *text)
{
	const int fd = memfd_create("stdin", MFD_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    lseek(fd, 0, SEEK_SET) < 0)
		stop("make stdin");
	return fd;
}

void program_start(struct run *r, const char *path, const char *input, const struct fault *fault,
                   struct outcome *outcome)
{
	volatile int *listener = mmap(NULL, sizeof *listener, PROT_READ | PROT_WRITE,
	                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const int in = input_make(input);
	int ends[2];

	if (listener == MAP_FAILED || pipe2(ends, O_CLOEXEC) < 0)
		stop("prepare a run");
	*listener = NO_LISTENER;
	outcome->n = outcome->hits = 0;
	outcome->length = 0;
	outcome->output[0] = '\0';
	outcome->hung = false;
	const pid_t pid = fork();
	if (pid < 0)
		stop("fork");
	if (pid == 0)
		child(path, in, ends[1], listener);
	close(ends[1]);
	close(in);
	*r = (struct run){ .listener = listener_take(pid, listener),
		           .out = ends[0],
		           .pid = pid,
		           .fault = fault,
		           .outcome = outcome };
	munmap((void *)(size_t)listener, sizeof *listener);
}

bool program_go_on(struct run *r)
{
	if (r->held) {
		r->held = false;
		answer(r, 0);
	}
	supervise(r);
	if (r->held)
		return true;
	if (waitpid(r->pid, &r->outcome->status, 0) != r->pid)
		stop("wait");
	close(r->out);
	close(r->listener);
	return false;
}
