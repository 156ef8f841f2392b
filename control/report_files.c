/* SPDX-License-Identifier: Apache-2.0 */
/* Adding files of the node to a report. */
#include "control/report_files.h"

#include "base/errno_text.h"
#include "base/file.h"
#include "base/json.h"
#include "control/networks.h"
#include "control/redact.h"
#include "ipam/child.h"
#include "plugin/policy.h"
#include "record/endpoint.h"
#include "record/state.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

enum {
	TEXT_MAX = 64 << 10,
	JSON_MAX = 1 << 20,
	JOURNAL_MAX = 4 << 20, /* bytes */
	JOURNAL_SECONDS = 20,
};

struct adding {
	const struct archive *archive;
	const struct node *node;
	struct failure *failure;
};

/* Adds a tree without its secrets. */
static int json_add(const struct archive *a, const char *name, const cJSON *json, struct failure *f)
{
	OWNED(json_release) cJSON *copy = cJSON_Duplicate(json, true);
	OWNED(text_release) char *text = copy && redact(copy) ? cJSON_Print(copy) : NULL;

	if (!text)
		return fail_errno(f, ENOMEM, "add %s", name);
	return archive_add(a, name, text, strlen(text), f);
}

/* What cannot be read has no tree: then the reason is added. */
static int on_record(const struct endpoint *e, const struct failure *error, void *data)
{
	const struct adding *adding = data;
	char name[PATH_MAX], why[sizeof error->msg + sizeof error->details + 4];

	snprintf(name, sizeof name, "records/%.120s/%s.json", e->container_id, e->ifname);
	if (!error)
		return json_add(adding->archive, name, e->source, adding->failure);
	snprintf(why, sizeof why, "%s: %s\n", error->msg, error->details);
	return archive_add(adding->archive, name, why, strlen(why), adding->failure);
}

int report_records(const struct archive *a, struct failure *f)
{
	struct adding adding = { a, NULL, f };
	struct failure missed = { 0 };
	const struct endpoint_visit visit = { .on_record = on_record, .data = &adding };

	return endpoint_each(&visit, &missed) < 0 && f->code ? -1 : 0;
}

/* Adds the JSON file that a descriptor is of, by its path. */
static int file_add(const struct adding *adding, int fd, const char *path)
{
	OWNED(text_release) char *text = NULL;
	char name[PATH_MAX + 8];
	struct failure no_json = { 0 };
	size_t length;

	if (fd < 0 || file_read_all(fd, JSON_MAX, &text, &length) < 0)
		return 0;
	OWNED(json_release) cJSON *json = json_parse(text, length, "it", &no_json);
	snprintf(name, sizeof name, "node%s", path);
	return json ? json_add(adding->archive, name, json, adding->failure) : 0;
}

static int on_network(const char *path, bool netavark, void *data)
{
	const struct adding *adding = data;
	OWNED(fd_release) int fd = node_file(adding->node, path, O_RDONLY | O_NONBLOCK);

	(void)netavark;
	return file_add(adding, fd, path);
}

/* Adds a file by its path on this machine. */
static int path_add(const struct adding *adding, const char *path)
{
	OWNED(fd_release) int fd = openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return file_add(adding, fd, path);
}

/* Adds the end of a log. */
static int log_add(const struct adding *adding, const char *path)
{
	OWNED(fd_release)
	int fd = node_file(adding->node, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
	OWNED(text_release) char *text = malloc(TEXT_MAX);
	char name[PATH_MAX + 8];
	struct stat st;

	if (fd < 0 || !text || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	const off_t from = st.st_size > TEXT_MAX ? st.st_size - TEXT_MAX : 0;
	const ssize_t length = pread(fd, text, TEXT_MAX, from);
	snprintf(name, sizeof name, "log%s", path);
	return length < 0
	               ? 0
	               : archive_add(adding->archive, name, text, (size_t)length, adding->failure);
}

static bool is_repeated(const struct networks *l, size_t place)
{
	for (size_t i = 0; i < place; i++)
		if (l->list[i].config && l->list[i].config->log_file &&
		    strcmp(l->list[i].config->log_file, l->list[place].config->log_file) == 0)
			return true;
	return false;
}

int report_networks(const struct archive *a, const struct node *node, struct failure *f)
{
	struct adding adding = { a, node, f };
	OWNED(networks_release) struct networks networks = { .list = NULL };
	OWNED(text_release) char *resources = path_join(state_path(), "resources.json");
	struct failure unusable = { 0 };
	const char *policy = "";
	bool exists;

	if (network_files_each(node, on_network, &adding) < 0 ||
	    networks_find(&networks, node, f) < 0)
		return -1;
	for (size_t i = 0; i < networks.n; i++) {
		const struct config *c = networks.list[i].config;
		if (c && c->log_file && !is_repeated(&networks, i) &&
		    log_add(&adding, c->log_file) < 0)
			return -1;
	}
	if (policy_look(&policy, &exists, &unusable) < 0)
		failure_clear(&unusable);
	return path_add(&adding, policy) < 0 || (resources && path_add(&adding, resources) < 0) ? -1
	                                                                                        : 0;
}

int report_journal(const struct node *node, FILE *out, struct failure *f)
{
	static const char *const arguments[] = { "journalctl", "--identifier=podtap",
		                                 "--lines=1000", "--no-pager", NULL };
	static const char *const environment[] = { "LC_ALL=C", NULL };
	static const char program[] = "/usr/bin/journalctl";
	OWNED(child_release) struct child child = CHILD_CLOSED;
	OWNED(child_report_release) struct child_report report = { .text = NULL };
	OWNED(fd_release) int in = openat(AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC);

	if (*node->path || faccessat(AT_FDCWD, program, X_OK, 0) < 0)
		return 0;
	const int error = in < 0 ? errno : child_start(&child, program, arguments, environment, in);
	if (error)
		return fail_errno(f, error, "run %s", program);
	child_hear(&child, &report, JOURNAL_SECONDS, JOURNAL_MAX);
	if (report.late || report.error)
		return fail_errno(f, report.late ? ETIMEDOUT : report.error, "run %s", program);
	fputs(report.text ? report.text : "", out);
	return 0;
}

int report_text(const struct node *node, const char *path, FILE *out)
{
	OWNED(fd_release) int fd = node_file(node, path, O_RDONLY | O_NONBLOCK);
	OWNED(text_release) char *text = NULL;
	size_t length;

	if (fd >= 0 && file_read_all(fd, TEXT_MAX, &text, &length) == 0)
		fputs(text, out);
	return 0;
}
