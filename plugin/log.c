/* SPDX-License-Identifier: Apache-2.0 */
/* Appending to the operator's log. */
#include "plugin/log.h"

#include "base/clock.h"
#include "base/errno_text.h"
#include "base/file.h"
#include "base/journal.h"
#include "base/json.h"
#include "base/utc.h"
#include "base/utf8.h"
#include "plugin/config.h"
#include "plugin/pod.h"
#include "plugin/policy.h"
#include "plugin/unknown.h"
#include "record/counters.h"
#include "record/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

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

/* What the log says of a call, beside the attachment. */
struct remark {
	const char *level;
	const char *verb;
	const struct failure *failure; /* NULL: no failure */
	const char *text;              /* NULL: the failure's */
};

/* A call whose variables were refused has no others. */
static const char *known(const char *text)
{
	return text ? text : "";
}

/* Returns the length of the line without its end. */
static int line_text(char *line, size_t size, const struct remark *m, const struct request *r)
{
	char when[UTC_TEXT];
	const struct failure *f = m->failure;
	int n = snprintf(line, size, "%s %s %s network=%s containerID=%s ifname=%s netns=%s ",
	                 utc_now(when), m->level, m->verb, known(r->name), known(r->container_id),
	                 known(r->ifname), known(r->netns));

	if (n >= 0 && (size_t)n < size && m->text)
		n += snprintf(line + n, size - (size_t)n, "%s", m->text);
	else if (n >= 0 && (size_t)n < size && f)
		n += snprintf(line + n, size - (size_t)n, "code=%d %s: %s", f->code, f->msg,
		              f->details);
	return n;
}

/* Returns the length of the line without its end, or -1. */
static int line_json(char *line, size_t size, const struct remark *m, const struct request *r)
{
	OWNED(json_release) cJSON *entry = cJSON_CreateObject();
	char when[UTC_TEXT];
	struct pod pod;
	const struct failure *f = m->failure;

	pod_read(&pod, known(r->args));
	const struct {
		const char *name;
		const char *value;
	} fields[] = {
		{ "time", utc_now(when) },
		{ "level", m->level },
		{ "verb", m->verb },
		{ "network", known(r->name) },
		{ "namespace", pod.space },
		{ "pod", pod.name },
		{ "containerID", known(r->container_id) },
		{ "ifname", known(r->ifname) },
		{ "netns", known(r->netns) },
		{ "msg", m->text ? m->text : f->msg },
		{ "details", m->text ? "" : f->details },
	};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (*fields[i].value &&
		    !cJSON_AddStringToObject(entry, fields[i].name, fields[i].value))
			return -1;
	if (!m->text && !cJSON_AddNumberToObject(entry, "code", f->code))
		return -1;
	OWNED(text_release) char *text = utf8_repair(json_text(entry));
	return text ? snprintf(line, size, "%s", text) : -1;
}

/* Write a line with one write(), so that lines of concurrent calls do not mix. JSON that is too
 * long is no JSON: the line then has the text's form. */
static void log_line(int fd, enum log_format format, const struct remark *m,
                     const struct request *r)
{
	char line[8192];
	int length = format == LOG_FORMAT_JSON ? line_json(line, sizeof line, m, r) : -1;

	if (length < 0 || length >= (int)sizeof line)
		length = line_text(line, sizeof line, m, r);
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

/* A failure is known where an operator looks first, also if no logFile was set. */
static void failure_announce(const char *verb, const struct request *r, const struct failure *f)
{
	char message[sizeof f->msg + sizeof f->details + 32], code[16];
	OWNED(text_release) char *syslog = path_join(device_path(), "log");
	struct pod pod;

	if (!syslog)
		return;
	pod_read(&pod, known(r->args));
	snprintf(code, sizeof code, "%d", f->code);
	snprintf(message, sizeof message, "%s failed: %s: %s", verb, f->msg, f->details);
	journal_send(
	        &(const struct journal_entry){
	                .program = "podtap",
	                .priority = LOG_ERR,
	                .message = message,
	                .fields =
	                        (const struct journal_field[]){
	                                { "PODTAP_VERB", verb },
	                                { "PODTAP_CODE", code },
	                                { "PODTAP_NETWORK", known(r->name) },
	                                { "PODTAP_NAMESPACE", pod.space },
	                                { "PODTAP_POD", pod.name },
	                                { "PODTAP_CONTAINER", known(r->container_id) },
	                                { "PODTAP_IFNAME", known(r->ifname) },
	                                { "PODTAP_NETNS", known(r->netns) },
	                                { NULL, NULL } } },
	        syslog);
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

/* Where the warnings of a call go. */
struct log_target {
	int fd;
	enum log_format format;
	const char *verb;
	const struct request *request;
};

static void on_unknown(const char *path, const char *meant, void *data)
{
	const struct log_target *t = data;
	char text[256];

	unknown_text(path, meant, text, sizeof text);
	log_line(t->fd, t->format, &(struct remark){ "warning", t->verb, NULL, text }, t->request);
}

static void log_write(const char *verb, const struct request *r, const struct failure *f)
{
	struct config c;

	config_read_leniently(&c, r);
	if (c.log_level == LOG_LEVEL_ERROR && !f->code)
		return;
	OWNED(fd_release) int fd = log_of(&c);
	if (fd < 0)
		return;
	if (strcmp(verb, "ADD") == 0)
		config_unknown(r->json, &(struct unknown_visit){
		                                on_unknown, &(struct log_target){ fd, c.log_format,
		                                                                  verb, r } });
	if (c.log_level == LOG_LEVEL_DEBUG)
		log_line(fd, c.log_format, &(struct remark){ "debug", verb, NULL, known(r->text) },
		         r);
	if (f->code)
		log_line(fd, c.log_format, &(struct remark){ "error", verb, f, NULL }, r);
	if (c.log_level >= LOG_LEVEL_INFO)
		log_line(fd, c.log_format,
		         &(struct remark){ "info", verb, NULL, f->code ? "failed" : "done" }, r);
}

void log_call(const char *verb, const struct request *r, const struct failure *f)
{
	counters_add(verb, f->code, clock_microseconds() - r->began);
	if (f->code)
		failure_announce(verb, r, f);
	if (json_member(r->json, "logFile"))
		log_write(verb, r, f);
}

void log_warning(const char *verb, const struct request *r, const char *text)
{
	struct config c;

	fprintf(stderr, "podtap: %s\n", text);
	config_read_leniently(&c, r);
	OWNED(fd_release) int fd = log_of(&c);
	if (fd >= 0)
		log_line(fd, c.log_format, &(struct remark){ "warning", verb, NULL, text }, r);
}
