/* SPDX-License-Identifier: Apache-2.0 */
/* Listening, and serving a few clients, each only while it makes calls. */
#include "base/errno_text.h"
#include "expose/common/daemon.h"
#include "expose/grpc/grpc_session.h"
#include "expose/grpc/grpc_transport.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

/* Clients at a time: the kubelet; the client that it replaces; and two for diagnosis. */
enum { GRPC_CLIENTS_MAX = 4 };

/* Seconds in which a client without an open call must make its next one. */
enum { GRPC_IDLE_MAX = 5 };

struct grpc_peer { /* one connection */
	struct grpc_server *server;
	struct grpc_peer *next; /* the client that connected before it */
	struct grpc_transport transport;
	struct grpc_session session;
	size_t answered, open; /* calls, at their last change */
	time_t since;          /* the time of that change; monotonic */
};

static time_t now(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* Sets the timer to the earliest end of an idle client's time, or off. */
static void timer_set(struct grpc_server *g)
{
	struct itimerspec when = { .it_value.tv_sec = 0 };
	const time_t soonest = now() + 1;

	for (const struct grpc_peer *c = g->clients; c; c = c->next) {
		const time_t end = c->since + GRPC_IDLE_MAX;
		if (c->session.open == 0 && (!when.it_value.tv_sec || end < when.it_value.tv_sec))
			when.it_value.tv_sec = end < soonest ? soonest : end;
	}
	timerfd_settime(g->timer.fd, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Counts the calls that stay open. Calls changed() when the first came or the last ended. */
static void open_count(struct grpc_server *g)
{
	const size_t before = g->open;

	g->open = 0;
	for (const struct grpc_peer *c = g->clients; c; c = c->next)
		g->open += c->session.open;
	if ((before == 0) != (g->open == 0) && g->changed)
		g->changed(g->owner);
}

static void client_free(struct grpc_peer *c)
{
	struct grpc_peer **link = &c->server->clients;

	while (*link != c)
		link = &(*link)->next;
	*link = c->next;
	grpc_session_release(&c->session);
	fd_release(&c->transport.watch.fd);
	free(c);
}

/* Closes a client. Logs the reason unless it is empty. */
static void client_close(struct grpc_peer *c, const char *why)
{
	struct grpc_server *g = c->server;

	if (*why)
		log_event("%s: a client is closed: %s", g->path, why);
	client_free(c);
	timer_set(g);
	open_count(g);
}

static const char *reason(const struct grpc_peer *c, int err)
{
	if (c->session.why[0])
		return c->session.why;
	if (c->transport.error)
		return nghttp2_strerror(c->transport.error);
	return err == 0 || err == ECONNRESET || err == EPIPE ? "" : errno_text(err);
}

static void on_client(void *data, uint32_t events)
{
	struct grpc_peer *c = data;
	struct grpc_server *g = c->server;

	if (!grpc_transport_pump(&c->transport, events)) {
		client_close(c, reason(c, errno));
		return;
	}
	if (c->answered == c->session.answered && c->open == c->session.open)
		return;
	c->answered = c->session.answered;
	c->open = c->session.open;
	c->since = now();
	timer_set(g);
	open_count(g);
}

static void on_timer(void *data, uint32_t events)
{
	struct grpc_server *g = data;
	uint64_t times;

	(void)events;
	if (read(g->timer.fd, &times, sizeof times) < 0)
		return;
	for (struct grpc_peer *c = g->clients, *next; c; c = next) {
		next = c->next;
		if (c->session.open == 0 && now() >= c->since + GRPC_IDLE_MAX)
			client_close(c, "it made no call for too long");
	}
	timer_set(g);
}

/* Makes room for one more client if there are too many: closes the oldest one without an open call,
 * else the oldest one. */
static void client_oust(struct grpc_server *g)
{
	struct grpc_peer *first = NULL;
	size_t n = 0;

	for (struct grpc_peer *c = g->clients; c; c = c->next, n++)
		if (!first || c->session.open == 0 || first->session.open > 0)
			first = c;
	if (n >= GRPC_CLIENTS_MAX)
		client_close(first, "there are too many");
}

static int client_begin(struct grpc_server *g, int fd, struct failure *f)
{
	struct grpc_peer *c = calloc(1, sizeof *c);

	if (!c || grpc_session_begin(&c->session, &g->service) < 0) {
		free(c);
		close(fd);
		return fail_errno(f, ENOMEM, "let a client in");
	}
	c->server = g;
	c->since = now();
	c->next = g->clients;
	g->clients = c;
	c->transport = (struct grpc_transport){ .loop = g->loop,
		                                .watch = { fd, on_client, c },
		                                .http = c->session.http };
	if (loop_watch(g->loop, &c->transport.watch, EPOLLIN, f) < 0) {
		client_free(c);
		return -1;
	}
	timer_set(g);
	if (!grpc_transport_flush(&c->transport))
		client_close(c, reason(c, errno));
	return 0;
}

static void on_listener(void *data, uint32_t events)
{
	struct grpc_server *g = data;
	struct failure f = { 0 };
	const int fd = accept4(g->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	client_oust(g);
	if (client_begin(g, fd, &f) < 0)
		log_failure(&f);
}

int grpc_server_begin(struct grpc_server *g, struct loop *loop, const char *path,
                      const struct grpc_service *service, struct failure *f)
{
	struct sockaddr_un address;

	*g = (struct grpc_server){ .loop = loop,
		                   .service = *service,
		                   .listener = { -1, on_listener, g },
		                   .timer = { -1, on_timer, g } };
	if (!socket_address(path, &address))
		return fail(f, CNI_CONFIG, "its path is too long", "make the socket %s", path);
	memcpy(g->path, address.sun_path, sizeof g->path);
	g->timer.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (g->timer.fd < 0)
		return fail_errno(f, errno, "make a timer");
	return loop_watch(loop, &g->timer, EPOLLIN, f);
}

/* Makes the socket under a temporary name, and renames it to its path. The path always exists: of
 * two programs that use it, the later one has it, and the other one can see that. The temporary
 * name is the socket's inode number, which is unique on this machine. A process id is not: in
 * containers, several programs may be process 1. */
static int socket_bind(struct grpc_server *g, int fd)
{
	const int directory = (int)(strrchr(g->path, '/') - g->path);
	char fresh[sizeof g->path];
	struct sockaddr_un address;
	struct stat made;

	if (fstat(fd, &made) < 0)
		return -1;
	if (snprintf(fresh, sizeof fresh, "%.*s/.%ju", directory, g->path,
	             (uintmax_t)made.st_ino) >= (int)sizeof fresh ||
	    !socket_address(fresh, &address)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	unlink(fresh); /* left by a process that was killed */
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0)
		return -1;
	if (lstat(fresh, &g->bound) == 0 && listen(fd, GRPC_CLIENTS_MAX) == 0 &&
	    rename(fresh, g->path) == 0)
		return 0;
	const int err = errno;
	unlink(fresh);
	errno = err;
	return -1;
}

int grpc_server_listen(struct grpc_server *g, struct failure *f)
{
	fd_release(&g->listener.fd);
	g->listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const mode_t before = umask(0177);
	const int bound = g->listener.fd < 0 ? -1 : socket_bind(g, g->listener.fd);
	umask(before);
	if (bound == 0)
		return loop_watch(g->loop, &g->listener, EPOLLIN, f);
	fail_errno(f, errno, "make the socket %s", g->path);
	fd_release(&g->listener.fd);
	return -1;
}

enum grpc_place grpc_server_place(const struct grpc_server *g)
{
	struct stat there;

	if (g->listener.fd < 0 || lstat(g->path, &there) < 0)
		return GRPC_PLACE_EMPTY;
	/* While the socket is open, no other file has its inode number. */
	return there.st_dev == g->bound.st_dev && there.st_ino == g->bound.st_ino
	               ? GRPC_PLACE_OURS
	               : GRPC_PLACE_TAKEN;
}

void grpc_server_renew(struct grpc_server *g)
{
	for (struct grpc_peer *c = g->clients, *next; c; c = next) {
		next = c->next;
		grpc_session_renew(&c->session);
		if (!grpc_transport_flush(&c->transport))
			client_close(c, reason(c, errno));
	}
}

bool grpc_server_end(struct grpc_server *g)
{
	bool any = false;

	for (struct grpc_peer *c = g->clients, *next; c; c = next) {
		next = c->next;
		if (c->session.open == 0)
			continue;
		any = true;
		client_close(c, "");
	}
	return any;
}

void grpc_server_release(struct grpc_server *g)
{
	g->changed = NULL;
	while (g->clients)
		client_free(g->clients);
	if (g->listener.fd >= 0 && grpc_server_place(g) == GRPC_PLACE_OURS)
		unlink(g->path);
	fd_release(&g->listener.fd);
	fd_release(&g->timer.fd);
}
