/* SPDX-License-Identifier: Apache-2.0 */
/* Repairing endpoints in children, one after another. */
#include "control/broken.h"

#include "base/errno_text.h"
#include "control/recorded_call.h"
#include "plugin/repair.h"
#include "record/owner.h"

#include <errno.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

/* A container has the device of its tap by number: as a node, and in the rule of its cgroup. */
static void print_repaired(const struct endpoint *e, const struct repair *r)
{
	const dev_t before = e->tap.path ? e->tap.number : 0;

	printf("%s of %s: repaired", e->ifname, e->container_id);
	if (r->tap == before && r->tap)
		printf(", with its tap %u:%u: what had it open opens it again", major(r->tap),
		       minor(r->tap));
	else if (r->tap)
		printf(", but its tap is %u:%u now, not %u:%u: restart the containers of %s%s%s",
		       major(r->tap), minor(r->tap), major(before), minor(before),
		       e->pod.name && e->pod.space ? e->pod.space : "",
		       e->pod.name && e->pod.space ? "/" : "",
		       e->pod.name ? e->pod.name : e->container_id);
	putchar('\n');
}

static int repair_owned(const struct broken_endpoint *it, int owner, bool dry, struct failure *f)
{
	OWNED(endpoint_release) struct endpoint e = { .source = NULL };
	OWNED(request_release) struct request request = { .text = NULL };
	struct repair r = { .request = &request, .record = &e, .owner = owner, .dry = dry };
	const enum found found = endpoint_read(it->container_id, it->ifname, &e, f);

	/* Another call may have removed it, or made it anew, since it was found. */
	if (found != FOUND || (!e.ready && !e.repairing))
		return found == FOUND_FAILED ? -1 : 0;
	if (recorded_call(&request, &e, NULL, f) < 0)
		return -1;
	const int done = repair(&r, f);
	if (done > 0 && dry)
		printf("%s of %s: its link is gone\n", e.ifname, e.container_id);
	else if (done > 0)
		print_repaired(&e, &r);
	return done < 0 ? -1 : 0;
}

static int repair_one(const struct broken_endpoint *it, bool dry, struct failure *f)
{
	OWNED(fd_release) int owner = owner_open(f);
	const int ours =
	        owner < 0 ? -1 : owner_become(owner, it->container_id, it->ifname, LOCK_WAIT_S, f);

	if (ours <= 0)
		return ours < 0 ? -1 : owner_refuse(it->container_id, it->ifname, f);
	return repair_owned(it, owner, dry, f);
}

/* Returns the exit code. */
static int child_run(const struct broken_endpoint *it, bool dry)
{
	struct failure f = { 0 };
	const bool failed = repair_one(it, dry, &f) < 0;

	if (failed)
		fprintf(stderr, "podtapctl: %s of %s: %s: %s\n", it->ifname, it->container_id,
		        f.msg, f.details);
	return failed || fflush(stdout) != 0;
}

static int repair_apart(const struct broken_endpoint *it, bool dry, struct failure *f)
{
	int status;
	const pid_t child = fork();

	if (child == 0)
		_exit(child_run(it, dry));
	if (child < 0)
		return fail_errno(f, errno, "start a process");
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return fail_errno(f, errno, "wait for a process");
	return status == 0;
}

int broken_repair(struct broken *b, bool dry, struct failure *f)
{
	int failed = 0;

	if (fflush(stdout) != 0) /* else a child would print it again */
		return fail_errno(f, errno, "print");
	for (size_t i = 0; i < b->n; i++) {
		const int repaired = repair_apart(&b->list[i], dry, f);
		if (repaired < 0)
			return -1;
		b->list[i].failed = !repaired;
		failed += !repaired;
	}
	return failed;
}
