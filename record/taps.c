/* SPDX-License-Identifier: Apache-2.0 */
/* Finding and verifying the taps of a namespace. */
#include "record/taps.h"

#include "netns/link_watch.h"
#include "netns/sandbox.h"
#include "record/ifindex.h"
#include "record/minors.h"
#include "record/resources.h"
#include "record/state.h"
#include "record/verify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct search {
	const char *container_id; /* NULL: any */
	const char *path;
	struct stat named; /* the object that the path leads to; zeroed: not read yet */
	int home;          /* our own namespace */
	struct sandbox sandbox;
	int devices;
	struct taps *taps;
	void (*doubt)(const struct failure *);
	struct failure *failure;
};

static void search_release(struct search *s)
{
	fd_release(&s->devices);
	sandbox_release(&s->sandbox);
	fd_release(&s->home);
}

/* Open the namespace, once. */
static int search_open(struct search *s, struct failure *f)
{
	if (s->sandbox.netns >= 0)
		return 0;
	if (s->devices < 0 && (s->devices = device_open(f)) < 0)
		return -1;
	if (s->home < 0 && (s->home = netns_own(f)) < 0)
		return -1;
	OWNED(fd_release) int netns = netns_open(s->path, f);
	return netns < 0 ? -1 : sandbox_open(&s->sandbox, s->home, fd_take(&netns), 0, f);
}

/* Look the path up when the first record is seen: without a record, its namespace does not matter.
 */
static int path_look(struct search *s)
{
	if (s->named.st_ino || stat(s->path, &s->named) == 0)
		return 0;
	return fail_errno(s->failure, errno, "look at the network namespace %s", s->path);
}

/* The CDI device that the kubelet gave to a container for this endpoint, or "". Its name is one of
 * a resource. If the resources cannot be read, it may be one. */
static const char *allocated_name(const struct endpoint *e)
{
	struct resource resource;
	struct failure ignored = { 0 };

	if (!e->device_id || !e->cdi || strlen(e->cdi) >= TAPS_NAME_MAX)
		return "";
	if (e->host_link.name || (resource_is_named(e->device_id) &&
	                          resource_find(e->device_id, &resource, &ignored) != 0))
		return e->cdi;
	return "";
}

/* Whether the list has the device already. A device of two endpoints (/dev/kvm) is for the
 * containers of both. */
static bool is_listed(struct taps *taps, const char *path, const char *allocated)
{
	for (size_t i = 0; i < taps->n; i++)
		if (strcmp(taps->device[i].path, path) == 0) {
			if (!*allocated)
				taps->allocated[i][0] = '\0';
			return true;
		}
	return false;
}

static int taps_add(struct search *s, const struct endpoint *e)
{
	struct device devices[DEVICES_MAX];
	const size_t n = endpoint_device_nodes(e, devices);
	const char *allocated = allocated_name(e);

	for (size_t i = 0; i < n; i++) {
		if (is_listed(s->taps, devices[i].path, allocated))
			continue;
		if (s->taps->n == TAPS_DEVICES_MAX)
			return fail(s->failure, CNI_OTHER, "one namespace has too many",
			            "list the taps of %s", s->path);
		snprintf(s->taps->allocated[s->taps->n], TAPS_NAME_MAX, "%s", allocated);
		s->taps->device[s->taps->n++] = devices[i];
	}
	return 0;
}

static int leave_out(struct search *s, const struct failure *why)
{
	s->taps->doubts++;
	s->doubt(why);
	return 0;
}

/* A record of another namespace is normal here: the walk covers all records. */
static int foreign(struct search *s, const struct endpoint *e)
{
	struct failure why = { 0 };

	if (!s->container_id)
		return 0;
	fail(&why, CNI_OTHER, "it was made in another network namespace than the container's",
	     "endpoint %s of container %s", e->ifname, e->container_id);
	return leave_out(s, &why);
}

/* Note that containers get the tap. For a Kubernetes pod, whose container's id is known, the plugin
 * has noted it; there the caller cannot write. */
static int number_note(const struct search *s, const struct endpoint *e, struct failure *f)
{
	return s->container_id ? 0 : minor_note(e->tap.number, &e->netns, s->path, f);
}

