/* SPDX-License-Identifier: Apache-2.0 */
/* Starting the process that collects the metrics, and reading what it writes. */
#include "expose/metrics/metrics_collect.h"

#include "base/bytes.h"
#include "expose/metrics/metrics.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

enum { CHUNK = 64 << 10 };

void collection_release(struct collection *c)
{
	fd_release(&c->fd);
	text_release(&c->text);
	c->length = c->size = 0;
}

/* The whole life of the process. Returns its exit code: 0 after the metrics, 1 after the reason
 * why they are missing. */
static int live(int fd)
{
	static const struct itimerval limit = { .it_value = { .tv_sec = COLLECT_SECONDS } };
	struct failure why = { 0 };
	size_t length = 0;

	setitimer(ITIMER_REAL, &limit, NULL);
	OWNED(text_release) char *text = metrics_text(&length, &why);
	if (text)
		return bytes_write(fd, text, length) < 0;
	dprintf(fd, "%s: %s", why.msg, why.details);
	return 1;
}

int collection_begin(struct collection *c, void (*prepare)(void *data), void *data,
                     struct failure *f)
{
	int pair[2];

	collection_release(c);
	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) < 0)
		return fail_errno(f, errno, "collect the metrics");
	c->pid = fork();
	if (c->pid == 0) {
		prepare(data);
		close(pair[0]);
		_exit(fcntl(pair[1], F_SETFL, 0) < 0 ? 1 : live(pair[1]));
	}
	const int err = errno;
	close(pair[1]);
	c->fd = pair[0];
	if (c->pid > 0)
		return 0;
	collection_release(c);
	return fail_errno(f, err, "collect the metrics");
}

static int64_t milliseconds(const struct timeval *t)
{
	return (int64_t)t->tv_sec * 1000 + t->tv_usec / 1000;
}

/* Waits for the process, which has closed its end, so it is about to end. */
static int collection_end(struct collection *c, struct failure *f)
{
	struct rusage usage = { 0 };
	int status = 0;

	fd_release(&c->fd);
	while (wait4(c->pid, &status, 0, &usage) < 0 && errno == EINTR)
		continue;
	c->cost = milliseconds(&usage.ru_utime) + milliseconds(&usage.ru_stime);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status))
		return fail(f, CNI_OTHER, c->text, "collect the metrics");
	return fail(f, CNI_OTHER,
	            WTERMSIG(status) == SIGALRM ? "it took longer than 30 seconds"
	                                        : "the process that collects them crashed",
	            "collect the metrics");
}

/* Makes room for more, and for the NUL. */
static int collection_grow(struct collection *c)
{
	if (c->size - c->length > CHUNK)
		return 0;
	if (c->length > COLLECT_MAX) {
		errno = EFBIG;
		return -1;
	}
	char *more = realloc(c->text, c->length + 2 * CHUNK);
	if (!more)
		return -1;
	c->text = more;
	c->size = c->length + 2 * CHUNK;
	return 0;
}

/* The process writes to nobody then, and ends. */
static int collection_give_up(struct collection *c, struct failure *f)
{
	const int err = errno;
	struct failure ignored = { 0 };

	if (collection_end(c, &ignored) < 0)
		failure_clear(&ignored);
	return fail_errno(f, err, "collect the metrics");
}

int collection_read(struct collection *c, struct failure *f)
{
	if (collection_grow(c) < 0)
		return collection_give_up(c, f);
	const ssize_t got = read(c->fd, c->text + c->length, CHUNK);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 1;
	if (got < 0)
		return collection_give_up(c, f);
	c->length += (size_t)got;
	c->text[c->length] = '\0';
	return got > 0 ? 1 : collection_end(c, f);
}
