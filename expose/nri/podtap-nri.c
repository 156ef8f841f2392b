/* SPDX-License-Identifier: Apache-2.0 */
/* The executable podtap-nri: gives the containers of a pod the taps of the pod, and sets the links
 * of guests down with them, as a plugin of the runtime (NRI). It connects to the runtime's socket
 * again and again, or serves the one connection that it was launched with. */
#include "expose/common/confine.h"
#include "expose/common/daemon.h"
#include "expose/common/health.h"
#include "expose/common/loop.h"
#include "expose/metrics/metrics_process.h"
#include "expose/nri/containers.h"
#include "expose/nri/nri.h"
#include "expose/nri/settings.h"
#include "expose/nri/yielder.h"

#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

enum { SEND_SECONDS = 5, CHUNK = 16 << 10 };

struct service {
	const struct settings *settings;
	struct loop loop;
	struct await await;     /* for the socket's file */
	struct backoff backoff; /* until the next attempt to connect */
	/* Signals; await; backoff; the connection, -1: not connected; orders for the process that
	 * sets links, -1: without it; the end of the process that serves metrics, -1: without it.
	 */
	struct watch signals, directory, timer, connection, yielder, metrics;
	bool refused; /* the reason for having no connection is logged */
	bool lost;    /* the connection that we were launched with, or that process, has ended */
	struct nri nri;
	struct containers containers;
	struct health health;
	char why[HEALTH_TEXT]; /* there is no connection, or the last one ended: the reason */
};

static void service_release(struct service *s)
{
	nri_release(&s->nri);
	missed_release(&s->containers.missed);
	health_release(&s->health);
	fd_release(&s->connection.fd);
	fd_release(&s->yielder.fd);
	fd_release(&s->metrics.fd);
	backoff_release(&s->backoff);
	await_release(&s->await);
	fd_release(&s->signals.fd);
	loop_release(&s->loop);
}

static bool is_launched(const struct service *s)
{
	return s->settings->inherited >= 0;
}

/* The time in which the runtime must accept the connection, and each message. */
static const struct timeval send_limit = { .tv_sec = SEND_SECONDS };

/* Returns the connected socket, which the caller owns; -1 with the failure and errno. */
static int socket_open(const char *path, struct failure *f)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (snprintf(address.sun_path, sizeof address.sun_path, "%s", path) >=
	    (int)sizeof address.sun_path)
		return fail(f, CNI_OTHER, "the path is too long", "connect to %s", path);
	OWNED(fd_release) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &send_limit, sizeof send_limit) == 0 &&
	    connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
		return fd_take(&fd);
	const int err = errno;
	fail_errno(f, err, "connect to %s", path);
	errno = err;
	return -1;
}

/* Changes in the socket's directory are of interest only while there is no connection. */
static void folder_watch(struct service *s, bool watched)
{
	if (!is_launched(s))
		loop_change(&s->loop, &s->directory, watched ? EPOLLIN : 0);
}

/* Serves a connection from now on. The service owns the descriptor in any case. */
static int connection_begin(struct service *s, int fd, struct failure *f)
{
	s->connection.fd = fd;
	s->containers.yielder = s->yielder.fd;
	s->nri.service = containers_service(&s->containers);
	folder_watch(s, false);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &send_limit, sizeof send_limit) < 0)
		return fail_errno(f, errno, "use the connection to the runtime");
	if (loop_watch(&s->loop, &s->connection, EPOLLIN, f) < 0)
		return -1;
	return nri_open(&s->nri, fd, s->settings->name, s->settings->index, f);
}

static void connection_end(struct service *s)
{
	nri_release(&s->nri);
	fd_release(&s->connection.fd);
	folder_watch(s, true);
}

static void why_set(struct service *s, const struct failure *why)
{
	snprintf(s->why, sizeof s->why, "%.400s: %.400s", why->msg, why->details);
}

/* The runtime calls a plugin when it has told it about all containers, and not before. */
static bool is_ready(const void *data, char text[static HEALTH_TEXT])
{
	const struct service *s = data;
	const bool connected = s->connection.fd >= 0;

	if (connected && s->nri.synchronized)
		return true;
	if (connected)
		snprintf(text, HEALTH_TEXT,
		         "the runtime has not registered it: is %.400s the socket of NRI?%s%.400s",
		         s->settings->socket, *s->why ? " Before: " : "", s->why);
	else
		snprintf(text, HEALTH_TEXT, "%.900s. Is NRI on in the runtime, with this socket?",
		         s->why);
	return false;
}

/* Tries to connect. Logs the first of several failures, and arranges the next attempt. */
static void attempt(struct service *s)
{
	struct failure why = { 0 };
	const int fd = socket_open(s->settings->socket, &why);
	const bool absent = fd < 0 && errno == ENOENT;

	backoff_stop(&s->backoff);
	if (fd >= 0 && connection_begin(s, fd, &why) == 0) {
		s->refused = false;
		return;
	}
	connection_end(s);
	why_set(s, &why);
	if (!s->refused)
		log_event("%s: %s: it tries again until NRI is on in the runtime, with this socket",
		          why.msg, why.details);
	s->refused = true;
	/* A socket that does not exist yet announces itself. */
	if (absent && await_works(&s->await))
		return;
	backoff_start(&s->backoff);
}

/* Reads once from the connection. Returns 1: more may come; 0: the runtime closed the connection;
 * -1 with the failure. */