/* Compare the numbers of a namespace before opening anything: for most records they show that the
 * record is of another namespace. */
static int visit(const struct endpoint *e, const struct failure *error, void *data)
{
	struct search *s = data;
	struct failure why = { 0 };

	if (error) {
		fail(&why, error->code, error->details, "endpoint %s of container %s: %s",
		     e->ifname, e->container_id, error->msg);
		return leave_out(s, &why);
	}
	if (!e->ready || !e->tap.path)
		return 0;
	if (path_look(s) < 0)
		return -1;
	if (e->netns.dev != s->named.st_dev || e->netns.inode != s->named.st_ino)
		return foreign(s, e);
	if (search_open(s, s->failure) < 0)
		return -1;
	if (!netns_same(&e->netns, &s->sandbox.id))
		return foreign(s, e); /* that is gone and had the same numbers */
	if (endpoint_verify_in(e, &s->sandbox, s->devices, &why) != VERIFIED ||
	    number_note(s, e, &why) < 0)
		return leave_out(s, &why);
	return taps_add(s, e);
}

/* The macvtap links of a namespace. */
struct links {
	uint32_t index[TAPS_DEVICES_MAX];
	size_t n;
	bool more; /* there are more */
};

static void link_note(const struct link *link, bool gone, void *data)
{
	struct links *l = data;

	if (gone || (!link->partial && strcmp(link->kind, "macvtap") != 0))
		return;
	l->more |= l->n == TAPS_DEVICES_MAX;
	if (!l->more)
		l->index[l->n++] = link->index;
}

struct records {
	struct endpoint endpoint[TAPS_DEVICES_MAX];
	size_t n;
};

static void records_release(struct records *r)
{
	for (size_t i = 0; i < r->n; i++)
		endpoint_release(&r->endpoint[i]);
}

/* Read the record of a link of the namespace, by the note of its index. The note is a hint, so the
 * record must be of that link. Returns whether it is. */
static bool record_find(const struct search *s, uint32_t index, struct endpoint *e)
{
	struct attachment_name name;
	struct failure ignored = { 0 };

	*e = (struct endpoint){ .source = NULL };
	return ifindex_owner(index, &name, &ignored) > 0 &&
	       endpoint_read(name.container_id, name.ifname, e, &ignored) == FOUND &&
	       e->ifindex == index && netns_same(&e->netns, &s->sandbox.id);
}

/* Find the taps by the links of the namespace, and read only their records. Returns FOUND if all
 * links have one, or there is no link; FOUND_NONE if only all records can tell, as for a link that
 * another program made; or FOUND_FAILED. */
static enum found find_by_links(struct search *s)
{
	struct failure ignored = { 0 };
	struct links links = { .n = 0 };
	OWNED(records_release) struct records records = { .n = 0 };

	if (search_open(s, &ignored) < 0 ||
	    link_each(&s->sandbox.rtnl, "macvtap", link_note, &links, &ignored) < 0 || links.more)
		return FOUND_NONE;
	for (size_t i = 0; i < links.n; i++)
		if (!record_find(s, links.index[i], &records.endpoint[records.n++]))
			return FOUND_NONE;
	for (size_t i = 0; i < records.n; i++)
		if (visit(&records.endpoint[i], NULL, s) < 0)
			return FOUND_FAILED;
	return FOUND;
}

int taps_find(const char *container_id, const char *netns_path, struct taps *taps,
              void (*doubt)(const struct failure *), struct failure *f)
{
	OWNED(search_release)
	struct search s = { .container_id = container_id,
		            .path = netns_path,
		            .home = -1,
		            .sandbox = SANDBOX_CLOSED,
		            .devices = -1,
		            .taps = taps,
		            .doubt = doubt,
		            .failure = f };
	const struct endpoint_visit visitor = { .on_record = visit, .data = &s };

	taps->n = taps->doubts = 0;
	if (container_id)
		return endpoint_each_of(container_id, &visitor, f);
	if (!endpoint_any())
		return 0;
	const enum found found = find_by_links(&s);
	return found == FOUND_NONE ? endpoint_each(&visitor, f) : found == FOUND ? 0 : -1;
}
