/* SPDX-License-Identifier: Apache-2.0 */
/* Watching the pools. */
#include "expose/addresses/watcher.h"

#include "expose/common/daemon.h"

/* Returns whether a line is about one pool, and the callee knows it now. */
static bool pool_pass(struct watcher *w, const char *line, size_t length)
{
	OWNED(address_pool_release) struct address_pool p = { .n_sets = 0 };

	return w->watch.pool && w->pool(line, length, &p) && w->watch.pool(w->watch.data, &p);
}

static void on_line(void *data, const char *line, size_t length)
{
	struct watcher *w = data;
	const enum watch_event event = w->read(line, length);

	if (event == WATCH_OVER && !w->over)
		log_event("the watch of the pools ends: %.200s", line);
	w->changed |= event == WATCH_CHANGED && !pool_pass(w, line, length);
	w->over |= event == WATCH_OVER;
}

static void on_end(void *data, const struct failure *why)
{
	struct watcher *w = data;

	if (why)
		log_failure(why);
	w->failed = why;
	w->watch.changed(w->watch.data, true);
}

static void on_pause(void *data)
{
	struct watcher *w = data;
	const bool over = w->over, changed = w->changed;

	w->over = w->changed = false;
	if (over)
		http_stream_release(&w->stream);
	if (over || changed)
		w->watch.changed(w->watch.data, over);
}

void watcher_init(struct watcher *w, enum watch_event (*read)(const char *line, size_t length),
                  bool (*pool)(const char *line, size_t length, struct address_pool *p))
{
	*w = (struct watcher){ .read = read, .pool = pool, .stream = HTTP_STREAM_CLOSED };
	w->stream.line = on_line;
	w->stream.ended = on_end;
	w->stream.pause = on_pause;
	w->stream.data = w;
}

void watcher_release(struct watcher *w)
{
	http_stream_release(&w->stream);
}

struct http_stream *watcher_begin(struct watcher *w, const struct engine_watch *watch)
{
	http_stream_release(&w->stream);
	w->watch = *watch;
	w->changed = w->over = w->failed = false;
	return &w->stream;
}
