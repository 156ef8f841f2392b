/* SPDX-License-Identifier: Apache-2.0 */
/* Running a program of which one system call fails, or which is killed or held up at one: by a
 * seccomp filter that asks us about every call. */
#ifndef TESTS_FAULT_INJECT_H
#define TESTS_FAULT_INJECT_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { CALLS_MAX = 4096, OUTPUT_MAX = 65536, TIMEOUT_S = 30 };

/* Which call fails, counted from main() on (1 is the first): the program starts main() by asking
 * for the flags of descriptor 0. */
struct fault {
	unsigned at;  /* 0: none */
	int error;    /* what it fails with, not having been made */
	bool kill;    /* SIGKILL instead, before the call is made */
	bool onwards; /* every later call of the same kind fails too */
	bool hold;    /* it is neither: the program stops before it, and is let go on later */
};

struct call {
	int number;
	bool writes; /* an openat() that makes or writes a file */
};

struct outcome {
	int status;                   /* as of waitpid() */
	unsigned n;                   /* calls from main() on */
	struct call calls[CALLS_MAX]; /* calls[0] is the first */
	unsigned hits;                /* how many failed, or 1 for a kill */
	char output[OUTPUT_MAX];      /* its stdout, NUL-terminated */
	size_t length;
	bool hung; /* it did not end by itself in TIMEOUT_S, or in CALLS_MAX calls */
};

/* A program under way. */
struct run {
	int listener;
	int out; /* its stdout */
	pid_t pid;
	const struct fault *fault;
	struct outcome *outcome;
	const struct run *rival; /* whose locks it may have to wait for; NULL: nobody's */
	uint64_t locked;         /* a bit for each descriptor that it has locked a file by */
	bool in_main;
	bool held;                  /* at `asked` */
	bool was_held;              /* at the call it is to be held up at */
	bool waited;                /* it has asked for an attachment in vain */
	struct seccomp_notif asked; /* the call at hand */
	struct seccomp_data last;   /* call of the program */
};

/* Starts it in our namespaces and environment, with our stderr, and with this text as stdin. */
void program_start(struct run *r, const char *path, const char *input, const struct fault *fault,
                   struct outcome *outcome);

/* Continues the program. Returns true when it is held, and false when it and its children have
 * ended. It is also held where it has to wait for its rival while that is held. */
bool program_go_on(struct run *r);

/* Ends with a message and errno. */
_Noreturn void stop(const char *what);

#endif
