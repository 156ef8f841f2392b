/* SPDX-License-Identifier: Apache-2.0 */
/* The verb report: all that podtapctl knows of this node, in one archive without secrets. */
#include "base/errno_text.h"
#include "base/utc.h"
#include "control/archive.h"
#include "control/doctor.h"
#include "control/examine.h"
#include "control/listing.h"
#include "control/report_files.h"
#include "control/verb.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static const char contents[] =
        "This archive is made by podtapctl report. It has no secrets: in configurations and "
        "records "
        "the value of every\nmember whose name contains password, passwd, passphrase, token, "
        "secret, "
        "key, credential or authorization is\n\"removed\". It has names and addresses of pods, and "
        "the errors in the log.\n\n"
        "  version.txt  podtapctl, kernel, distribution\n"
        "  doctor.txt   what podtapctl doctor finds\n"
        "  check.txt    what podtapctl check --all finds\n"
        "  list.json    what podtapctl list finds\n"
        "  records/     the endpoint records\n"
        "  node/        the configurations of networks, the policy, the device plugin's resources\n"
        "  log/         the ends of the log files, and of the journal\n";

static int contents_write(const struct node *node, FILE *out, struct failure *f)
{
	(void)node, (void)f;
	fputs(contents, out);
	return 0;
}

static int version_write(const struct node *node, FILE *out, struct failure *f)
{
	char when[UTC_TEXT];
	struct utsname u;

	if (uname(&u) < 0)
		return fail_errno(f, errno, "read the kernel's version");
	fprintf(out, "podtapctl %s\n%s\n%s %s %s %s\n", PODTAP_VERSION, utc_now(when), u.sysname,
	        u.release, u.version, u.machine);
	return report_text(node, "/etc/os-release", out);
}

static int doctor_part(const struct node *node, FILE *out, struct failure *f)
{
	return doctor_write(node, OUTPUT_TABLE, out, f);
}

static int check_part(const struct node *node, FILE *out, struct failure *f)
{
	return check_write(node, NULL, NULL, OUTPUT_TABLE, out, f);
}

static int list_part(const struct node *node, FILE *out, struct failure *f)
{
	OWNED(listing_release) struct listing l = { .form = OUTPUT_JSON };
	const struct listing_filter all = { .container_id = NULL };
	struct failure missed = { 0 };

	(void)node;
	return listing_collect(&l, &all, &missed, f) < 0 ? -1
	                                                 : listing_print_data(&l, false, out, f);
}

static const struct {
	const char *name;
	int (*write)(const struct node *node, FILE *out, struct failure *f);
} parts[] = {
	{ "contents.txt", contents_write }, { "version.txt", version_write },
	{ "doctor.txt", doctor_part },      { "check.txt", check_part },
	{ "list.json", list_part },         { "log/journal.txt", report_journal },
};

/* A part that fails has the reason in its place: the others are worth having. */
static int part_add(const struct archive *a, const struct node *node, size_t place,
                    struct failure *f)
{
	OWNED(text_release) char *text = NULL;
	struct failure why = { 0 };
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return fail_errno(f, errno, "make %s", parts[place].name);
	if (parts[place].write(node, out, &why) < 0)
		fprintf(out, "%s: %s\n", why.msg, why.details);
	if (fclose(out) != 0)
		return fail_errno(f, ENOMEM, "make %s", parts[place].name);
	return archive_add(a, parts[place].name, text, length, f);
}

static int report_write(const struct archive *a, const struct node *node, struct failure *f)
{
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (part_add(a, node, i, f) < 0)
			return -1;
	return report_records(a, f) < 0 || report_networks(a, node, f) < 0 ? -1 : archive_end(a, f);
}

/* Names the file after the host and the time. */
static int name_make(char path[static PATH_MAX], time_t when, struct failure *f)
{
	struct utsname u;

	if (uname(&u) < 0)
		return fail_errno(f, errno, "read the name of the host");
	snprintf(path, PATH_MAX, "podtap-report-%.64s-%lld.tar", u.nodename, (long long)when);
	return 0;
}

/* Never replaces a file, and leaves no half of one. */
static int file_write(const char *path, const struct node *node, time_t when, struct failure *f)
{
	OWNED(fd_release)
	int fd = openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	const struct archive archive = { fd, when, "podtap-report" };

	if (fd < 0)
		return fail_errno(f, errno, "make %s", path);
	if (report_write(&archive, node, f) == 0) {
		fprintf(stderr, "podtapctl: wrote %s\n", path);
		return 0;
	}
	unlinkat(AT_FDCWD, path, 0);
	return -1;
}

static int report(const struct call *call, struct failure *f)
{
	OWNED(node_release) struct node node = NODE_CLOSED;
	const char *path = call_argument(call, 0);
	const time_t when = time(NULL);
	const struct archive piped = { STDOUT_FILENO, when, "podtap-report" };
	char named[PATH_MAX];

	if (geteuid() != 0)
		return fail(f, CNI_OTHER, "only root can read all of it", "examine the node");
	if (node_open(&node, call->option['r'], f) < 0)
		return -1;
	if (path && strcmp(path, "-") == 0)
		return report_write(&piped, &node, f);
	if (!path && name_make(named, when, f) < 0)
		return -1;
	return file_write(path ? path : named, &node, when, f);
}

const struct verb verb_report = {
	.name = "report",
	.summary = "write all findings into one tar file, without secrets",
	.cli = { .program = "podtapctl report",
	         .synopsis = "[--root DIRECTORY] [FILE]",
	         .about = "Writes what doctor, check and list find, the records, the policy, the\n"
	                  "networks and the end of the log to a new tar file that root alone can "
	                  "read\n"
	                  "(default: podtap-report-HOST-TIME.tar; -: standard output).\n\n"
	                  "  podtapctl report - | tar tf -\n",
	         .options = (const struct cli_option[]){ NODE_OPTION, { .name = NULL } } },
	.most = 1,
	.run = report,
};
