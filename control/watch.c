/* SPDX-License-Identifier: Apache-2.0 */
/* Watching the directories of records by inotify: one of all containers, and one of each. */
#include "control/watch.h"

#include "base/entries.h"
#include "base/file.h"
#include "base/json.h"
#include "base/name.h"
#include "control/yaml.h"
#include "record/state.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>

struct watched {
	int number;         /* of the watch */
	char *container_id; /* owned */
};

/* What was printed last of an endpoint. */
struct shown {
	char *container_id; /* owned */
	char ifname[IFNAMSIZ];
	char *text; /* owned */
};

struct watch {
	enum output form;
	const struct listing_filter *filter;
	int inotify;             /* owned */
	char *path;              /* of all records; owned */
	int all;                 /* the watch of all containers */
	struct watched *watched; /* owned */
	size_t n_watched;
	struct shown *shown; /* owned */
	size_t n_shown;
	int width[LISTING_COLUMNS];
};

static void watch_release(struct watch *w)
{
	for (size_t i = 0; i < w->n_watched; i++)
		text_release(&w->watched[i].container_id);
	for (size_t i = 0; i < w->n_shown; i++) {
		text_release(&w->shown[i].container_id);
		text_release(&w->shown[i].text);
	}
	free(w->watched);
	free(w->shown);
	text_release(&w->path);
	fd_release(&w->inotify);
}

static int no_memory(struct failure *f)
{
	return fail_errno(f, ENOMEM, "watch the endpoints");
}

/* Returns a row as text, which the caller frees; NULL without memory. */
static char *row_text(const struct watch *w, const struct listing_row *row)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (w->form == OUTPUT_JSON) {
		OWNED(text_release) char *json = json_text(row->json);
		fprintf(out, "%s\n", json ? json : "null");
	} else if (w->form == OUTPUT_YAML) {
		fputs("---\n", out);
		yaml_print(row->json, out);
	} else {
		listing_print_row(row, w->form, w->width, out);
	}
	return fclose(out) == 0 ? text : (text_release(&text), NULL);
}

static struct shown *shown_find(const struct watch *w, const char *container_id, const char *ifname)
{
	for (size_t i = 0; i < w->n_shown; i++)
		if (strcmp(w->shown[i].ifname, ifname) == 0 &&
		    strcmp(w->shown[i].container_id, container_id) == 0)
			return &w->shown[i];
	return NULL;
}

static struct shown *shown_add(struct watch *w, const char *container_id, const char *ifname)
{
	struct shown *grown = realloc(w->shown, (w->n_shown + 1) * sizeof *grown);

	if (!grown)
		return NULL;
	w->shown = grown;
	struct shown *s = &w->shown[w->n_shown];
	*s = (struct shown){ .container_id = strdup(container_id) };
	snprintf(s->ifname, sizeof s->ifname, "%s", ifname);
	if (!s->container_id)
		return NULL;
	w->n_shown++;
	return s;
}

/* Prints a row unless the same was printed last. */
static int row_show(struct watch *w, const struct listing_row *row, const char *container_id,
                    const char *ifname, struct failure *f)
{
	OWNED(text_release) char *text = row_text(w, row);
	struct shown *s = shown_find(w, container_id, ifname);

	if (!s)
		s = shown_add(w, container_id, ifname);
	if (!text || !s)
		return no_memory(f);
	if (s->text && strcmp(s->text, text) == 0)
		return 0;
	fputs(text, stdout);
	if (row->why && !output_is_data(w->form))
		fprintf(stderr, "podtapctl: %s\n", row->why);
	text_release(&s->text);
	s->text = text_take(&text);
	return 0;
}

static int removed_show(struct watch *w, const char *container_id, const char *ifname,
                        struct failure *f)
{
	OWNED(listing_release) struct listing l = { .form = w->form };
	struct shown *s = shown_find(w, container_id, ifname);

	if (!s)
		return 0;
	if (listing_add_removed(&l, container_id, ifname, f) < 0 ||
	    row_show(w, l.row, container_id, ifname, f) < 0)
		return -1;
	s = shown_find(w, container_id, ifname);
	text_release(&s->container_id);
	text_release(&s->text);
	*s = w->shown[--w->n_shown];
	return 0;
}

/* Prints what changed of one endpoint. */
static int endpoint_show(struct watch *w, const char *container_id, const char *ifname,
                         struct failure *f)
{
	OWNED(listing_release) struct listing l = { .form = w->form };
	struct listing_filter filter = *w->filter;
	struct failure missed = { 0 };

	filter.container_id = container_id;
	filter.ifname = ifname;
	if (listing_collect(&l, &filter, &missed, f) < 0)
		return -1;
	return l.n ? row_show(w, l.row, container_id, ifname, f)
	           : removed_show(w, container_id, ifname, f);
}

/* Takes the interface out of the name of a record's file. */
static bool ifname_of(const char *file, char ifname[static IFNAMSIZ])
{
	const char *end = strrchr(file, '.');
	const size_t length = end ? (size_t)(end - file) : 0;

	if (!length || length >= IFNAMSIZ || strcmp(end, ".json") != 0)
		return false;
	snprintf(ifname, IFNAMSIZ, "%.*s", (int)length, file);
	return true;
}