static int connection_read(struct service *s, struct failure *f)
{
	uint8_t bytes[CHUNK];
	const ssize_t got = recv(s->connection.fd, bytes, sizeof bytes, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 1;
	if (got < 0)
		return fail_errno(f, errno, "read from the runtime");
	if (got == 0)
		return 0;
	return nri_feed(&s->nri, bytes, (size_t)got, f) < 0 ? -1 : 1;
}

static void on_connection(void *data, uint32_t events)
{
	struct service *s = data;
	struct failure why = { 0 };
	const int more = connection_read(s, &why);

	(void)events;
	if (s->nri.synchronized) {
		backoff_reset(&s->backoff);
		s->why[0] = '\0';
	}
	if (more > 0)
		return;
	if (more < 0)
		log_failure(&why);
	else
		fail(&why, CNI_OTHER, "the runtime closed it", "the connection to %s",
		     s->settings->socket);
	why_set(s, &why);
	log_event("the connection to the runtime has ended");
	connection_end(s);
	if (!is_launched(s)) {
		backoff_start(&s->backoff);
		return;
	}
	s->lost = true;
	s->loop.ended = true;
}

static void on_timer(void *data, uint32_t events)
{
	(void)events;
	attempt(data);
}

/* A runtime that has just made its socket may need a moment more: attempts begin early again. */
static void on_folder(void *data, uint32_t events)
{
	struct service *s = data;

	(void)events;
	await_renew(&s->await);
	backoff_reset(&s->backoff);
	attempt(s);
}

static void on_signal(void *data, uint32_t events)
{
	struct service *s = data;

	(void)events;
	s->loop.ended = true;
}

static void on_yielder(void *data, uint32_t events)
{
	struct service *s = data;

	(void)events;
	log_event("the process that sets the links of guests down has ended");
	s->lost = true;
	s->loop.ended = true;
}

/* Before anything else is open, which that process would keep. */
static int yielder_open(struct service *s, struct failure *f)
{
	const struct yielder_want want = { s->settings->inherited, s->settings->announced };

	s->yielder = (struct watch){ yielder_start(&want, f), on_yielder, s };
	if (s->yielder.fd < 0 && !f->code)
		log_event(
		        "without CAP_NET_ADMIN, the links of guests stay up when their containers "
		        "stop");
	return f->code ? -1 : 0;
}

/* Containers get their taps without metrics, too. */
static void on_metrics_end(void *data, uint32_t events)
{
	struct service *s = data;

	(void)events;
	log_event("the process that serves metrics has ended: they are missing until a restart");
	fd_release(&s->metrics.fd);
}

static int metrics_open(struct service *s, struct failure *f)
{
	const int theirs[] = { s->settings->inherited, s->yielder.fd };

	s->metrics = (struct watch){ -1, on_metrics_end, s };
	if (s->settings->metrics.text)
		s->metrics.fd = metrics_start(&s->settings->metrics, theirs,
		                              sizeof theirs / sizeof *theirs, f);
	return f->code ? -1 : 0;
}

static int watches_open(struct service *s, struct failure *f)
{
	s->signals = (struct watch){ signals_open(f), on_signal, s };
	if (s->signals.fd < 0 || loop_open(&s->loop, f) < 0 || backoff_open(&s->backoff, f) < 0 ||
	    loop_watch(&s->loop, &s->signals, EPOLLIN, f) < 0 ||
	    (s->yielder.fd >= 0 && loop_watch(&s->loop, &s->yielder, EPOLLIN, f) < 0) ||
	    (s->metrics.fd >= 0 && loop_watch(&s->loop, &s->metrics, EPOLLIN, f) < 0))
		return -1;
	s->timer = (struct watch){ s->backoff.fd, on_timer, s };
	s->connection = (struct watch){ -1, on_connection, s };
	if (is_launched(s))
		return 0;
	if (await_open(&s->await, s->settings->socket, f) < 0)
		return -1;
	s->directory = (struct watch){ s->await.fd, on_folder, s };
	return loop_watch(&s->loop, &s->directory, EPOLLIN, f) < 0
	               ? -1
	               : loop_watch(&s->loop, &s->timer, EPOLLIN, f);
}

static int service_open(struct service *s, struct failure *f)
{
	static const unsigned capabilities[] = { CAP_SYS_ADMIN, CAP_SYS_PTRACE };
	static const char *const calls[] = { "setns",   "ioctl",   "fsopen", "fsconfig",
		                             "fsmount", "accept4", NULL };

	memory_in_small_pages();
	s->health.ready = is_ready;
	s->health.data = s;
	if (yielder_open(s, f) < 0 || metrics_open(s, f) < 0 || watches_open(s, f) < 0 ||
	    health_open(&s->health, &s->loop, f) < 0 ||
	    confine_capabilities(capabilities, sizeof capabilities / sizeof *capabilities, f) < 0 ||
	    confine_calls(calls, f) < 0)
		return -1;
	if (is_launched(s))
		return connection_begin(s, s->settings->inherited, f);
	attempt(s);
	return 0;
}

/* Returns the exit code: 0 after a signal. */
static int serve(struct service *s)
{
	struct failure why = { 0 };

	if (service_open(s, &why) == 0 && loop_run(&s->loop, &why) == 0)
		return s->lost ? 1 : 0;
	log_failure(&why);
	return 1;
}

int main(int argc, char **argv)
{
	struct settings settings;
	OWNED(service_release)
	struct service s = { .settings = &settings,
		             .loop.fd = -1,
		             .await = AWAIT_CLOSED,
		             .backoff = BACKOFF_CLOSED,
		             .signals.fd = -1,
		             .connection.fd = -1,
		             .yielder.fd = -1,
		             .metrics.fd = -1,
		             .health = HEALTH_CLOSED };
	const int told = settings_read(&settings, argc, argv);

	if (told >= 0)
		return told;
	return settings.probe ? health_probe(settings.probe) : serve(&s);
}
