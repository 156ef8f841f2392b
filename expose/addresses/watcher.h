/* SPDX-License-Identifier: Apache-2.0 */
/* The watch of an engine: lines of a stream, as calls of engine_watch. */
#ifndef EXPOSE_ADDRESSES_WATCHER_H
#define EXPOSE_ADDRESSES_WATCHER_H

#include "expose/addresses/engine.h"
#include "expose/addresses/http.h"

/* What a line says. */
enum watch_event {
	WATCH_NOTHING,
	WATCH_CHANGED,
	WATCH_OVER, /* the watch ends: its version is too old, or a failure */
};

/* A member of an engine's struct. */
struct watcher {
	enum watch_event (*read)(const char *line, size_t length);
	/* Reads the only pool of a line. Returns false if that is not what the line has. */
	bool (*pool)(const char *line, size_t length, struct address_pool *p);
	struct http_stream stream;
	struct engine_watch watch;
	bool changed;
	bool over;
	bool failed; /* the last watch did not end in order */
};

void watcher_init(struct watcher *w, enum watch_event (*read)(const char *line, size_t length),
                  bool (*pool)(const char *line, size_t length, struct address_pool *p));
void watcher_release(struct watcher *w);

/* Ends the watch before, and returns the stream of the new one, to open it. */
struct http_stream *watcher_begin(struct watcher *w, const struct engine_watch *watch);

#endif
