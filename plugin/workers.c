/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that share a queue, and the memory in which they report. */
#include "plugin/workers.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

struct queue {
	size_t n;
	atomic_size_t taken; /* may exceed n */
	atomic_size_t failed;
};

/* What a child reports. The kernel zeroes it. */
struct report {
	atomic_bool ended;
	struct failure failure;
};

/* Memory that the processes share. */
struct board {
	struct queue queue;
	struct report reports[WORKERS_MAX - 1];
};

struct workers {
	struct board *board;
	pid_t pids[WORKERS_MAX - 1];
	size_t n;
};

bool queue_take(struct queue *q, size_t *item)
{
	*item = atomic_fetch_add(&q->taken, 1);
	return *item < q->n;
}

void queue_count_failed(struct queue *q)
{
	atomic_fetch_add(&q->failed, 1);
}

/* Runs in a child. It must not work on after its parent, whose locks end. */
static _Noreturn void child_work(struct queue *q, struct report *report, pid_t parent, worker *work,
                                 const void *data)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	work(q, data, &report->failure);
	atomic_store(&report->ended, true);
	_exit(0);
}

static void children_start(struct workers *w, worker *work, const void *data)
{
	const pid_t parent = getpid();

	signal(SIGCHLD, SIG_DFL); /* an inherited SIG_IGN would let no process wait for them */
	while (w->n < WORKERS_MAX - 1 && w->n + 1 < w->board->queue.n) {
		const pid_t pid = fork();
		if (pid == 0)
			child_work(&w->board->queue, &w->board->reports[w->n], parent, work, data);
		if (pid < 0)
			return;
		w->pids[w->n++] = pid;
	}
}

/* Wait for the children, and join their failures in the order of their start. */
static void children_await(const struct workers *w, struct failure *f)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct report *report = &w->board->reports[i];
		struct failure killed = { 0 };

		while (waitpid(w->pids[i], NULL, 0) < 0 && errno == EINTR)
			;
		if (report->failure.code)
			failure_join(f, &report->failure);
		if (atomic_load(&report->ended))
			continue;
		fail(&killed, CNI_AGAIN, "it was killed", "a process of this call");
		failure_join(f, &killed);
	}
}

size_t workers_run(size_t n, worker *work, const void *data, struct failure *f)
{
	struct queue alone = { .n = n };
	struct workers w = { .board = MAP_FAILED };

	if (n > 1)
		w.board = mmap(NULL, sizeof *w.board, PROT_READ | PROT_WRITE,
		               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w.board == MAP_FAILED) {
		work(&alone, data, f);
		return alone.failed;
	}
	w.board->queue.n = n;
	children_start(&w, work, data);
	work(&w.board->queue, data, f);
	children_await(&w, f);
	const size_t failed = w.board->queue.failed;
	munmap(w.board, sizeof *w.board);
	return failed;
}
