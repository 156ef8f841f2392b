/* SPDX-License-Identifier: Apache-2.0 */
/* The executable podtap-nri: gives the containers of a pod the taps of the pod, as a plugin of the
 * runtime (NRI). It connects to the runtime's socket for as long as it lives, or serves the one
 * connection it was launched with. */
#include "base/cli.h"
#include "expose/common/confine.h"
#include "expose/common/daemon.h"
#include "expose/nri/adjust.h"
#include "expose/nri/nri.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
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
	int inherited; /* the connection we were launched with; -1: none */
};

struct service {
	const struct settings *settings;
	int signals;
	struct await await;
	struct backoff backoff;
	int connection; /* -1: none */
	bool refused;   /* why there is none has been said */
	struct nri nri;
};

static void service_release(struct service *s)
{
	nri_release(&s->nri);
	fd_release(&s->connection);
	backoff_release(&s->backoff);
	await_release(&s->await);
	fd_release(&s->signals);
}

/* How long a runtime may take to let us connect, and to take what is sent. */
static const struct timeval send_limit = { .tv_sec = SEND_SECONDS };

/* The caller's; -1 with errno. */
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

/* Begins on a connection, which the service takes over. */
static int connection_begin(struct service *s, int fd, struct failure *f)
{
	s->connection = fd;
	s->nri.create = adjustment_find;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &send_limit, sizeof send_limit) < 0)
		return fail_errno(f, errno, "use the connection to the runtime");
	return nri_open(&s->nri, fd, s->settings->name, s->settings->index, f);
}

static void connection_end(struct service *s)
{
	nri_release(&s->nri);
	fd_release(&s->connection);
}

/* Tries to connect; a failure is said once and tried again later. */
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
		say_failure(&why);
	s->refused = true;
	/* A socket that is not there yet announces itself. */
	if (absent && await_works(&s->await))
		return;
	backoff_start(&s->backoff);
}

/* Takes what has come. 1: more may come; 0: the runtime closed the connection; -1. */
static int connection_read(struct service *s, struct failure *f)
{
	uint8_t bytes[CHUNK];
	const ssize_t got = recv(s->connection, bytes, sizeof bytes, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 1;
	if (got < 0)
		return fail_errno(f, errno, "read from the runtime");
	if (got == 0)
		return 0;
	return nri_take(&s->nri, bytes, (size_t)got, f) < 0 ? -1 : 1;
}

/* Serves the connection once; false when it has ended. */
static bool connection_serve(struct service *s)
{
	struct failure why = { 0 };
	const int more = connection_read(s, &why);

	if (s->nri.synchronized)
		backoff_reset(&s->backoff);
	if (more > 0)
		return true;
	if (more < 0)
		say_failure(&why);
	say("the connection to the runtime has ended");
	connection_end(s);
	return false;
}

/* Until a signal; true then, false when the connection we were launched with has ended. */
static bool serve(struct service *s)
{
	const bool launched = s->settings->inherited >= 0;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = s->signals, .events = POLLIN },
			{ .fd = s->connection, .events = POLLIN },
			{ .fd = s->connection < 0 ? s->backoff.fd : -1, .events = POLLIN },
			{ .fd = s->connection < 0 ? s->await.fd : -1, .events = POLLIN },
		};
		if (poll(fds, sizeof fds / sizeof *fds, -1) < 0 && errno != EINTR) {
			say("wait: %s", strerror(errno));
			return false;
		}
		if (fds[0].revents)
			return true;
		if (fds[1].revents && !connection_serve(s)) {
			if (launched)
				return false;
			backoff_start(&s->backoff);
		}
		if (fds[3].revents) { /* a runtime that starts needs a moment yet */
			await_renew(&s->await);
			backoff_reset(&s->backoff);
		}
		if (fds[2].revents || fds[3].revents)
			attempt(s);
	}
}

static int service_open(struct service *s, struct failure *f)
{
	static const unsigned capabilities[] = { CAP_SYS_ADMIN, CAP_SYS_PTRACE };
	static const char *const calls[] = {
		"setns", "ioctl", "fsopen", "fsconfig", "fsmount", NULL
	};
	const bool launched = s->settings->inherited >= 0;

	memory_in_small_pages();
	s->signals = signals_open(f);
	if (s->signals < 0 || backoff_open(&s->backoff, f) < 0 ||
	    (!launched && await_open(&s->await, s->settings->socket, f) < 0) ||
	    confine_capabilities(capabilities, sizeof capabilities / sizeof *capabilities, f) < 0 ||
	    confine_calls(calls, f) < 0)
		return -1;
	if (launched)
		return connection_begin(s, s->settings->inherited, f);
	attempt(s);
	return 0;
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

/* The connection a runtime launched us with; false where what it says is no socket. */
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

/* Refuses what cannot be used, by its name. -1: all is well; else the exit code. */
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

/* Reads options over environment over defaults. -1: go on; else the exit code. */
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
		             .signals = -1,
		             .await = AWAIT_CLOSED,
		             .backoff = BACKOFF_CLOSED,
		             .connection = -1 };
	struct failure why = { 0 };
	const int told = settings_read(&settings, argc, argv);

	if (told >= 0)
		return told;
	if (service_open(&s, &why) < 0) {
		say_failure(&why);
		return 1;
	}
	return serve(&s) ? 0 : 1;
}
