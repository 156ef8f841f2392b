/* SPDX-License-Identifier: Apache-2.0 */
/* Moving bytes, as many as the other side takes. */
#include "expose/device-plugin/grpc_wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { CHUNK = 16384 }; /* bytes heard at a time, so that nobody keeps us to himself */

static bool refused(struct grpc_wire *w, int error)
{
	w->error = error;
	errno = EPROTO;
	return false;
}

bool grpc_wire_flush(struct grpc_wire *w)
{
	for (;;) {
		if (w->left == 0) {
			const ssize_t more = nghttp2_session_mem_send(w->http, &w->unsent);
			if (more < 0)
				return refused(w, (int)more);
			w->left = (size_t)more;
		}
		if (w->left == 0)
			break;
		const ssize_t sent = send(w->watch.fd, w->unsent, w->left, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0)
			return false;
		w->unsent += sent;
		w->left -= (size_t)sent;
	}
	errno = 0;
	const uint32_t events = w->left ? EPOLLOUT : EPOLLIN;
	if (events != w->events)
		loop_change(w->loop, &w->watch, events);
	w->events = events;
	return w->left || nghttp2_session_want_read(w->http) || nghttp2_session_want_write(w->http);
}

static bool wire_hear(struct grpc_wire *w)
{
	uint8_t bytes[CHUNK];
	const ssize_t got = recv(w->watch.fd, bytes, sizeof bytes, 0);

	if (got < 0)
		return errno == EINTR || errno == EAGAIN;
	errno = 0;
	if (got == 0)
		return false;
	const ssize_t read = nghttp2_session_mem_recv(w->http, bytes, (size_t)got);
	return read < 0 ? refused(w, (int)read) : true;
}

bool grpc_wire_pump(struct grpc_wire *w, uint32_t events)
{
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && w->left == 0 && !wire_hear(w))
		return false;
	return grpc_wire_flush(w);
}

bool socket_address(const char *path, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof address->sun_path)
		return false;
	memcpy(address->sun_path, path, strlen(path) + 1);
	return true;
}
