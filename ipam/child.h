/* SPDX-License-Identifier: Apache-2.0 */
/* The process of another program: it ends when we end, and we read its output until it has
 * ended. */
#ifndef IPAM_CHILD_H
#define IPAM_CHILD_H

#include "base/owned.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Of a child's stderr, we keep the beginning and the end. */
enum { CHILD_SAID_HEAD = 1024, CHILD_SAID = 3072 };

struct child {
	pid_t pid;   /* 0: not started, or already waited for */
	int process; /* pidfd */
	int out;     /* our ends of its stdout and stderr */
	int err;
	bool unread; /* our own stderr has no reader: nothing more is passed on */
};

#define CHILD_CLOSED                                \
	{                                           \
		.process = -1, .out = -1, .err = -1 \
	}

/* The output of a process, and how it ended. */
struct child_report {
	char *text; /* its stdout, NUL-terminated; NULL: not kept, see `error` */
	size_t length;
	size_t size;               /* allocated bytes of text */
	int error;                 /* an errno; E2BIG: it printed more than `most` bytes */
	bool late;                 /* it did not end in time, and was killed */
	int status;                /* the status of waitpid() */
	char said[CHILD_SAID + 1]; /* its stderr, NUL-terminated */
	size_t n_said;
	bool cut; /* bytes after the first CHILD_SAID_HEAD are missing */
};

/* Start a program with these arguments (the first is its name, the last NULL) and this stdin, in
 * its own process group. The kernel kills it when our process ends, unless the program gains
 * capabilities when it is executed. Returns 0 or an errno. */
int child_start(struct child *c, const char *path, const char *const *arguments,
                const char *const *environment, int in);

/* Read the child's stdout and stderr until it ends, for at most so many seconds. After that time
 * the child and its process group are killed. Its stderr is passed on to ours. Processes that the
 * child leaves behind do not delay us, even if they keep its stdout open. */
void child_hear(struct child *c, struct child_report *r, uint32_t seconds, size_t most);

/* Kill the child if it was not waited for. */
void child_release(struct child *c);
void child_report_release(struct child_report *r);

#endif
