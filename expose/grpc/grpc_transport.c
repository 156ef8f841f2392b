/* SPDX-License-Identifier: Apache-2.0 */
/* Moving bytes, as many as the other side takes. */
#include "expose/grpc/grpc_transport.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { CHUNK = 16384 }; /* bytes received at a time, so that every peer has its turn */

static bool refused(struct grpc_transport *t, int error)
{
	t->error = error;
	errno = EPROTO;
	return false;
}

bool grpc_transport_flush(struct grpc_transport *t)
{
	for (;;) {
		if (t->left == 0) {
			const ssize_t more = nghttp2_session_mem_send(t->http, &t->unsent);
			if (more < 0)
				return refused(t, (int)more);
			t->left = (size_t)more;
		}
		if (t->left == 0)
			break;
		const ssize_t sent = send(t->watch.fd, t->unsent, t->left, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0)
			return false;
		t->unsent += sent;
		t->left -= (size_t)sent;
	}
	errno = 0;
	const uint32_t events = t->left ? EPOLLOUT : EPOLLIN;
	if (events != t->events)
		loop_change(t->loop, &t->watch, events);
	t->events = events;
	return t->left || nghttp2_session_want_read(t->http) || nghttp2_session_want_write(t->http);
}

static bool transport_receive(struct grpc_transport *t)
{
	uint8_t bytes[CHUNK];
	const ssize_t got = recv(t->watch.fd, bytes, sizeof bytes, 0);

	if (got < 0)
		return errno == EINTR || errno == EAGAIN;
	errno = 0;
	if (got == 0)
		return false;
	const ssize_t read = nghttp2_session_mem_recv(t->http, bytes, (size_t)got);
	return read < 0 ? refused(t, (int)read) : true;
}

bool grpc_transport_pump(struct grpc_transport *t, uint32_t events)
{
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && t->left == 0 && !transport_receive(t))
		return false;
	return grpc_transport_flush(t);
}

bool socket_address(const char *path, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof address->sun_path)
		return false;
	memcpy(address->sun_path, path, strlen(path) + 1);
	return true;
}
