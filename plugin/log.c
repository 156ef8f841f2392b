/* SPDX-License-Identifier: Apache-2.0 */
/* Appending to the operator's log. */
#include "plugin/log.h"

#include "base/errno_text.h"
#include "base/json.h"
#include "base/utc.h"
#include "plugin/config.h"
#include "plugin/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Open the log for appending: only a regular file, and never through a link. */
static int log_open(const char *path)
{
	OWNED(fd_release)
	int fd = openat(AT_FDCWD, path,
	                O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	return fd_take(&fd);
}

/* Write a line with one write(), so that lines of concurrent calls do not mix. */
static void log_line(int fd, const char *level, const char *verb, const struct request *r,
                     const char *text)
{
	char line[8192], when[UTC_TEXT];
	int length = snprintf(line, sizeof line,
	                      "%s %s %s network=%s containerID=%s ifname=%s netns=%s %s",
	                      utc_now(when), level, verb, r->name ? r->name : "", r->container_id,
	                      r->ifname, r->netns, text);
	if (length >= (int)sizeof line)
		length = sizeof line - 1;
	for (int i = 0; i < length;
	     i++) /* a call has one line in the log, also if the text has several */
		if ((unsigned char)line[i] < ' ')
			line[i] = ' ';
	line[length] = '\n';
	if (write(fd, line, (size_t)length + 1) < 0)
		perror("podtap: logFile");
}

/* Open the log that a configuration names. Returns -1 if it names no log, or if the log cannot be
 * written, which stderr reports. */
static int log_of(const struct config *c)
{
	if (!c->log_file)
		return -1;
	if (!policy_permits_log(c->log_file)) {
		fprintf(stderr, "podtap: logFile %s: the policy does not allow it\n", c->log_file);
		return -1;
	}
	const int fd = log_open(c->log_file);
	if (fd < 0)
		fprintf(stderr, "podtap: logFile %s: %s\n", c->log_file, errno_text(errno));
	return fd;
}

void log_call(const char *verb, const struct request *r, const struct failure *f)
{
	struct config c;
	char text[sizeof f->msg + sizeof f->details + 32];

	if (!json_member(r->json, "logFile"))
		return;
	config_read_leniently(&c, r);
	if (c.log_level == LOG_ERROR && !f->code)
		return;
	OWNED(fd_release) int fd = log_of(&c);
	if (fd < 0)
		return;
	if (c.log_level == LOG_DEBUG)
		log_line(fd, "debug", verb, r, r->text ? r->text : "");
	if (f->code) {
		snprintf(text, sizeof text, "code=%d %s: %s", f->code, f->msg, f->details);
		log_line(fd, "error", verb, r, text);
	}
	if (c.log_level >= LOG_INFO)
		log_line(fd, "info", verb, r, f->code ? "failed" : "done");
}

void log_warning(const char *verb, const struct request *r, const char *text)
{
	struct config c;

	fprintf(stderr, "podtap: %s\n", text);
	config_read_leniently(&c, r);
	OWNED(fd_release) int fd = log_of(&c);
	if (fd >= 0)
		log_line(fd, "warning", verb, r, text);
}
