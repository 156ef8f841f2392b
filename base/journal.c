/* SPDX-License-Identifier: Apache-2.0 */
/* Sending an entry to the journal's socket, or to syslog's. */
#include "base/journal.h"

#include "base/owned.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

struct datagram {
	char text[8192];
	size_t length;
};

/* Appends to a datagram what fits. Control characters, which end a field, become spaces. */
__attribute__((format(printf, 2, 3))) static void append(struct datagram *d, const char *fmt, ...)
{
	const size_t begin = d->length, room = sizeof d->text - begin;
	va_list ap;

	va_start(ap, fmt);
	const int n = vsnprintf(d->text + begin, room, fmt, ap);
	va_end(ap);
	d->length += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
	for (size_t i = begin; i < d->length; i++)
		if ((unsigned char)d->text[i] < ' ')
			d->text[i] = ' ';
}

/* Ends a line of the journal's form. A line that was cut ends, too. */
static void line_end(struct datagram *d)
{
	if (d->length > sizeof d->text - 2)
		d->length = sizeof d->text - 2;
	d->text[d->length++] = '\n';
}

static void journal_write(struct datagram *d, const struct journal_entry *e)
{
	append(d, "PRIORITY=%d", e->priority);
	line_end(d);
	append(d, "SYSLOG_IDENTIFIER=%s", e->program);
	line_end(d);
	for (const struct journal_field *it = e->fields; it->name; it++) {
		if (!*it->value)
			continue;
		append(d, "%s=%s", it->name, it->value);
		line_end(d);
	}
	append(d, "MESSAGE=%s", e->message);
	line_end(d);
}

static void syslog_write(struct datagram *d, const struct journal_entry *e)
{
	append(d, "<%d>%s[%d]: %s", LOG_DAEMON | e->priority, e->program, (int)getpid(),
	       e->message);
	for (const struct journal_field *it = e->fields; it->name; it++)
		if (*it->value)
			append(d, " %s=\"%s\"", it->name, it->value);
}

/* Returns whether the socket took the datagram. */
static bool datagram_send(const struct datagram *d, const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	OWNED(fd_release) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof to.sun_path)
		return false;
	memcpy(to.sun_path, path, strlen(path) + 1);
	return sendto(fd, d->text, d->length, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&to,
	              sizeof to) >= 0;
}

void journal_send(const struct journal_entry *entry, const char *syslog)
{
	const char *journal = getenv("PODTAP_JOURNAL");
	struct datagram d;

	d.length = 0;
	journal_write(&d, entry);
	if (datagram_send(&d, journal ? journal : "/run/systemd/journal/socket") ||
	    (journal && *journal))
		return;
	d.length = 0;
	syslog_write(&d, entry);
	datagram_send(&d, syslog);
}
