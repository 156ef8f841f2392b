/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting and printing findings. */
#include "control/findings.h"

#include "base/json.h"
#include "control/verb.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static const char *const levels[] = {
	[LEVEL_OK] = "ok",       [LEVEL_NOTE] = "note",       [LEVEL_WARN] = "warn",
	[LEVEL_ERROR] = "error", [LEVEL_UNKNOWN] = "unknown",
};

static void finding_release(struct finding *it)
{
	text_release(&it->container);
	text_release(&it->ifname);
	text_release(&it->what);
	text_release(&it->why);
}

void findings_release(struct findings *l)
{
	for (size_t i = 0; i < l->n; i++)
		finding_release(&l->list[i]);
	free(l->list);
	*l = (struct findings){ .list = NULL };
}

/* Copies a text that may be absent. Returns false without memory. */
static bool copy(const char *text, char **out)
{
	*out = text ? strdup(text) : NULL;
	return !text || *out;
}

void finding_add(struct findings *l, const struct finding_kind *kind, const char *why,
                 const char *fmt, ...)
{
	struct finding fresh = { .kind = kind, .place = l->n };
	struct finding *grown = realloc(l->list, (l->n + 1) * sizeof *grown);
	va_list ap;

	if (grown)
		l->list = grown;
	va_start(ap, fmt);
	const bool said = vasprintf(&fresh.what, fmt, ap) >= 0;
	va_end(ap);
	if (!said)
		fresh.what = NULL;
	if (grown && said && copy(why, &fresh.why) && copy(l->container, &fresh.container) &&
	    copy(l->ifname, &fresh.ifname)) {
		l->list[l->n++] = fresh;
		l->worst = kind->level > l->worst ? kind->level : l->worst;
		return;
	}
	l->failed = true;
	finding_release(&fresh);
}

void finding_unknown(struct findings *l, const struct failure *why)
{
	static const struct finding_kind unexamined = { LEVEL_UNKNOWN, "not-examined", NULL, NULL };

	finding_add(l, &unexamined, why->details, "%s", why->msg);
}

static int text_compare(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int by_endpoint(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	const int container = text_compare(x->container, y->container);
	const int order = container ? container : text_compare(x->ifname, y->ifname);

	return order ? order : (x->place > y->place) - (x->place < y->place);
}

void findings_sort(struct findings *l)
{
	if (l->n)
		qsort(l->list, l->n, sizeof *l->list, by_endpoint);
}

bool findings_bad(const struct findings *l, size_t first)
{
	for (size_t i = first; i < l->n; i++)
		if (l->list[i].kind->level > LEVEL_NOTE)
			return true;
	return false;
}

/* Prints a text without control characters: it may be a container's. */
static void text_print(const char *before, const char *text, FILE *out)
{
	if (!text || !*text)
		return;
	fputs(before, out);
	for (; *text; text++)
		fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, out);
}

static const char *why_of(const struct finding *it)
{
	return it->why ? it->why : it->kind->why;
}

static void finding_print(const struct finding *it, FILE *out)
{
	fprintf(out, "%-5s  %s: ", levels[it->kind->level], it->kind->code);
	text_print("", it->ifname, out);
	text_print(it->ifname ? " of " : "", it->container, out);
	text_print(it->container ? ": " : "", it->what, out);
	text_print(": ", why_of(it), out);
	text_print("; ", it->kind->fix, out);
	fputc('\n', out);
}

/* Adds a member unless its text is absent. Returns false without memory. */
static bool member_add(cJSON *object, const char *name, const char *text)
{
	return !text || cJSON_AddStringToObject(object, name, text);
}

static bool finding_add_json(const struct finding *it, cJSON *list)
{
	cJSON *object = cJSON_CreateObject();

	return cJSON_AddItemToArray(list, object) &&
	       member_add(object, "level", levels[it->kind->level]) &&
	       member_add(object, "code", it->kind->code) &&
	       member_add(object, "containerID", it->container) &&
	       member_add(object, "ifname", it->ifname) && member_add(object, "what", it->what) &&
	       member_add(object, "why", why_of(it)) && member_add(object, "fix", it->kind->fix);
}

static int data_print(const struct findings *l, enum output form, FILE *out, struct failure *f)
{
	OWNED(json_release) cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < l->n; i++)
		if (!finding_add_json(&l->list[i], list))
			return fail_errno(f, ENOMEM, "list the findings");
	return output_print(list, form, out, f);
}

int findings_print(const struct findings *l, enum output form, FILE *out, struct failure *f)
{
	if (l->failed)
		return fail_errno(f, ENOMEM, "list the findings");
	if (output_is_data(form) && data_print(l, form, out, f) < 0)
		return -1;
	for (size_t i = 0; i < l->n && !output_is_data(form); i++)
		finding_print(&l->list[i], out);
	return l->worst == LEVEL_UNKNOWN ? EXIT_UNKNOWN : l->worst > LEVEL_NOTE ? EXIT_STALE : 0;
}
