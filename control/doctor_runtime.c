/* SPDX-License-Identifier: Apache-2.0 */
/* Examining what gives taps to containers: the runtime's NRI, CDI and podman's hook. */
#include "control/doctor.h"

#include "base/file.h"
#include "base/json.h"
#include "control/runtime_directory.h"
#include "record/state.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { HOOK_MAX = 1 << 16 };

static const struct finding_kind nri = { LEVEL_OK, "nri", NULL, NULL };
static const struct finding_kind nri_off = {
	LEVEL_WARN, "nri-off",
	"podtap-nri cannot connect, and pods without a CDI device do not get their taps",
	"containerd: [plugins.\"io.containerd.nri.v1.nri\"] disable = false; CRI-O: enable_nri = "
	"true"
};
static const struct finding_kind hook = { LEVEL_OK, "hook", NULL, NULL };
static const struct finding_kind hook_broken = {
	LEVEL_ERROR, "hook-broken", "while the program is missing, podman starts no container",
	"install the package podtap-podman, or run make install-hook; or remove the file"
};
static const struct finding_kind hook_beside_crio = {
	LEVEL_ERROR, "hook-crio",
	"CRI-O reads the same directory, and does not start with a hook of that stage",
	"remove the hook, or move it to a directory that podman alone reads (its hooks_dir)"
};
static const struct finding_kind cdi = { LEVEL_OK, "cdi", NULL, NULL };
static const struct finding_kind cdi_elsewhere = {
	LEVEL_WARN, "cdi-directory",
	"the runtime looks for devices there, and podtap writes them elsewhere",
	"let PODTAP_CDI_DIR name the runtime's directory"
};

static bool exists(const struct doctor *d, const char *path)
{
	struct stat st;

	return node_look(d->node, path, &st) == 0;
}

/* Only Kubernetes' runtimes need NRI. */
static void examine_nri(struct doctor *d)
{
	if (exists(d, NRI_SOCKET))
		finding_add(d->findings, &nri, NULL, "the runtime offers NRI at %s", NRI_SOCKET);
	else if (exists(d, "/var/lib/kubelet"))
		finding_add(d->findings, &nri_off, NULL, "the node has a kubelet and no %s",
		            NRI_SOCKET);
}

/* Reads the path of the executable in a hook's file. Returns false if it has none. */
static bool hook_program(const struct doctor *d, const char *path, char program[static PATH_MAX])
{
	OWNED(fd_release) int fd = node_file(d->node, path, O_RDONLY | O_NONBLOCK);
	OWNED(text_release) char *text = NULL;
	size_t length;
	struct failure ignored = { 0 };

	if (fd < 0 || file_read_all(fd, HOOK_MAX, &text, &length) < 0)
		return false;
	OWNED(json_release) cJSON *json = json_parse(text, length, path, &ignored);
	const char *named = json_string(json_member(json_member(json, "hook"), "path"));
	return named && snprintf(program, PATH_MAX, "%s", named) < PATH_MAX;
}

/* Whether CRI-O reads a hook: it is in the directory that CRI-O has by default, or the one that its
 * configuration names. */
static bool crio_reads(const struct doctor *d, const char *path)
{
	char named[RUNTIMES + 1][PATH_MAX] = { "/usr/share/containers/oci/hooks.d" };
	const size_t n = 1 + runtime_directories(d->node, RUNTIME_HOOKS, named + 1);
	const size_t length = (size_t)(strrchr(path, '/') - path);

	for (size_t i = 0; i < n; i++)
		if (strlen(named[i]) == length && strncmp(named[i], path, length) == 0)
			return true;
	return false;
}

static void examine_hook(struct doctor *d)
{
	static const char *const crio[] = { "/var/run/crio/crio.sock", "/etc/crio" };
	char path[PATH_MAX], program[PATH_MAX];

	if (!node_has_hook(d->node, path, sizeof path))
		return;
	if (!hook_program(d, path, program))
		finding_add(d->findings, &hook_broken, NULL, "%s names no program", path);
	else if (!exists(d, program))
		finding_add(d->findings, &hook_broken, NULL, "%s names %s, which is not there",
		            path, program);
	else
		finding_add(d->findings, &hook, NULL, "%s runs %s", path, program);
	if (!crio_reads(d, path))
		return;
	for (size_t i = 0; i < sizeof crio / sizeof *crio; i++)
		if (exists(d, crio[i])) {
			finding_add(d->findings, &hook_beside_crio, NULL,
			            "%s is installed beside CRI-O (%s)", path, crio[i]);
			return;
		}
}

/* containerd names its directories of CDI in its configuration. */
static void examine_cdi(struct doctor *d)
{
	const char *ours =
	        cdi_path() + (strncmp(cdi_path(), d->node->path, strlen(d->node->path)) == 0
	                              ? strlen(d->node->path)
	                              : 0);
	const bool usual = strcmp(ours, "/var/run/cdi") == 0 || strcmp(ours, "/run/cdi") == 0;
	struct stat st;

	if (!usual)
		finding_add(d->findings, &cdi_elsewhere, NULL, "CDI devices are in %s", cdi_path());
	else if (stat(cdi_path(), &st) == 0)
		finding_add(d->findings, &cdi, NULL, "CDI devices are in %s", cdi_path());
}

void doctor_runtime(struct doctor *d)
{
	examine_nri(d);
	examine_hook(d);
	examine_cdi(d);
}
