/* SPDX-License-Identifier: Apache-2.0 */
/* A child process that creates macvtap links on request, in a namespace of its own. */
#include "netns/placeholder.h"

#include "netns/link.h"

#include <errno.h>
#include <linux/if_link.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MASTER = 2 }; /* lo is 1 */

struct order {
	uint32_t index;
	unsigned n;
};

/* Create a link of one of the kinds that can be a macvtap's master. A host has at least one kind.
 */
static int master_make(struct rtnl *nl)
{
	static const char *const kinds[] = { "dummy", "bridge", "veth" };
	struct failure f = { 0 };
	struct rtnl_req r;
	int made = -1;

	for (size_t i = 0; made < 0 && i < sizeof kinds / sizeof *kinds; i++) {
		struct ifinfomsg *link =
		        req_begin(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof *link);
		link->ifi_index = MASTER;
		struct nlattr *info = req_nest(&r, IFLA_LINKINFO);
		req_str(&r, IFLA_INFO_KIND, kinds[i]);
		req_end(&r, info);
		made = rtnl_call(nl, &r, &f, "make a master for placeholders");
	}
	return made;
}

static int links_make(struct rtnl *nl, const struct order *order)
{
	char name[IFNAMSIZ];
	struct link_want want = { .name = name,
		                  .index = order->index,
		                  .master = MASTER,
		                  .netns = -1,
		                  .kind = link_kind_find("macvtap"),
		                  .mode = MACVLAN_MODE_BRIDGE,
		                  .queues = 1 };

	for (unsigned i = 0; i < order->n; i++, want.index++) {
		struct failure f = { 0 };
		snprintf(name, sizeof name, "p%u", (unsigned)want.index);
		if (link_create(nl, &want, &f) < 0)
			return -1;
	}
	return 0;
}

/* Serve requests until the other end closes. The answer is an errno, or 0 if all links exist. */
static int serve(struct rtnl *nl, int socket, int unready)
{
	struct order order;

	while (recv(socket, &order, sizeof order, 0) == sizeof order) {
		int answer = unready;
		if (!answer && links_make(nl, &order) < 0)
			answer = errno;
		if (send(socket, &answer, sizeof answer, MSG_NOSIGNAL) != sizeof answer)
			return 1;
	}
	return 0;
}

/* Create the network namespace in a user namespace, because the call has given up the capability by
 * now. */
static int child_run(int socket)
{
	struct rtnl nl = { .fd = -1 };
	struct failure f = { 0 };
	int unready = 0;

	close(STDOUT_FILENO);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
	    rtnl_open(&nl, &f) < 0 || master_make(&nl) < 0)
		unready = errno;
	return serve(&nl, socket, unready);
}

static bool child_start(struct placeholders *p)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return false;
	const pid_t child = fork();
	if (child == 0) {
		close(ends[0]);
		_exit(child_run(ends[1]));
	}
	close(ends[1]);
	if (child < 0) {
		fd_release(&ends[0]);
		return false;
	}
	*p = (struct placeholders){ child, ends[0] };
	return true;
}

void placeholders_release(struct placeholders *p)
{
	fd_release(&p->to_child);
	if (!p->child)
		return;
	kill(p->child, SIGKILL);
	while (waitpid(p->child, NULL, 0) < 0 && errno == EINTR)
		;
	p->child = 0;
}

bool placeholders_add(struct placeholders *p, uint32_t index, unsigned n)
{
	const struct order order = { index, n };
	int answer;

	if (!p->child && !child_start(p))
		return false;
	if (send(p->to_child, &order, sizeof order, MSG_NOSIGNAL) != sizeof order)
		return false;
	if (recv(p->to_child, &answer, sizeof answer, 0) != sizeof answer) {
		errno = ECHILD;
		return false;
	}
	errno = answer;
	return answer == 0;
}
