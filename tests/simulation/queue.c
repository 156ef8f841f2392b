/* SPDX-License-Identifier: Apache-2.0 */
/* Time and chance: what happens next. */
#include "tests/simulation/world.h"

#include <stdio.h>
#include <stdlib.h>

struct world w;

uint64_t dice(uint64_t n)
{
	w.random ^= w.random << 13;
	w.random ^= w.random >> 7;
	w.random ^= w.random << 17;
	return w.random % n;
}

static bool before(const struct event *a, const struct event *b)
{
	return a->at < b->at || (a->at == b->at && a->order < b->order);
}

void *need(void *memory)
{
	if (memory)
		return memory;
	perror("simulation");
	exit(1);
}

struct event *event_at(int64_t at, void (*run)(struct event *), struct node *node)
{
	struct event *e = need(calloc(1, sizeof *e));

	*e = (struct event){ .at = at, .order = w.order++, .run = run, .node = node };
	if (w.n == w.room) {
		w.room = w.room * 2 + 64;
		w.heap = need(realloc(w.heap, w.room * sizeof(struct event *)));
	}
	size_t i = w.n++;
	for (; i && before(e, w.heap[(i - 1) / 2]); i = (i - 1) / 2)
		w.heap[i] = w.heap[(i - 1) / 2];
	w.heap[i] = e;
	return e;
}

struct event *event_take(void)
{
	struct event *first = w.heap[0], *last = w.heap[--w.n];
	size_t i = 0;

	for (size_t k; (k = 2 * i + 1) < w.n; i = k) {
		if (k + 1 < w.n && before(w.heap[k + 1], w.heap[k]))
			k++;
		if (!before(w.heap[k], last))
			break;
		w.heap[i] = w.heap[k];
	}
	w.heap[i] = last;
	return first;
}

int64_t ms(void)
{
	return w.now / 1000;
}
