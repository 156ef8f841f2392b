/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting, by epoll. */
#include "expose/common/loop.h"

int loop_open(struct loop *l, struct failure *f)
{
	*l = (struct loop){ .fd = epoll_create1(EPOLL_CLOEXEC) };
	return l->fd < 0 ? fail_errno(f, errno, "make an epoll descriptor") : 0;
}

int loop_watch(struct loop *l, struct watch *w, uint32_t events, struct failure *f)
{
	struct epoll_event event = { .events = events, .data.ptr = w };

	if (epoll_ctl(l->fd, EPOLL_CTL_ADD, w->fd, &event) < 0)
		return fail_errno(f, errno, "watch a descriptor");
	return 0;
}

void loop_forget(struct loop *l, struct watch *w)
{
	epoll_ctl(l->fd, EPOLL_CTL_DEL, w->fd, NULL);
}

void loop_change(struct loop *l, struct watch *w, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = w };

	/* This cannot fail for a watched descriptor. */
	epoll_ctl(l->fd, EPOLL_CTL_MOD, w->fd, &event);
}

int loop_run(struct loop *l, struct failure *f)
{
	while (!l->ended) {
		struct epoll_event event;
		const int n = epoll_wait(l->fd, &event, 1, -1);
		if (n < 0 && errno != EINTR)
			return fail_errno(f, errno, "wait");
		if (n <= 0)
			continue;
		const struct watch *w = event.data.ptr;
		w->ready(w->data, event.events);
	}
	return 0;
}
