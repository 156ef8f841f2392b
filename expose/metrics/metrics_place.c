/* SPDX-License-Identifier: Apache-2.0 */
/* Reading an address, and listening there. */
#include "expose/metrics/metrics_place.h"

#include "base/address.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { WAITING = 1024 };

static bool local_read(struct metrics_place *p, const char *path)
{
	p->at.local = (struct sockaddr_un){ .sun_family = AF_UNIX };
	p->size = sizeof p->at.local;
	if (!*path || strlen(path) >= sizeof p->at.local.sun_path)
		return false;
	memcpy(p->at.local.sun_path, path, strlen(path) + 1);
	return true;
}

static bool port_read(const char *text, in_port_t *port)
{
	char *end;
	const unsigned long n = strtoul(text, &end, 10);

	*port = htons((in_port_t)n);
	return *text >= '0' && *text <= '9' && !*end && n > 0 && n <= 65535;
}

static void ip_set(struct metrics_place *p, const struct ip *ip, in_port_t port)
{
	if (ip->family == AF_INET) {
		p->at.v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port };
		memcpy(&p->at.v4.sin_addr, ip->byte, 4);
		p->size = sizeof p->at.v4;
	} else {
		p->at.v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = port };
		memcpy(&p->at.v6.sin6_addr, ip->byte, 16);
		p->size = sizeof p->at.v6;
	}
}

static bool ip_read(struct metrics_place *p, const char *text)
{
	char address[IP_TEXT + 2];
	const char *colon = strrchr(text, ':');
	struct ip ip;
	in_port_t port;

	if (!colon || (size_t)(colon - text) >= sizeof address || !port_read(colon + 1, &port))
		return false;
	memcpy(address, text, (size_t)(colon - text));
	address[colon - text] = '\0';
	const bool bracketed = *address == '[' && colon[-1] == ']';
	if (bracketed)
		address[colon - text - 1] = '\0';
	if (!ip_parse(address + bracketed, &ip) || bracketed != (ip.family == AF_INET6))
		return false;
	ip_set(p, &ip, port);
	return true;
}

bool metrics_place_read(struct metrics_place *p, const char *text)
{
	static const char local[] = "unix:";

	*p = (struct metrics_place){ .text = text };
	return strncmp(text, local, sizeof local - 1) == 0 ? local_read(p, text + sizeof local - 1)
	                                                   : ip_read(p, text);
}

/* Removes the socket that a former process left: nobody listens on it. */
static void left_remove(const struct metrics_place *p)
{
	const char *path = p->at.local.sun_path;
	OWNED(fd_release) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (p->at.any.sa_family == AF_UNIX && lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    connect(fd, &p->at.any, p->size) < 0 && errno == ECONNREFUSED)
		unlink(path);
}

static int place_open(const struct metrics_place *p)
{
	const int on = 1;
	OWNED(fd_release)
	int fd = socket(p->at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
		return -1;
	left_remove(p);
	const mode_t mask = umask(0177);
	const int bound = bind(fd, &p->at.any, p->size);
	const int err = errno;
	umask(mask);
	errno = err;
	return bound < 0 || listen(fd, WAITING) < 0 ? -1 : fd_take(&fd);
}

int metrics_place_listen(const struct metrics_place *p, struct failure *f)
{
	const int fd = place_open(p);

	return fd < 0 ? fail_errno(f, errno, "serve the metrics at %.200s", p->text) : fd;
}
