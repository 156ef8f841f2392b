/* SPDX-License-Identifier: Apache-2.0 */
/* Examining the directories of plugins: which podtap is there, and what has its aliases. */
#include "control/doctor.h"

#include "base/cli.h"
#include "control/original.h"
#include "control/plugins.h"
#include "ipam/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { VERSION_SECONDS = 5, VERSION_MAX = 4096 };

static const struct finding_kind found = { LEVEL_OK, "plugin", NULL, NULL };
static const struct finding_kind missing = {
	LEVEL_ERROR, "plugin-missing", "without it, a runtime cannot run podtap",
	"podtapctl install --to DIRECTORY, for the directory of this runtime"
};
static const struct finding_kind other_version = {
	LEVEL_WARN, "plugin-version", "the update did not reach that directory, or this program",
	"install the same version everywhere: podtapctl install"
};
static const struct finding_kind broken = { LEVEL_ERROR, "plugin-broken", NULL,
	                                    "install podtap there again" };
static const struct finding_kind alone = {
	LEVEL_WARN, "plugin-without-ipam",
	"podtap itself does not need it, but other plugins with ipam.type podtap-ipam do",
	"install podtap-ipam there, too"
};
static const struct finding_kind no_driver = {
	LEVEL_ERROR, "plugin-netavark-missing",
	"without it, podman starts no container of that network",
	"make install NETAVARK_PLUGIN_DIR=DIRECTORY, for one of netavark's directories"
};
static const struct finding_kind alias = { LEVEL_OK, "plugin-alias", NULL, NULL };
static const struct finding_kind alias_lost = {
	LEVEL_WARN, "plugin-alias-lost", "a package may have put its own file there since",
	"podtapctl install --aliases makes the link again, or remove the kept file"
};

/* Asks the program for its version. Returns an errno, or 0 with the version. */
static int version_ask(int file, char version[static 64])
{
	OWNED(child_release) struct child child = CHILD_CLOSED;
	OWNED(child_report_release) struct child_report report = { .text = NULL };
	const char *const arguments[] = { "podtap", "--version", NULL };
	const char *const environment[] = { NULL };
	OWNED(fd_release) int in = openat(AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC);
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	const int error = in < 0 ? errno : child_start(&child, path, arguments, environment, in);
	if (error)
		return error;
	child_hear(&child, &report, VERSION_SECONDS, VERSION_MAX);
	if (report.late)
		return ETIMEDOUT;
	/* "podtap VERSION (LINKAGE)" */
	if (report.error || report.status || !report.text ||
	    sscanf(report.text, "podtap %63s", version) != 1)
		return ENOEXEC;
	return 0;
}

struct places {
	struct doctor *doctor;
	size_t n; /* directories with podtap */
};

static void examine_version(struct doctor *d, const char *path)
{
	OWNED(fd_release) int file = node_file(d->node, path, O_RDONLY);
	char version[64];
	const int error = file < 0 ? errno : version_ask(file, version);
	struct failure why = { 0 };

	if (error) {
		fail_errno(&why, error, "run %s", path);
		finding_add(d->findings, &broken, why.details, "%s cannot be run", path);
	} else if (strcmp(version, PODTAP_VERSION) != 0)
		finding_add(d->findings, &other_version, NULL, "%s has version %s, not %s", path,
		            version, PODTAP_VERSION);
	else
		finding_add(d->findings, &found, NULL, "%s has version %s", path, version);
}

/* A file that install kept, beside one that is no link to podtap. */
static void examine_alias(struct doctor *d, const char *directory, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	if (plugin_is_podtap_in(d->node, directory, name))
		finding_add(d->findings, &alias, NULL, "%s/%s is podtap", directory, name);
	else if (snprintf(path, sizeof path, "%s/%s" ORIGINAL_KEPT, directory, name) <
	                 (int)sizeof path &&
	         node_look(d->node, path, &st) == 0)
		finding_add(d->findings, &alias_lost, NULL, "%s is kept, but %s/%s is not podtap",
		            path, directory, name);
}

static void on_directory(const char *directory, void *data)
{
	static const char *const aliases[] = { "macvlan", "macvtap" };
	struct places *p = data;
	struct doctor *d = p->doctor;
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof path, "%s/podtap", directory) >= (int)sizeof path ||
	    node_look(d->node, path, &st) < 0)
		return;
	p->n++;
	examine_version(d, path);
	if (snprintf(path, sizeof path, "%s/podtap-ipam", directory) < (int)sizeof path &&
	    node_look(d->node, path, &st) < 0)
		finding_add(d->findings, &alone, NULL, "%s has no podtap-ipam", directory);
	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		examine_alias(d, directory, aliases[i]);
}

/* Looks for the driver where netavark does, if a network of podman's needs it. */
static void examine_netavark(struct doctor *d)
{
	static const char *const drivers[] = { "/usr/local/libexec/netavark/podtap",
		                               "/usr/libexec/netavark/podtap",
		                               "/usr/local/lib/netavark/podtap",
		                               "/usr/lib/netavark/podtap" };
	const char *network = NULL;
	struct stat st;

	for (size_t i = 0; i < d->networks.n && !network; i++)
		if (d->networks.list[i].netavark)
			network = d->networks.list[i].path;
	for (size_t i = 0; i < sizeof drivers / sizeof *drivers && network; i++)
		if (node_look(d->node, drivers[i], &st) == 0)
			return;
	if (network)
		finding_add(d->findings, &no_driver, NULL,
		            "no directory of netavark has the driver podtap of %s", network);
}

void doctor_plugins(struct doctor *d)
{
	struct places places = { d, 0 };

	plugin_directories_each(d->node, on_directory, &places);
	if (!places.n)
		finding_add(d->findings, &missing, NULL, "no directory of plugins has podtap");
	examine_netavark(d);
}
