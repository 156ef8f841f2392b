/* SPDX-License-Identifier: Apache-2.0 */
/* Running a function in a child process, which answers by shared memory. */
#include "control/apart.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct answer {
	int result;
	struct failure failure;
};

static void answer_release(struct answer **a)
{
	if (*a != MAP_FAILED)
		munmap(*a, sizeof **a);
	*a = MAP_FAILED;
}

static void work_apart(int (*work)(void *, struct failure *), void *data, struct answer *a,
                       pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		a->result = work(data, &a->failure);
	fflush(stdout);
	_exit(0);
}

int apart_run(int (*work)(void *data, struct failure *f), void *data, struct failure *f)
{
	const pid_t parent = getpid();
	int status;
	OWNED(answer_release)
	struct answer *a =
	        mmap(NULL, sizeof *a, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	fflush(stdout);
	if (a == MAP_FAILED)
		return fail_errno(f, errno, "start a process");
	a->result = -1;
	const pid_t child = fork();
	if (child < 0)
		return fail_errno(f, errno, "start a process");
	if (child == 0)
		work_apart(work, data, a, parent);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (a->result < 0 && !a->failure.code)
		return fail(f, CNI_OTHER, "it was killed", "the process of the call");
	return a->result < 0 ? failure_pass(f, &a->failure) : a->result;
}
