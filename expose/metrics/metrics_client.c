/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the head of a request of HTTP/1.1, and sending the answer. */
#include "expose/metrics/metrics_client.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

void client_release(struct client *c)
{
	fd_release(&c->fd);
	text_release(&c->answer);
	c->have = c->length = c->sent = 0;
}

static enum asked head_judge(const struct client *c)
{
	static const char request[] = "GET /metrics";
	const char *after = c->head + sizeof request - 1;

	if (!memmem(c->head, c->have, "\r\n\r\n", 4))
		return c->have == sizeof c->head ? ASKED_NOTHING : ASKED_PARTLY;
	/* What follows may have parameters. */
	return c->have > sizeof request && memcmp(c->head, request, sizeof request - 1) == 0 &&
	                       (*after == ' ' || *after == '?')
	               ? ASKED_METRICS
	               : ASKED_OTHER;
}

enum asked client_read(struct client *c)
{
	const ssize_t got = recv(c->fd, c->head + c->have, sizeof c->head - c->have, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return ASKED_PARTLY;
	if (got <= 0)
		return ASKED_NOTHING;
	c->have += (size_t)got;
	return head_judge(c);
}

bool client_answer(struct client *c, const char *status, const char *body, size_t length)
{
	char head[256];
	const int n = snprintf(head, sizeof head,
	                       "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4\r\n"
	                       "Content-Length: %zu\r\nConnection: close\r\n\r\n",
	                       status, length);

	c->length = (size_t)n + length;
	c->answer = malloc(c->length);
	if (!c->answer)
		return false;
	memcpy(c->answer, head, (size_t)n);
	memcpy(c->answer + n, body, length);
	return true;
}

bool client_send(struct client *c)
{
	const ssize_t sent =
	        send(c->fd, c->answer + c->sent, c->length - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0)
		return errno == EAGAIN || errno == EINTR;
	c->sent += (size_t)sent;
	return c->sent < c->length;
}
