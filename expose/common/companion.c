/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a process beside a long-running program. */
#include "expose/common/companion.h"

#include "expose/common/daemon.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Who ends the first process ends this one by it, in the middle of a wait, too. */
static int tie(void)
{
	struct failure why = { 0 };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && signal(SIGTERM, SIG_IGN) != SIG_ERR &&
	    signal(SIGINT, SIG_IGN) != SIG_ERR)
		return 0;
	fail_errno(&why, errno, "tie a process to this one");
	log_failure(&why);
	return -1;
}

static int begin(const struct companion *c, int parent)
{
	for (size_t i = 0; i < c->n_theirs; i++)
		if (c->theirs[i] >= 0)
			close(c->theirs[i]);
	return tie() < 0 ? 1 : c->live(parent, c->data);
}

int companion_start(const struct companion *c, struct failure *f)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(f, errno, "make a pair of sockets");
	const pid_t pid = fork();
	if (pid == 0) {
		close(pair[0]);
		_exit(begin(c, pair[1]));
	}
	const int err = errno;
	close(pair[1]);
	if (pid > 0)
		return pair[0];
	close(pair[0]);
	return fail_errno(f, err, "start a process");
}
