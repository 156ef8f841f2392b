/* SPDX-License-Identifier: Apache-2.0 */
/* Opening files of the node. */
#include "control/node.h"

#include "base/entries.h"
#include "base/errno_text.h"
#include "base/file.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

enum { HOOK_MAX = 1 << 16, TOML_MAX = 1 << 20 }; /* bytes */

static const char *const hook_directories[] = {
	"/usr/share/containers/oci/hooks.d", /* first: CRI-O, too, reads it */
	"/etc/containers/oci/hooks.d",
	"/run/containers/oci/hooks.d",
};

void node_release(struct node *n)
{
	fd_release(&n->root);
}

/* The directories that the environment can name, and their places in a node. */
static int places_set(const char *root, struct failure *f)
{
	static const struct {
		const char *variable;
		const char *place;
	} places[] = {
		{ "PODTAP_STATE_DIR", "/run/podtap" },
		{ "PODTAP_CDI_DIR", "/var/run/cdi" },
		{ "PODTAP_IPAM_STATE_DIR", "/var/lib/podtap/ipam" },
		{ "PODTAP_POLICY", "/etc/podtap/policy.json" },
	};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		if (snprintf(path, sizeof path, "%s%s", root, places[i].place) >= (int)sizeof path)
			return fail_errno(f, ENAMETOOLONG, "--root %.64s", root);
		if (setenv(places[i].variable, path, 0) < 0)
			return fail_errno(f, errno, "set %s", places[i].variable);
	}
	return 0;
}

int node_open(struct node *n, const char *root, struct failure *f)
{
	n->path = root ? root : "";
	if (root && *root != '/')
		return fail(f, CNI_OTHER, "it must be an absolute path", "--root %s", root);
	n->root = openat(AT_FDCWD, root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (n->root < 0)
		return fail_errno(f, errno, "open %s", root ? root : "/");
	return root ? places_set(root, f) : 0;
}

int node_file(const struct node *n, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		                .resolve = RESOLVE_IN_ROOT };
	const int fd = (int)syscall(SYS_openat2, n->root, path, &how, sizeof how);

	if (fd >= 0 || errno != ENOSYS) /* Linux 5.6 */
		return fd;
	return openat(n->root, path[1] ? path + 1 : ".", flags | O_CLOEXEC);
}

int node_look(const struct node *n, const char *path, struct stat *st)
{
	OWNED(fd_release) int fd = node_file(n, path, O_PATH);

	return fd < 0 ? -1 : fstat(fd, st);
}

static bool is_hook(int directory, const char *name)
{
	const size_t length = strlen(name);
	OWNED(text_release) char *text = NULL;

	if (length <= 5 || strcmp(name + length - 5, ".json") != 0)
		return false;
	text = file_read(directory, name, HOOK_MAX, &(size_t){ 0 });
	return text && strstr(text, "podtap-hook");
}

bool node_has_hook(const struct node *n, char *path, size_t size)
{
	for (size_t i = 0; i < sizeof hook_directories / sizeof *hook_directories; i++) {
		OWNED(entries_release) struct entries hooks;
		const char *name;

		entries_begin(&hooks, node_file(n, hook_directories[i], O_RDONLY | O_DIRECTORY));
		while ((name = entries_next(&hooks)))
			if (is_hook(hooks.fd, name)) {
				snprintf(path, size, "%s/%s", hook_directories[i], name);
				return true;
			}
	}
	return false;
}

bool toml_text(const struct node *node, const char *path, const char *key, char *text, size_t size)
{
	OWNED(fd_release) int fd = node_file(node, path, O_RDONLY | O_NONBLOCK);
	OWNED(text_release) char *all = NULL;

	if (fd < 0 || file_read_all(fd, TOML_MAX, &all, &(size_t){ 0 }) < 0)
		return false;
	for (const char *line = all; line; line = strchr(line, '\n')) {
		line += strspn(line, " \t\n");
		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		const char *value = line + strlen(key);
		value += strspn(value, " \t");
		if (*value != '=')
			continue;
		value += 1 + strspn(value + 1, " \t\n[");
		if (*value != '"' && *value != '\'')
			continue;
		const char end[] = { *value, '\n', '\0' };
		const int length = (int)strcspn(++value, end);
		return snprintf(text, size, "%.*s", length, value) < (int)size;
	}
	return false;
}
