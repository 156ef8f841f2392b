/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the container that a person means among the endpoint records. */
#include "control/container.h"

#include "base/name.h"
#include "record/endpoint.h"
#include "record/state.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { SHOWN_MAX = 8 };

struct search {
	const char *text;
	size_t length;
	enum container_use use;
	bool cut;              /* a container was skipped, because the text is too short */
	size_t n;              /* containers found */
	char id[CONTAINER_ID]; /* the last one */
	char list[SHOWN_MAX * (CONTAINER_ID + 2)];
};

bool container_is_pod(const struct endpoint *e, const char *name)
{
	const char *slash = strchr(name, '/');
	const size_t length = slash ? (size_t)(slash - name) : 0;

	if (!e->pod.name || strcmp(e->pod.name, slash ? slash + 1 : name) != 0)
		return false;
	return !slash || (e->pod.space && strlen(e->pod.space) == length &&
	                  strncmp(e->pod.space, name, length) == 0);
}

/* The records of a container follow each other. */
static void found_add(struct search *s, const char *id)
{
	const size_t used = strlen(s->list);

	if (s->n && strcmp(s->id, id) == 0)
		return;
	if (s->n < SHOWN_MAX)
		snprintf(s->list + used, sizeof s->list - used, "%s%s", used ? ", " : "", id);
	s->n++;
	snprintf(s->id, sizeof s->id, "%s", id);
}

/* A record is read only if its id does not decide. */
static bool may_be_pod(const char *container_id, const char *ifname, void *data)
{
	struct search *s = data;

	(void)ifname;
	if (strncmp(container_id, s->text, s->length) != 0)
		return true;
	if (s->use == CONTAINER_CHANGE && s->length < CONTAINER_CHANGE_MIN) {
		s->cut = true;
		return true;
	}
	found_add(s, container_id);
	return false;
}

static int on_record(const struct endpoint *e, const struct failure *error, void *data)
{
	struct search *s = data;

	if (!error && container_is_pod(e, s->text))
		found_add(s, e->container_id);
	return 0;
}

static bool is_exact(const char *text)
{
	struct failure ignored = { 0 };
	OWNED(fd_release) int all = state_open("endpoints", false, &ignored);
	struct stat st;

	return all >= 0 && identifier_valid(text) &&
	       fstatat(all, text, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static int refuse(const struct search *s, struct failure *f)
{
	char details[sizeof s->list + 64];

	if (!s->n)
		return fail(f, CNI_OTHER,
		            "to change something, give at least 6 characters of its id, or its "
		            "pod's name",
		            "container %s", s->text);
	snprintf(details, sizeof details, "%zu containers are meant: %s%s", s->n, s->list,
	         s->n > SHOWN_MAX ? ", ..." : "");
	return fail(f, CNI_OTHER, details, "container %s", s->text);
}

int container_find(const char *text, enum container_use use, char id[static CONTAINER_ID],
                   struct failure *f)
{
	struct search s = { .text = text, .length = strlen(text), .use = use };
	const struct endpoint_visit visitor = { .on_record = on_record,
		                                .data = &s,
		                                .matters = may_be_pod };
	struct failure missed = { 0 };

	if (!*text || s.length >= CONTAINER_ID + CONTAINER_ID)
		return fail(f, CNI_OTHER, "it is no id and no name of a pod", "container %s", text);
	/* A directory that cannot be read may have another container of that name. */
	if (!is_exact(text) && endpoint_each(&visitor, &missed) < 0)
		return failure_pass(f, &missed);
	if (s.n > 1 || (!s.n && s.cut))
		return refuse(&s, f);
	snprintf(id, CONTAINER_ID, "%.*s", CONTAINER_ID - 1, s.n ? s.id : text);
	return 0;
}
