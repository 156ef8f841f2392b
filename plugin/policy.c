/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the file of the policy, and judging calls by it. */
#include "plugin/policy.h"

#include "base/errno_text.h"
#include "base/file.h"
#include "base/json.h"
#include "plugin/policy_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { NAMESPACE_TEXT = 256 };

static int refuse(const struct policy *p, const char *why, struct failure *f)
{
	return fail(f, CNI_IO, why, "policy %s cannot be used", p->path);
}

/* Only root may write the file and its directory. A user who can write the file, or replace it in
 * its directory, decides the policy. */
static int check_owner(const struct policy *p, int fd, const char *what, mode_t type,
                       struct failure *f)
{
	struct stat st;
	char why[64];

	if (fstat(fd, &st) < 0)
		return refuse(p, errno_text(errno), f);
	if ((st.st_mode & S_IFMT) != type)
		return refuse(p, "it is no regular file", f);
	if (st.st_uid == 0 && (st.st_mode & 022) == 0)
		return 0;
	snprintf(why, sizeof why, "its %s must belong to root, and only root may write it", what);
	return refuse(p, why, f);
}

/* Open the directory, then the file in it. Returns the descriptor, which the caller owns, or -1:
 * with errno ENOENT and without a failure if there is no policy. */
static int file_open(const struct policy *p, struct failure *f)
{
	const char *slash = strrchr(p->path, '/');

	if (*p->path != '/' || !slash[1]) {
		errno = EINVAL;
		return refuse(p, "PODTAP_POLICY must be the absolute path of a file", f);
	}
	const size_t length = slash > p->path ? (size_t)(slash - p->path) : 1; /* "/" itself */
	OWNED(text_release) char *parent = strndup(p->path, length);
	if (!parent)
		return fail_errno(f, ENOMEM, "open the policy %s", p->path);
	/* A dangling symlink is an error, not a missing policy. */
	OWNED(fd_release)
	int directory = openat(AT_FDCWD, parent, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0 && errno == ENOTDIR)
		return refuse(p, "its directory is a symbolic link, or none", f);
	if (directory < 0)
		return errno == ENOENT ? -1 : refuse(p, errno_text(errno), f);
	OWNED(fd_release)
	int fd = openat(directory, slash + 1, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -1 : refuse(p, errno_text(errno), f);
	if (check_owner(p, directory, "directory", S_IFDIR, f) < 0 ||
	    check_owner(p, fd, "file", S_IFREG, f) < 0)
		return -1;
	return fd_take(&fd);
}

static int file_parse(struct policy *p, int fd, struct failure *f)
{
	OWNED(text_release) char *text = NULL;
	size_t length;

	if (file_read_all(fd, POLICY_MAX, &text, &length) == 0)
		return policy_parse(p, text, length, f);
	if (errno == ENOMEM)
		return fail_errno(f, ENOMEM, "read the policy %s", p->path);
	return refuse(p, errno == EFBIG ? "it has more than 1 MiB" : errno_text(errno), f);
}

const char *policy_path(void)
{
	const char *path = getenv("PODTAP_POLICY");

	return path && *path ? path : "/etc/podtap/policy.json";
}

/* Read the policy. p->json stays NULL if there is no policy. The caller releases p in any case. */
static int policy_read(struct policy *p, struct failure *f)
{
	const char *path = policy_path();

	if (strlen(path) >= PATH_MAX)
		return fail(f, CNI_IO, errno_text(ENAMETOOLONG), "PODTAP_POLICY");
	p->path = path;
	OWNED(fd_release) int fd = file_open(p, f);
	if (fd < 0)
		return f->code ? -1 : 0;
	return file_parse(p, fd, f);
}

/* Read the pod's namespace; "" if the call does not name it. Refuse a second name: another program
 * than the runtime may have added a different one. */
static int namespace_read(const char *args, char text[static NAMESPACE_TEXT], struct failure *f)
{
	static const char key[] = "K8S_POD_NAMESPACE";
	const int found = args_find(args, key, text, NAMESPACE_TEXT);

	if (found < 0)
		return fail(f, CNI_ENV, "it is longer than a name", "CNI_ARGS: %s", key);
	if (!args_agree(args, key))
		return fail(f, CNI_ENV, "it is there twice, with different values", "CNI_ARGS: %s",
		            key);
	if (!found)
		text[0] = '\0';
	return 0;
}

/* Judge the question by the policy. */
static int ask(const struct policy *p, const struct policy_question *asked, const struct request *r,
               struct failure *f)
{
	char pod_namespace[NAMESPACE_TEXT] = "";
	struct policy_question question = *asked;

	if (!question.any_namespace && namespace_read(r->args, pod_namespace, f) < 0)
		return -1;
	question.network = r->name;
	question.pod_namespace = pod_namespace;
	question.json = r->json;
	return policy_judge(p, &question, f);
}

int policy_permit(struct attachment *a, struct failure *f)
{
	OWNED(policy_release) struct policy p = { .json = NULL };
	struct policy_question question = { .mode = a->target.mode, .config = &a->config };
	struct link master;

	if (policy_read(&p, f) < 0)
		return -1;
	if (!p.json)
		return 0;
	const int on_host = attachment_below(a, &master, f);
	if (on_host < 0)
		return -1;
	if (on_host)
		question.master = master.name;
	return ask(&p, &question, a->request, f);
}

int policy_permit_takeover(const struct request *r, const struct config *c, uint32_t mode,
                           const char *master, struct failure *f)
{
	OWNED(policy_release) struct policy p = { .json = NULL };
	const struct policy_question question = { .master = master, .mode = mode, .config = c };

	if (policy_read(&p, f) < 0)
		return -1;
	return p.json ? ask(&p, &question, r, f) : 0;
}

int policy_permit_network(const struct request *r, const struct config *c, const char *master,
                          struct failure *f)
{
	OWNED(policy_release) struct policy p = { .json = NULL };
	const struct policy_question question = {
		.any_namespace = true,
		.master = master,
		.mode = c->mode ? c->mode : MACVLAN_MODE_BRIDGE,
		.config = c,
	};

	if (policy_read(&p, f) < 0)
		return -1;
	return p.json ? ask(&p, &question, r, f) : 0;
}

bool policy_permits_log(const char *path)
{
	OWNED(policy_release) struct policy p = { .json = NULL };
	struct failure unusable = { 0 };

	if (policy_read(&p, &unusable) < 0)
		return false;
	return !p.json || policy_has_file(&p, path);
}

int policy_check(const char *path, const char *text, size_t length, struct failure *f)
{
	OWNED(policy_release) struct policy p = { .path = path, .json = NULL };

	return policy_parse(&p, text, length, f);
}

int policy_look(const char **path, bool *exists, struct failure *f)
{
	OWNED(policy_release) struct policy p = { .path = "", .json = NULL };
	const int read = policy_read(&p, f);

	*path = p.path;
	*exists = p.json;
	return read;
}