/* Begins to watch a container, and prints what it has already. One that is gone again is left
 * out. */
static int container_watch(struct watch *w, const char *container_id, bool show, struct failure *f)
{
	OWNED(text_release) char *path = path_join(w->path, container_id);
	const int number =
	        path ? inotify_add_watch(w->inotify, path,
	                                 IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM |
	                                         IN_ONLYDIR | IN_DONT_FOLLOW)
	             : -1;
	char ifname[IFNAMSIZ];
	const char *name;

	if (number < 0)
		return !path || (errno != ENOENT && errno != ENOTDIR)
		               ? fail_errno(f, errno, "watch the endpoints of %s", container_id)
		               : 0;
	struct watched *grown = realloc(w->watched, (w->n_watched + 1) * sizeof *grown);
	if (!grown)
		return no_memory(f);
	w->watched = grown;
	w->watched[w->n_watched] = (struct watched){ number, strdup(container_id) };
	if (!w->watched[w->n_watched++].container_id)
		return no_memory(f);
	OWNED(entries_release) struct entries records;
	entries_begin(&records,
	              show ? openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
	                   : -1);
	while ((name = entries_next(&records)))
		if (ifname_of(name, ifname) && endpoint_show(w, container_id, ifname, f) < 0)
			return -1;
	return 0;
}

static int begin(struct watch *w, struct failure *f)
{
	OWNED(fd_release) int all = state_open("endpoints", true, f);
	OWNED(entries_release) struct entries containers;
	const char *name;

	if (all < 0)
		return -1;
	w->path = path_join(state_path(), "endpoints");
	w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	w->all = w->path && w->inotify >= 0
	                 ? inotify_add_watch(w->inotify, w->path,
	                                     IN_CREATE | IN_MOVED_TO | IN_ONLYDIR)
	                 : -1;
	if (w->all < 0)
		return fail_errno(f, errno, "watch the endpoints");
	entries_begin(&containers, fd_take(&all));
	while ((name = entries_next(&containers)))
		if (identifier_valid(name) && container_watch(w, name, false, f) < 0)
			return -1;
	return 0;
}

/* Prints all endpoints, as list does. */
static int all_show(struct watch *w, struct failure *f)
{
	OWNED(listing_release) struct listing l = { .form = w->form };
	struct failure missed = { 0 };

	if (listing_collect(&l, w->filter, &missed, f) < 0)
		return -1;
	listing_widths(&l, w->width);
	if (!output_is_data(w->form))
		listing_print_row(NULL, w->form, w->width, stdout);
	for (size_t i = 0; i < l.n; i++)
		if (row_show(w, &l.row[i], l.row[i].cell[0], l.row[i].cell[1], f) < 0)
			return -1;
	if (missed.code)
		fprintf(stderr, "podtapctl: %s: %s\n", missed.msg, missed.details);
	return 0;
}

static int event_handle(struct watch *w, const struct inotify_event *e, struct failure *f)
{
	char ifname[IFNAMSIZ];

	if (e->mask & IN_Q_OVERFLOW)
		return all_show(w, f);
	if (e->wd == w->all && e->mask & IN_IGNORED)
		return fail(f, CNI_IO, "it was removed", "the directory %s", w->path);
	if (e->wd == w->all)
		return e->len && identifier_valid(e->name) ? container_watch(w, e->name, true, f)
		                                           : 0;
	for (size_t i = 0; i < w->n_watched; i++) {
		struct watched *at = &w->watched[i];
		if (at->number != e->wd)
			continue;
		if (e->len && ifname_of(e->name, ifname))
			return endpoint_show(w, at->container_id, ifname, f);
		if (e->mask & IN_IGNORED) {
			text_release(&at->container_id);
			*at = w->watched[--w->n_watched];
		}
		return 0;
	}
	return 0;
}

static int events_handle(struct watch *w, struct failure *f)
{
	char bytes[16384] __attribute__((aligned(8)));
	const ssize_t length = read(w->inotify, bytes, sizeof bytes);

	if (length < 0)
		return errno == EAGAIN || errno == EINTR
		               ? 0
		               : fail_errno(f, errno, "watch the endpoints");
	for (ssize_t at = 0; at < length;) {
		const struct inotify_event *e = (const void *)(bytes + at);
		if (event_handle(w, e, f) < 0)
			return -1;
		at += (ssize_t)(sizeof *e + e->len);
	}
	return 0;
}

int watch_run(enum output form, const struct listing_filter *filter, struct failure *f)
{
	OWNED(watch_release)
	struct watch w = { .form = form, .filter = filter, .inotify = -1, .all = -1 };
	struct pollfd on[] = { { .events = POLLIN }, { .fd = STDOUT_FILENO } };

	if (begin(&w, f) < 0 || all_show(&w, f) < 0)
		return -1;
	on[0].fd = w.inotify;
	while (fflush(stdout) == 0 && !on[1].revents) {
		if (poll(on, 2, -1) < 0 && errno != EINTR)
			return fail_errno(f, errno, "watch the endpoints");
		if (events_handle(&w, f) < 0)
			return -1;
	}
	return 0;
}
