/* SPDX-License-Identifier: Apache-2.0 */
/* The executable podtap-nri: gives the containers of a pod the taps of the pod, as a plugin of the
 * runtime (NRI). It connects to the runtime's socket again and again, or serves the one connection
 * that it was launched with. */
#include "base/cli.h"
#include "expose/common/confine.h"
#include "expose/common/daemon.h"
#include "expose/common/loop.h"
#include "expose/nri/adjust.h"
#include "expose/nri/nri.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

enum { SEND_SECONDS = 5, CHUNK = 16 << 10 };

struct settings {
	const char *socket;
	const char *name;
	const char *index;
	int inherited; /* the connection that a runtime launched us with; -1: none */
};

struct service {
	const struct settings *settings;
	struct loop loop;
	struct await await;     /* for the socket's file */
	struct backoff backoff; /* until the next attempt to connect */
	/* Signals; await; backoff; the connection, -1: not connected. */
	struct watch signals, directory, timer, connection;
	bool refused; /* the reason for having no connection is logged */
	bool lost;    /* the connection that we were launched with has ended */
	struct nri nri;
};

static void service_release(struct service *s)
{
	nri_release(&s->nri);
	fd_release(&s->connection.fd);
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
	s->nri.create = adjustment_find;
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
	if (!s->refused)
		log_failure(&why);
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
	if (s->nri.synchronized)
		backoff_reset(&s->backoff);
	if (more > 0)
		return;
	if (more < 0)
		log_failure(&why);
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

static int watches_open(struct service *s, struct failure *f)
{
	s->signals = (struct watch){ signals_open(f), on_signal, s };
	if (s->signals.fd < 0 || loop_open(&s->loop, f) < 0 || backoff_open(&s->backoff, f) < 0 ||
	    loop_watch(&s->loop, &s->signals, EPOLLIN, f) < 0)
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
	static const char *const calls[] = {
		"setns", "ioctl", "fsopen", "fsconfig", "fsmount", NULL
	};

	memory_in_small_pages();
	if (watches_open(s, f) < 0 ||
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

static const struct cli cli = {
	.program = "podtap-nri",
	.synopsis = "[--socket PATH] [--name NAME] [--index NN]",
	.about = "Gives containers the taps of their pods, as a plugin of the runtime's NRI.\n",
	.options =
	        (const struct cli_option[]){
	                { "socket", "PATH", 's', "the runtime's socket (/var/run/nri/nri.sock)" },
	                { "name", "NAME", 'n', "the plugin's name ($NRI_PLUGIN_NAME, or podtap)" },
	                { "index", "NN", 'i',
	                  "its place among plugins, two digits ($NRI_PLUGIN_IDX, or 50)" },
	                { .name = NULL },
	        },
};

static const char *setting(const char *variable, const char *otherwise)
{
	const char *value = getenv(variable);
	return value && *value ? value : otherwise;
}

/* Reads the connection that a runtime launched us with. Returns false if it is no socket. */
static bool inherited_read(struct settings *s)
{
	const char *text = setting("NRI_PLUGIN_SOCKET", NULL);
	int type;
	socklen_t size = sizeof type;
	char *end;

	if (!text)
		return true;
	const long fd = strtol(text, &end, 10);
	if (*end || fd <= STDERR_FILENO || fd > INT_MAX ||
	    getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
		return false;
	s->inherited = (int)fd;
	return fcntl(s->inherited, F_SETFD, FD_CLOEXEC) == 0;
}

/* Checks the settings. Returns -1 if they are valid, else the exit code. */
static int settings_check(struct settings *s)
{
	if (*s->socket != '/')
		return cli_misused(&cli, "--socket %s: it must be an absolute path", s->socket);
	if (!*s->name)
		return cli_misused(&cli, "--name: it must not be empty");
	if (strlen(s->index) != 2 || strspn(s->index, "0123456789") != 2)
		return cli_misused(&cli, "--index %s: it must be two digits", s->index);
	if (!inherited_read(s))
		return cli_misused(&cli, "NRI_PLUGIN_SOCKET %s: it is no socket",
		                   getenv("NRI_PLUGIN_SOCKET"));
	return -1;
}

/* Reads the options, which precede the environment and the defaults. Returns -1 to go on, else the
 * exit code. */
static int settings_read(struct settings *s, int argc, char **argv)
{
	struct cli_walk w = { .cli = &cli, .argc = argc, .argv = argv };

	for (int key; (key = cli_next(&w)) != CLI_ARGUMENTS;)
		switch (key) {
		case CLI_EXIT:
			return w.status;
		case 's':
			s->socket = w.value;
			break;
		case 'n':
			s->name = w.value;
			break;
		default:
			s->index = w.value;
		}
	if (w.rest < argc)
		return cli_misused(&cli, "unexpected argument %s", argv[w.rest]);
	return settings_check(s);
}

int main(int argc, char **argv)
{
	struct settings settings = { .socket = "/var/run/nri/nri.sock",
		                     .name = setting("NRI_PLUGIN_NAME", "podtap"),
		                     .index = setting("NRI_PLUGIN_IDX", "50"),
		                     .inherited = -1 };
	OWNED(service_release)
	struct service s = { .settings = &settings,
		             .loop.fd = -1,
		             .await = AWAIT_CLOSED,
		             .backoff = BACKOFF_CLOSED,
		             .signals.fd = -1,
		             .connection.fd = -1 };
	const int told = settings_read(&settings, argc, argv);

	return told >= 0 ? told : serve(&s);
}
