/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a program for its health, and answering. */
#include "expose/common/health.h"

#include "base/errno_text.h"
#include "expose/common/daemon.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

enum { WAITING_MOST = 16, ANSWER_SECONDS = 5 };

/* One message each: the first byte is the verdict, the text follows. */
static const char verdict_ready = '+', verdict_not = '-';

static void answer(const struct health *h, int fd)
{
	char message[1 + HEALTH_TEXT] = "";

	message[0] = h->ready(h->data, message + 1) ? verdict_ready : verdict_not;
	/* The first message of a connection never waits. A probe that has gone needs none. */
	if (send(fd, message, strlen(message), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno != EPIPE)
		log_event("answer a probe: %s", errno_text(errno));
}

static void on_probe(void *data, uint32_t events)
{
	const struct health *h = data;
	OWNED(fd_release) int fd = accept4(h->watch.fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (fd >= 0)
		answer(h, fd);
}

/* Returns 0, or -1: there is no path, or it is too long. */
static int address_set(struct sockaddr_un *address)
{
	const char *path = getenv(HEALTH_VARIABLE);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (!path || *path != '/' || strlen(path) >= sizeof address->sun_path)
		return -1;
	memcpy(address->sun_path, path, strlen(path) + 1);
	return 0;
}

static int listener_open(const struct sockaddr_un *address)
{
	OWNED(fd_release)
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || (unlink(address->sun_path) < 0 && errno != ENOENT))
		return -1;
	const mode_t before = umask(S_IXUSR | S_IRWXG | S_IRWXO);
	const int bound = bind(fd, (const struct sockaddr *)address, sizeof *address);
	const int err = errno;
	umask(before);
	errno = err;
	return bound < 0 || listen(fd, WAITING_MOST) < 0 ? -1 : fd_take(&fd);
}

int health_open(struct health *h, struct loop *l, struct failure *f)
{
	struct sockaddr_un address;

	if (!getenv(HEALTH_VARIABLE))
		return 0;
	if (address_set(&address) < 0)
		return fail(f, CNI_CONFIG, "it must be an absolute path of less than 108 bytes",
		            "the variable " HEALTH_VARIABLE);
	h->watch = (struct watch){ listener_open(&address), on_probe, h };
	return h->watch.fd < 0 ? fail_errno(f, errno, "make the socket %s", address.sun_path)
	                       : loop_watch(l, &h->watch, EPOLLIN, f);
}

/* Returns the length of the answer, or -1 with errno; EAGAIN: there was none in time. */
static ssize_t ask(const struct sockaddr_un *address, char message[static 1 + HEALTH_TEXT])
{
	static const struct timeval limit = { .tv_sec = ANSWER_SECONDS };
	OWNED(fd_release) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	/* connect() waits, too, when the program accepts nothing. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0 ||
	    connect(fd, (const struct sockaddr *)address, sizeof *address) < 0)
		return -1;
	return recv(fd, message, HEALTH_TEXT, 0);
}

static int unanswered(const struct sockaddr_un *address, ssize_t got, int err)
{
	if (got == 0)
		log_event("not live: it ended before it answered");
	else if (err == EAGAIN)
		log_event("not live: no answer in %d seconds: it is stopped, or stuck",
		          ANSWER_SECONDS);
	else
		log_event("not live: connect to %s: %s", address->sun_path, errno_text(err));
	return 1;
}

int health_probe(const char *word)
{
	struct sockaddr_un address;
	char message[1 + HEALTH_TEXT] = "";

	if (address_set(&address) < 0) {
		log_event("not live: " HEALTH_VARIABLE
		          " is not set to the socket of the program that runs");
		return 1;
	}
	const ssize_t got = ask(&address, message);
	if (got <= 0)
		return unanswered(&address, got, errno);
	const bool ready = message[0] == verdict_ready;
	if (!ready && strcmp(word, "ready") == 0) {
		log_event("not ready: %s", message + 1);
		return 1;
	}
	printf("%s%s%s\n", ready ? "ready" : "live, not ready", message[1] ? ": " : "",
	       message + 1);
	return 0;
}

bool health_is_question(const char *word)
{
	return strcmp(word, "ready") == 0 || strcmp(word, "live") == 0;
}
