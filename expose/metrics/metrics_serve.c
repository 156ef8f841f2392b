/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop that serves the metrics: connections, their limits, and the collection. */
#include "expose/metrics/metrics_serve.h"

#include "base/clock.h"
#include "expose/common/daemon.h"
#include "expose/common/loop.h"
#include "expose/metrics/metrics_client.h"
#include "expose/metrics/metrics_collect.h"

#include <stdio.h>

enum { CLIENTS = 64, HEAD_MS = 5000, ANSWER_MS = 40000, FRESH_MS = 1000, FRESH_TIMES = 9 };
enum { RETRY_MS = 2000 };

struct server;

struct connection {
	struct watch watch;
	struct server *server;
	struct client client;
	int64_t end;  /* when it is closed: clock_milliseconds() */
	bool waiting; /* for the collection */
};

struct server {
	const struct metrics_want *want;
	struct loop loop;
	struct backoff
	        clock; /* for the limits of connections, and for the next attempt to listen */
	struct watch listener, timer, pipe, parent;
	struct connection *connection; /* owned */
	size_t open;
	struct collection collection;
	struct failure missing; /* why the last collection has no text */
	int64_t fresh_until;
	bool refused; /* the reason why nothing listens is logged */
	bool failing; /* the reason why the collections fail is logged */
};

static void server_release(struct server *s)
{
	for (size_t i = 0; s->connection && i < CLIENTS; i++)
		client_release(&s->connection[i].client);
	free(s->connection);
	collection_release(&s->collection);
	fd_release(&s->listener.fd);
	backoff_release(&s->clock);
	loop_release(&s->loop);
}

/* The process that collects shares these descriptors until it closes them; it has no other use for
 * its copy of the server. */
static void server_close(void *data)
{
	server_release(data);
}

/* Sets the timer for the connection that ends first. */
static void clock_set(struct server *s)
{
	const int64_t now = clock_milliseconds();
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < CLIENTS; i++)
		if (s->connection[i].client.fd >= 0 && s->connection[i].end < first)
			first = s->connection[i].end;
	if (s->open)
		backoff_pause(&s->clock, first > now ? (unsigned)(first - now) : 1);
	else if (s->listener.fd >= 0)
		backoff_stop(&s->clock);
}

static void connection_close(struct connection *c)
{
	struct server *s = c->server;

	loop_forget(&s->loop, &c->watch);
	client_release(&c->client);
	c->watch.fd = -1;
	c->waiting = false;
	s->open--;
	loop_change(&s->loop, &s->listener, EPOLLIN);
	clock_set(s);
}

static void connection_answer(struct connection *c, const char *status, const char *body,
                              size_t length)
{
	c->waiting = false;
	if (!client_answer(&c->client, status, body, length) || !client_send(&c->client))
		connection_close(c);
	else
		loop_change(&c->server->loop, &c->watch, EPOLLOUT);
}

static void connection_serve(struct connection *c)
{
	const struct server *s = c->server;
	char reason[sizeof s->missing.msg + sizeof s->missing.details];

	if (!s->missing.code) {
		connection_answer(c, "200 OK", s->collection.text, s->collection.length);
		return;
	}
	const int n =
	        snprintf(reason, sizeof reason, "%s: %s\n", s->missing.msg, s->missing.details);
	connection_answer(c, "500 Internal Server Error", reason, (size_t)n);
}

/* The collection has ended: everybody who waits gets the answer. */
static void collected(struct server *s)
{
	const int64_t fresh = FRESH_TIMES * s->collection.cost;

	s->fresh_until = clock_milliseconds() + (fresh > FRESH_MS ? fresh : FRESH_MS);
	s->pipe.fd = -1;
	if (s->missing.code && !s->failing)
		log_failure(&s->missing); /* scrapers do not fill the log */
	s->failing = s->missing.code;
	for (size_t i = 0; i < CLIENTS; i++)
		if (s->connection[i].waiting)
			connection_serve(&s->connection[i]);
}

static void on_pipe(void *data, uint32_t events)
{
	struct server *s = data;

	(void)events;
	if (collection_read(&s->collection, &s->missing) <= 0)
		collected(s);
}

static void collect(struct server *s)
{
	failure_clear(&s->missing);
	if (collection_begin(&s->collection, server_close, s, &s->missing) < 0) {
		collected(s);
		return;
	}
	s->pipe = (struct watch){ s->collection.fd, on_pipe, s };
	if (loop_watch(&s->loop, &s->pipe, EPOLLIN, &s->missing) < 0) {
		collection_release(&s->collection);
		collected(s);
	}
}

