/* SPDX-License-Identifier: Apache-2.0 */
/* The verb check: what is wrong with endpoints. */
#include "base/name.h"
#include "control/examine.h"
#include "control/verb.h"

#include <string.h>
#include <unistd.h>

struct selection {
	struct examiner *examiner;
	const char *ifname; /* NULL: every */
	size_t n;
};

static bool is_selected(const char *container_id, const char *ifname, void *data)
{
	const struct selection *s = data;

	(void)container_id;
	return !s->ifname || strcmp(ifname, s->ifname) == 0;
}

static int visit(const struct endpoint *e, const struct failure *error, void *data)
{
	struct selection *s = data;

	s->n++;
	examine(s->examiner, e, error);
	return 0;
}

/* Examines the endpoints of a container (NULL: all), and of one interface (NULL: all). */
static int examine_all(struct examiner *x, const char *container_id, const char *ifname,
                       struct failure *f)
{
	struct selection selection = { x, ifname, 0 };
	const struct endpoint_visit visitor = { .on_record = visit,
		                                .data = &selection,
		                                .matters = is_selected };
	struct failure missed = { 0 };
	const int visited = !container_id ? endpoint_each(&visitor, &missed)
	                    : identifier_valid(container_id)
	                            ? endpoint_each_of(container_id, &visitor, &missed)
	                            : 0;

	if (visited < 0)
		finding_unknown(x->findings, &missed);
	else if (container_id && !selection.n)
		return unrecorded(container_id, ifname, f);
	return 0;
}

int check_write(const struct node *node, const char *container_id, const char *ifname,
                enum output form, FILE *out, struct failure *f)
{
	OWNED(findings_release) struct findings findings = { .list = NULL };
	OWNED(examiner_release) struct examiner x = EXAMINER_CLOSED;

	x.node = node;
	x.findings = &findings;
	if (examiner_open(&x, f) < 0 || examine_all(&x, container_id, ifname, f) < 0)
		return -1;
	findings_sort(&findings);
	return findings_print(&findings, form, out, f);
}

static int check(const struct call *call, struct failure *f)
{
	OWNED(node_release) struct node node = NODE_CLOSED;
	enum output form;
	const char *container_id = call_argument(call, 0), *ifname = call_argument(call, 1);

	if (geteuid() != 0)
		return fail(f, CNI_OTHER, "only root can look into the containers' namespaces",
		            "check the endpoints");
	if (!container_id == !call->option['a'])
		return fail(f, CNI_OTHER, "name a container, or give --all alone",
		            "check the endpoints");
	if (output_form(call, &form, f) < 0 || node_open(&node, call->option['r'], f) < 0)
		return -1;
	return check_write(&node, container_id, ifname, form, stdout, f);
}

const struct verb verb_check = {
	.name = "check",
	.summary = "what is wrong with endpoints",
	.cli = { .program = "podtapctl check",
	         .synopsis = "[-o FORM] [--root DIRECTORY] --all | CONTAINER [IFNAME]",
	         .about = "Compares endpoints with their records: link, master, tap, addresses,\n"
	                  "routes, reservations, and what gives the tap to a container.\n"
	                  "Prints a line for each finding: level, code, what, why, and the fix.\n"
	                  "Exits 1 if something is wrong, and 2 if something could not be "
	                  "examined.\n\n"
	                  "  podtapctl check --all -o json | jq '.[] | select(.level == "
	                  "\"error\")'\n",
	         .options = (const struct cli_option[]){ { "all", NULL, 'a',
	                                                   "check every endpoint of this host" },
	                                                 OUTPUT_OPTIONS,
	                                                 NODE_OPTION,
	                                                 { .name = NULL } } },
	.container = CONTAINER_READ,
	.most = 2,
	.run = check,
};
