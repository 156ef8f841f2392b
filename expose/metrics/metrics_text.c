/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting the metrics of this node, and writing their text. */
#include "base/cli.h"
#include "expose/metrics/metrics.h"
#include "record/condition.h"
#include "record/counters.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* One line of labels for each endpoint. Equal ones are counted when all are sorted. */
struct collected {
	struct verifier verifier;
	struct usages usages;
	char **labels; /* owned */
	size_t n;
};

static void collected_release(struct collected *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->labels[i]);
	free(c->labels);
	verifier_release(&c->verifier);
	usages_release(&c->usages);
}

static const char *state_of(const struct collected *c, const struct endpoint *e,
                            const struct failure *error)
{
	struct failure why;
	struct link link;

	failure_clear(&why);
	return condition_name(condition_of(&c->verifier, NULL, e, error, &link, &why));
}

static void print_value(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			fputc('\\', out);
		fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
	}
}

static void print_label(FILE *out, const char *before, const char *name, const char *value)
{
	fprintf(out, "%s%s=\"", before, name);
	print_value(out, value ? value : "");
	fputc('"', out);
}

static char *labels_make(const struct endpoint *e, const char *state)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	print_label(out, "", "network", e->network);
	print_label(out, ",", "kind", e->kind);
	print_label(out, ",", "mode", e->mode);
	print_label(out, ",", "master", e->master);
	print_label(out, ",", "state", state);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static int on_record(const struct endpoint *e, const struct failure *error, void *data)
{
	struct collected *c = data;
	char **more = realloc(c->labels, (c->n + 1) * sizeof *more);

	if (!more)
		return -1;
	c->labels = more;
	c->labels[c->n] = labels_make(e, state_of(c, e, error));
	if (!c->labels[c->n])
		return -1;
	c->n++;
	return error ? 0 : usages_add(&c->usages, e);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void head_print(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void endpoints_print(FILE *out, struct collected *c)
{
	head_print(out, "podtap_endpoints", "gauge", "Endpoints of this node.");
	if (c->n)
		qsort(c->labels, c->n, sizeof *c->labels, compare);
	for (size_t i = 0, same; i < c->n; i += same) {
		for (same = 1; i + same < c->n && strcmp(c->labels[i], c->labels[i + same]) == 0;)
			same++;
		fprintf(out, "podtap_endpoints{%s} %zu\n", c->labels[i], same);
	}
}

static void usages_print(FILE *out, const struct usages *all)
{
	head_print(out, "podtap_ipam_addresses", "gauge",
	           "Addresses that the ranges of a network of podtap-ipam may give.");
	for (size_t i = 0; i < all->n; i++) {
		print_label(out, "podtap_ipam_addresses{", "network", all->usage[i].network);
		fprintf(out, "} %.0f\n", all->usage[i].size);
	}
	head_print(out, "podtap_ipam_addresses_used", "gauge", "Reservations of that network.");
	for (size_t i = 0; i < all->n; i++) {
		print_label(out, "podtap_ipam_addresses_used{", "network", all->usage[i].network);
		fprintf(out, "} %" PRIu64 "\n", all->usage[i].used);
	}
}

static void failures_print(FILE *out, const struct counters *c)
{
	head_print(out, "podtap_call_failures_total", "counter",
	           "Calls that failed, by verb and error code; code 0: any other.");
	for (size_t v = 0; v < COUNTED_VERBS; v++)
		for (size_t i = 0; i < COUNTED_CODES; i++)
			if (c->verb[v].failed[i])
				fprintf(out,
				        "podtap_call_failures_total{verb=\"%s\",code=\"%d\"} "
				        "%" PRIu64 "\n",
				        counted_verbs[v], counted_codes[i], c->verb[v].failed[i]);
}

/* The classes of a histogram include all smaller ones. */
static void times_print(FILE *out, const char *verb, const struct verb_counters *c)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < COUNTED_TIMES; i++) {
		char end[32] = "+Inf";
		sum += c->took[i];
		if (counted_times[i])
			snprintf(end, sizeof end, "%g", counted_times[i] / 1e6);
		fprintf(out,
		        "podtap_call_duration_seconds_bucket{verb=\"%s\",le=\"%s\"} %" PRIu64 "\n",
		        verb, end, sum);
	}
	fprintf(out,
	        "podtap_call_duration_seconds_sum{verb=\"%s\"} %.6f\n"
	        "podtap_call_duration_seconds_count{verb=\"%s\"} %" PRIu64 "\n",
	        verb, (double)c->microseconds / 1e6, verb, sum);
}

/* Prints what was counted, or why nothing is. */
static void calls_print(FILE *out)
{
	struct counters counters;
	struct failure why = { 0 };

	if (counters_read(&counters, &why) < 0) {
		fputs("# No call is counted: ", out);
		print_value(out, why.msg);
		fputs(": ", out);
		print_value(out, why.details);
		fputc('\n', out);
		return;
	}
	failures_print(out, &counters);
	head_print(out, "podtap_call_duration_seconds", "histogram",
	           "Time from the start of a call to its answer.");
	for (size_t v = 0; v < COUNTED_VERBS; v++)
		times_print(out, counted_verbs[v], &counters.verb[v]);
}

static void all_print(FILE *out, struct collected *c)
{
	head_print(out, "podtap_build_info", "gauge", "The version of podtap.");
	fprintf(out, "podtap_build_info{version=\"" PODTAP_VERSION "\"} 1\n");
	endpoints_print(out, c);
	usages_print(out, &c->usages);
	calls_print(out);
}

static int collect(struct collected *c, struct failure *f)
{
	const struct endpoint_visit visit = { .on_record = on_record, .data = c };

	if (verifier_open(&c->verifier, f) < 0)
		return -1;
	if (endpoint_each(&visit, f) == 0)
		return 0;
	return f->code ? -1 : fail_errno(f, ENOMEM, "collect the endpoints");
}

char *metrics_text(size_t *length, struct failure *f)
{
	OWNED(collected_release) struct collected c = { .verifier = VERIFIER_CLOSED };
	char *text = NULL;

	if (collect(&c, f) < 0)
		return NULL;
	FILE *out = open_memstream(&text, length);
	if (!out) {
		fail_errno(f, errno, "write the metrics");
		return NULL;
	}
	all_print(out, &c);
	const int pools = pools_print(out, f);
	if (fclose(out) == 0 && pools == 0)
		return text;
	if (pools == 0)
		fail_errno(f, errno, "write the metrics");
	free(text);
	return NULL;
}