static void connection_ask(struct connection *c)
{
	struct server *s = c->server;

	c->end = clock_milliseconds() + ANSWER_MS;
	clock_set(s);
	loop_change(&s->loop, &c->watch, 0);
	c->waiting = true;
	if (s->pipe.fd < 0 && clock_milliseconds() < s->fresh_until)
		connection_serve(c);
	else if (s->pipe.fd < 0)
		collect(s);
}

static void on_connection(void *data, uint32_t events)
{
	static const char hint[] = "GET /metrics\n";
	struct connection *c = data;

	if (c->client.answer) {
		if (!client_send(&c->client))
			connection_close(c);
		return;
	}
	if (c->waiting) { /* only its end is reported */
		if (events & (EPOLLHUP | EPOLLERR))
			connection_close(c);
		return;
	}
	switch (client_read(&c->client)) {
	case ASKED_METRICS:
		connection_ask(c);
		break;
	case ASKED_OTHER:
		connection_answer(c, "404 Not Found", hint, sizeof hint - 1);
		break;
	case ASKED_NOTHING:
		connection_close(c);
		break;
	case ASKED_PARTLY:
		break;
	}
}

static void connection_begin(struct connection *c, int fd)
{
	struct server *s = c->server;
	struct failure why = { 0 };

	c->client.fd = fd;
	c->watch = (struct watch){ fd, on_connection, c };
	c->end = clock_milliseconds() + HEAD_MS;
	s->open++;
	if (loop_watch(&s->loop, &c->watch, EPOLLIN, &why) < 0) {
		log_failure(&why);
		connection_close(c);
	}
	clock_set(s);
}

static void on_listener(void *data, uint32_t events)
{
	struct server *s = data;
	const int fd = accept4(s->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	for (size_t i = 0; i < CLIENTS; i++)
		if (s->connection[i].client.fd < 0) {
			connection_begin(&s->connection[i], fd);
			break;
		}
	if (s->open == CLIENTS)
		loop_change(&s->loop, &s->listener, 0);
}

static int listener_open(struct server *s, struct failure *f)
{
	s->listener = (struct watch){ metrics_place_listen(&s->want->place, f), on_listener, s };
	return s->listener.fd < 0 ? -1 : loop_watch(&s->loop, &s->listener, EPOLLIN, f);
}

/* Returns 0; or -1 if the place cannot be had and nobody is patient. */
static int listener_attempt(struct server *s, struct failure *f)
{
	struct failure why = { 0 };

	if (listener_open(s, &why) == 0) {
		if (s->refused)
			log_event("the metrics are served at %s now", s->want->place.text);
		return 0;
	}
	if (!s->want->patient)
		return failure_pass(f, &why);
	fd_release(&s->listener.fd);
	if (!s->refused)
		log_failure(&why);
	s->refused = true;
	backoff_pause(&s->clock, RETRY_MS);
	return 0;
}

static void on_timer(void *data, uint32_t events)
{
	struct server *s = data;
	struct failure never = { 0 }; /* only a patient one tries again */

	(void)events;
	if (s->listener.fd < 0) {
		backoff_stop(&s->clock);
		if (listener_attempt(s, &never) < 0)
			log_failure(&never);
		return;
	}
	for (size_t i = 0; i < CLIENTS; i++)
		if (s->connection[i].client.fd >= 0 && s->connection[i].end <= clock_milliseconds())
			connection_close(&s->connection[i]);
	clock_set(s);
}

static void on_parent(void *data, uint32_t events)
{
	struct server *s = data;

	(void)events;
	s->loop.ended = true;
}

static int server_open(struct server *s, struct failure *f)
{
	s->connection = calloc(CLIENTS, sizeof *s->connection);
	if (!s->connection)
		return fail_errno(f, ENOMEM, "serve the metrics");
	for (size_t i = 0; i < CLIENTS; i++) {
		s->connection[i].server = s;
		s->connection[i].client.fd = -1;
	}
	if (loop_open(&s->loop, f) < 0 || backoff_open(&s->clock, f) < 0)
		return -1;
	s->timer = (struct watch){ s->clock.fd, on_timer, s };
	s->parent = (struct watch){ s->want->parent, on_parent, s };
	if (loop_watch(&s->loop, &s->timer, EPOLLIN, f) < 0 ||
	    (s->parent.fd >= 0 && loop_watch(&s->loop, &s->parent, EPOLLIN, f) < 0))
		return -1;
	return listener_attempt(s, f);
}

int metrics_serve(const struct metrics_want *want, struct failure *f)
{
	OWNED(server_release)
	struct server s = { .want = want,
		            .loop.fd = -1,
		            .clock = BACKOFF_CLOSED,
		            .listener.fd = -1,
		            .pipe.fd = -1,
		            .collection = COLLECTION_NONE };

	return server_open(&s, f) < 0 ? -1 : loop_run(&s.loop, f);
}
