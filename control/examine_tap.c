/* SPDX-License-Identifier: Apache-2.0 */
/* Examining an endpoint's tap: its node, who may open it and who does, and what gives it to a
 * container. */
#include "control/examine.h"

#include "plugin/cdi.h"
#include "record/state.h"

#include <limits.h>
#include <string.h>

static const struct finding_kind owner_changed = {
	LEVEL_ERROR, "tap-owner", "something changed it, and the container's user may not open it",
	"chown it back, or recreate the container"
};
static const struct finding_kind mode_changed = {
	LEVEL_ERROR, "tap-mode", "something changed it, and the wrong users may open it",
	"chmod it back, or recreate the container"
};
static const struct finding_kind renumbered = { LEVEL_ERROR, "tap-number",
	                                        "the record is another endpoint's, or damaged",
	                                        "recreate the container" };
static const struct finding_kind shared = {
	LEVEL_NOTE, "tap-shared", "the kernel distributes the frames over all that have it open",
	"unless they are one virtual machine's, end all but one"
};
static const struct finding_kind unwalked = { LEVEL_NOTE, "tap-users",
	                                      "there are too many descriptors in /proc", NULL };
static const struct finding_kind cdi_missing = {
	LEVEL_ERROR, "cdi-missing", "something removed it, and the runtime cannot give the tap out",
	"recreate the container"
};
static const struct finding_kind cdi_other = { LEVEL_ERROR, "cdi-other",
	                                       "another endpoint took the name over",
	                                       "recreate the container that is to have it" };
static const struct finding_kind nri_off = {
	LEVEL_WARN, "nri-off",
	"without it podtap-nri gives no pod its tap, and this one has no CDI device",
	"turn NRI on in the runtime's configuration, or set \"cdi\": true"
};
static const struct finding_kind hook_missing = {
	LEVEL_WARN, "hook-missing",
	"without it podman gives no container its tap, and this one has no CDI device",
	"make install-hook, or set \"cdi\": true"
};

static void examine_access(struct examination *x, const struct tap_node *node)
{
	const struct endpoint *e = x->endpoint;
	struct findings *l = x->examiner->findings;

	if (node->access.uid != e->tap.uid || node->access.gid != e->tap.gid)
		finding_add(l, &owner_changed, NULL, "%s belongs to %u:%u, not %u:%u", e->tap.path,
		            node->access.uid, node->access.gid, e->tap.uid, e->tap.gid);
	if ((node->access.mode & 07777) != (e->tap.mode & 07777))
		finding_add(l, &mode_changed, NULL, "%s has mode %04o, not %04o", e->tap.path,
		            node->access.mode & 07777, e->tap.mode & 07777);
}

static void examine_users(struct examination *x)
{
	const struct tap_users *users = &x->examiner->users;
	const struct endpoint *e = x->endpoint;
	struct findings *l = x->examiner->findings;
	char text[512];

	if (tap_users_text(users, e->tap.number, text, sizeof text) > 1)
		finding_add(l, &shared, NULL, "%s is open in %s", e->tap.path, text);
	if (!users->whole)
		finding_add(l, &unwalked, NULL, "not all processes were asked for %s", e->tap.path);
}

int examine_tap(struct examination *x, struct failure *f)
{
	const struct endpoint *e = x->endpoint;
	struct findings *l = x->examiner->findings;
	struct tap_node node;
	dev_t number;

	if (!e->tap.path)
		return 0;
	const size_t first = l->n;
	if (compare_tap(&x->comparison, x->examiner->verifier.devices, &node, f) < 0)
		return -1;
	const enum found known = sandbox_tap_number(&x->sandbox, e->ifindex, &number, f);
	if (known == FOUND_FAILED)
		return -1;
	if (known == FOUND && number != e->tap.number)
		finding_add(l, &renumbered, NULL,
		            "its tap has another number than the record says");
	if (l->n == first)
		examine_access(x, &node);
	examine_users(x);
	return 0;
}

static int examine_cdi(struct examination *x, struct failure *f)
{
	const struct endpoint *e = x->endpoint;
	struct findings *l = x->examiner->findings;
	struct cdi_tap tap;

	const enum found found = strchr(e->cdi, '/') ? FOUND_NONE : cdi_find(e, &tap, f);
	if (found == FOUND_FAILED)
		return -1;
	if (found == FOUND_NONE)
		finding_add(l, &cdi_missing, NULL, "its CDI device %s is not in %s", e->cdi,
		            cdi_path());
	else if (tap.ifindex != e->ifindex || tap.number != e->tap.number)
		finding_add(l, &cdi_other, NULL, "its CDI device %s is that of tap%u", e->cdi,
		            tap.ifindex);
	return 0;
}

/* A pod of Kubernetes gets its tap by CDI or NRI, a container of podman's by CDI or the hook. What
 * runs in a bare namespace needs none of them. */
int examine_exposure(struct examination *x, struct failure *f)
{
	const struct endpoint *e = x->endpoint;
	const struct node *node = x->examiner->node;
	struct findings *l = x->examiner->findings;
	char path[PATH_MAX];
	struct stat st;

	if (!e->tap.path)
		return 0;
	if (e->cdi)
		return examine_cdi(x, f);
	if (e->pod.space && node_look(node, NRI_SOCKET, &st) < 0)
		finding_add(l, &nri_off, NULL, "the runtime has no %s%s", node->path, NRI_SOCKET);
	else if (e->pod.name && !e->pod.space && !node_has_hook(node, path, sizeof path))
		finding_add(l, &hook_missing, NULL, "no OCI hook of podtap is installed");
	return 0;
}
