/* SPDX-License-Identifier: Apache-2.0 */
/* The executable podtapctl: lists this host's endpoints, and prints the network configuration of a
 * guest, and stable MAC addresses. Exit codes: 0; 1: an endpoint of the list is stale; 2: the state
 * of one is unknown. */
#include "base/cli.h"
#include "base/stable_mac.h"
#include "record/verify.h"
#include "tools/guest_config.h"
#include "tools/listing.h"

#include <string.h>

enum { EXIT_STALE = 1, EXIT_UNKNOWN = 2 };

struct call {
	const char *container_id; /* NULL: any container */
	const char *ifname;
	const char *const *arguments; /* all */
	bool json;
	const char *format; /* NULL: the first format */
};

static const struct cli cli = {
	.program = "podtapctl",
	.synopsis = "VERB [OPTION...] [ARGUMENT...]",
	.about = "list                              every endpoint of this host\n"
	         "show CONTAINER [IFNAME]           a container's endpoints, or one of them\n"
	         "guest-config CONTAINER IFNAME     what a guest there is to know of its network\n"
	         "mac NETWORK [NAMESPACE/]NAME IFNAME   the address that \"mac\": \"stable\" "
	         "gives\n",
	.options =
	        (const struct cli_option[]){
	                { "json", NULL, 'j', "list, show: as JSON" },
	                { "format", "FORMAT", 'f', "guest-config: cloud-init, kernel or json" },
	                { .name = NULL },
	        },
};

/* Reports a missing record. Runtimes accept the beginning of an id, but here it could select the
 * wrong container. */
static int unknown(const struct call *call, struct failure *f)
{
	return fail(f, CNI_OTHER,
	            "there is no record of it: podtapctl list shows those there are, by whole ids",
	            "endpoint%s%s of %s", call->ifname ? " " : "s",
	            call->ifname ? call->ifname : "", call->container_id);
}

static int list(const struct call *call, struct failure *f)
{
	OWNED(listing_release) struct listing l = { .json = call->json };
	struct failure missed = { 0 };

	if (geteuid() != 0)
		return fail(f, CNI_OTHER, "only root can look into the containers' namespaces",
		            "list the endpoints");
	if (listing_collect(&l, call->container_id, call->ifname, &missed, f) < 0)
		return -1;
	if (call->container_id && !l.n)
		return missed.code ? failure_pass(f, &missed) : unknown(call, f);
	if (!call->json)
		listing_print_table(&l, stdout);
	else if (listing_print_json(&l, call->ifname != NULL, stdout, f) < 0)
		return -1;
	if (missed.code)
		fprintf(stderr, "podtapctl: %s: %s\n", missed.msg, missed.details);
	return l.unknown ? EXIT_UNKNOWN : l.stale ? EXIT_STALE : 0;
}

static const struct guest_format *format_find(const char *name, struct failure *f)
{
	char wanted[128] = "it must be one of";

	for (const struct guest_format *it = guest_formats; it->name; it++)
		if (!name || strcmp(it->name, name) == 0)
			return it;
	for (const struct guest_format *it = guest_formats; it->name; it++)
		word_add(wanted, sizeof wanted, it == guest_formats ? ": " : ", ", it->name);
	fail(f, CNI_OTHER, wanted, "--format %s", name);
	return NULL;
}

/* Uses the link's present MAC and mtu instead of those at ADD: a guest with another MAC receives
 * nothing. */
static int link_apply(struct endpoint *e, struct failure *f)
{
	struct link link;
	const enum found found = endpoint_find_link(e, &link, f);

	if (found != FOUND)
		return -1;
	e->mac = link.mac;
	e->mtu = link.mtu;
	return 0;
}

static int guest_config(const struct call *call, struct failure *f)
{
	OWNED(endpoint_release) struct endpoint e = { .source = NULL };
	OWNED(result_release) struct result r = { 0 };
	const struct guest_format *format = format_find(call->format, f);

	if (!format)
		return -1;
	const enum found found = endpoint_read(call->container_id, call->ifname, &e, f);
	if (found == FOUND_NONE)
		return unknown(call, f);
	if (found == FOUND_FAILED || link_apply(&e, f) < 0 ||
	    result_read(&r, e.source, V1_1_0, "the endpoint record", f) < 0)
		return -1;
	return format->print(&e, &r, stdout, f);
}

