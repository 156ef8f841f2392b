/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a plan of calls in the order in which it is written, and prints what each cost. It is small,
 * since what starts a process is part of what starting it costs.
 *
 * The plan, on stdin, has one call a line, words between single spaces:
 *     LABEL STDIN-FILE [VARIABLE=VALUE...] -- PROGRAM [ARGUMENT...]
 * An empty line starts all calls read since the one before, together, and waits for them. What is
 * then printed, a line a call:
 *     LABEL WALL USER SYSTEM GROUP-WALL
 * in microseconds; USER and SYSTEM include the processes it waited for. A call that fails is
 * reported with what it printed, and ends the run. */
#include "tests/bench/bench.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TOGETHER_MAX = 128, WORDS_MAX = 64, LINE_BYTES = 8192, SAID_MAX = 4096 };

struct call {
	char line[LINE_BYTES]; /* what the words point into */
	const char *label;
	const char *input;
	char *environment[WORDS_MAX];
	char *words[WORDS_MAX];
	int said; /* the pipe its output goes to */
	pid_t pid;
	double started;
	double ended;
	struct rusage used;
};

static double microseconds(const struct timeval *t)
{
	return (double)t->tv_sec * 1e6 + (double)t->tv_usec;
}

/* Splits up to "--" or the end into a NULL-terminated vector. */
static void words_split(char **rest, char **words)
{
	size_t n = 0;
	for (char *word; n < WORDS_MAX - 1 && (word = strsep(rest, " "));) {
		if (strcmp(word, "--") == 0)
			break;
		words[n++] = word;
	}
	words[n] = NULL;
}

/* Reads the next call; false at the end of the group. */
static bool call_read(struct call *c)
{
	char *rest = c->line;

	if (!fgets(c->line, sizeof c->line, stdin) || c->line[0] == '\n')
		return false;
	c->line[strcspn(c->line, "\n")] = '\0';
	c->label = strsep(&rest, " ");
	c->input = strsep(&rest, " ");
	words_split(&rest, c->environment);
	words_split(&rest, c->words);
	if (!c->words[0]) {
		fprintf(stderr, "measure: no program in the plan's line of %s\n", c->label);
		exit(2);
	}
	return true;
}

static void call_start(struct call *c)
{
	posix_spawn_file_actions_t actions;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		stop("pipe");
	c->said = ends[0];
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, c->input, O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
	c->started = now();
	if (posix_spawn(&c->pid, c->words[0], &actions, NULL, c->words, c->environment) != 0)
		stop(c->words[0]);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
}

static void call_judge(const struct call *c, int status)
{
	char said[SAID_MAX];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	const ssize_t length = read(c->said, said, sizeof said);
	fprintf(stderr, "measure: %s failed: %.*s\n", c->label, (int)(length > 0 ? length : 0),
	        said);
	exit(1);
}

static void group_wait(struct call *calls, size_t n)
{
	for (size_t left = n; left > 0;) {
		struct rusage used;
		int status;
		const pid_t pid = wait4(-1, &status, 0, &used);
		const double ended = now();
		if (pid < 0)
			stop("wait4");
		for (size_t i = 0; i < n; i++)
			if (calls[i].pid == pid) {
				calls[i].ended = ended;
				calls[i].used = used;
				call_judge(&calls[i], status);
				left--;
			}
	}
}

static void group_print(struct call *calls, size_t n)
{
	double last = 0;

	for (size_t i = 0; i < n; i++)
		last = calls[i].ended > last ? calls[i].ended : last;
	for (size_t i = 0; i < n; i++) {
		const struct call *c = &calls[i];
		close(c->said);
		printf("%s %.1f %.0f %.0f %.1f\n", c->label, c->ended - c->started,
		       microseconds(&c->used.ru_utime), microseconds(&c->used.ru_stime),
		       last - calls[0].started);
	}
	fflush(stdout);
}

int main(void)
{
	struct call *calls = calloc(TOGETHER_MAX, sizeof *calls);

	if (!calls)
		stop("measure");
	while (!feof(stdin)) {
		size_t n = 0;
		while (n < TOGETHER_MAX && call_read(&calls[n]))
			n++;
		for (size_t i = 0; i < n; i++)
			call_start(&calls[i]);
		group_wait(calls, n);
		group_print(calls, n);
	}
	free(calls);
	return 0;
}