/* Names of pods and containers have no slash. */
static int mac(const struct call *call, struct failure *f)
{
	const char *slash = strchr(call->arguments[1], '/');
	OWNED(text_release)
	char *space = strndup(call->arguments[1], slash ? (size_t)(slash - call->arguments[1]) : 0);
	const struct mac_owner owner = { call->arguments[0], space,
		                         slash ? slash + 1 : call->arguments[1],
		                         call->arguments[2] };
	char text[MAC_TEXT];
	struct mac address;

	if (!space)
		return fail_errno(f, ENOMEM, "read the names");
	if (!stable_mac(&owner, &address))
		return fail(f, CNI_OTHER, "they are too long, or are no names",
		            "derive a MAC address of these names");
	puts(mac_format(&address, text));
	return 0;
}

static const struct verb {
	const char *name;
	int (*run)(const struct call *, struct failure *);
	int fewest; /* the smallest number of arguments */
	int most;
	const char *options; /* the letters of its options */
} verbs[] = {
	{ "list", list, 0, 0, "j" },
	{ "show", list, 1, 2, "j" },
	{ "guest-config", guest_config, 2, 2, "f" },
	{ "mac", mac, 3, 3, "" },
};

/* Returns what a call lacks. */
static const char *missing(const struct verb *verb, int n)
{
	if (verb->run == mac)
		return "a network, a name and an interface";
	return n ? "a container and an interface" : "a container";
}

static const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* Reads the arguments after a verb's options. Returns 0; or -1 after the reason was printed, with
 * the exit code in *status. */
static int arguments_read(struct call *call, const struct verb *verb, const struct cli_walk *w,
                          int *status)
{
	const int n = w->argc - w->rest;
	char **at = w->argv + w->rest;

	if (n < verb->fewest || n > verb->most) {
		*status = n > verb->most
		                  ? cli_misused(&cli, "%s: unexpected argument %s", verb->name,
		                                at[verb->most])
		                  : cli_misused(&cli, "%s needs %s", verb->name, missing(verb, n));
		return -1;
	}
	call->arguments = (const char *const *)at;
	call->container_id = n > 0 ? at[0] : NULL;
	call->ifname = n > 1 ? at[1] : NULL;
	return 0;
}

/* Reads the verb, its options and arguments. Returns the verb; or NULL after the program has
 * nothing more to do, with the exit code in *status. */
static const struct verb *call_read(struct call *call, int *status, int argc, char **argv)
{
	const bool named = argc > 1 && *argv[1] != '-';
	const struct verb *verb = named ? verb_find(argv[1]) : NULL;
	struct cli_walk w = { .cli = &cli, .argc = argc - named, .argv = argv + named };

	if (named && !verb) {
		*status = cli_misused(&cli, "unknown verb %s", argv[1]);
		return NULL;
	}
	for (int key; (key = cli_next(&w)) != CLI_ARGUMENTS;) {
		*status = w.status;
		if (key != CLI_EXIT && verb && !strchr(verb->options, key))
			*status = cli_misused(&cli, "%s has no option --%s", verb->name,
			                      key == 'j' ? "json" : "format");
		else if (key != CLI_EXIT) {
			call->json |= key == 'j';
			if (key == 'f')
				call->format = w.value;
			continue;
		}
		return NULL;
	}
	if (!verb)
		*status = cli_misused(&cli, "there is no verb");
	return verb && arguments_read(call, verb, &w, status) == 0 ? verb : NULL;
}

int main(int argc, char **argv)
{
	struct call call = { .container_id = NULL };
	struct failure f = { 0 };

	int status = 0;
	const struct verb *verb = call_read(&call, &status, argc, argv);

	if (!verb)
		return status;
	int done = verb->run(&call, &f);
	if (fflush(stdout) != 0 && done >= 0)
		done = fail_errno(&f, errno, "print");
	if (done >= 0)
		return done;
	fprintf(stderr, "podtapctl: %s: %s\n", f.msg, f.details);
	return EXIT_UNKNOWN;
}
