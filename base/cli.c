/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a command line by the table of a program's options. */
#include "base/cli.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#ifndef PODTAP_LINKAGE /* static or dynamic; the Makefile knows */
#define PODTAP_LINKAGE "linked by hand"
#endif

enum { OPTIONS_MAX = 32, KEY_VERSION = 256 };

static void usage_print(const struct cli *cli, FILE *to)
{
	fprintf(to, "usage: %s%s%s\n       %s --help | --version\n", cli->program,
	        *cli->synopsis ? " " : "", cli->synopsis, cli->program);
}

int cli_misused(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", cli->program);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	usage_print(cli, stderr);
	return CLI_MISUSED;
}

static bool is_letter(int key)
{
	return (key >= 'a' && key <= 'z') || (key >= 'A' && key <= 'Z');
}

static void option_print(const struct cli_option *o)
{
	char letter[8] = "    ", left[64];

	if (is_letter(o->key))
		snprintf(letter, sizeof letter, "-%c, ", o->key);
	snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, o->value ? " " : "",
	         o->value ? o->value : "");
	printf("  %-26s %s\n", left, o->help);
}

static const struct cli_option common[] = {
	{ "help", NULL, 'h', "print this help" },
	{ "version", NULL, KEY_VERSION, "print the version" },
};

static int help_print(const struct cli *cli)
{
	usage_print(cli, stdout);
	printf("\n%s\n", cli->about);
	for (const struct cli_option *o = cli->options; o && o->name; o++)
		option_print(o);
	for (size_t i = 0; i < sizeof common / sizeof *common; i++)
		option_print(&common[i]);
	return fflush(stdout) == 0 ? 0 : 1;
}

static int version_print(const struct cli *cli)
{
	printf("%s %s (%s)\n", cli->program, PODTAP_VERSION, PODTAP_LINKAGE);
	return fflush(stdout) == 0 ? 0 : 1;
}

/* The tables in getopt's two forms: options with a letter, and options with a name. */
struct spelled {
	char letters[3 + 2 * OPTIONS_MAX];
	struct option names[OPTIONS_MAX + 1];
};

static void spell(struct spelled *s, size_t *n, const struct cli_option *o)
{
	if (*n == OPTIONS_MAX)
		return;
	s->names[(*n)++] = (struct option){ o->name, o->value ? required_argument : no_argument,
		                            NULL, o->key };
	if (is_letter(o->key))
		strncat(s->letters, (char[]){ (char)o->key, o->value ? ':' : '\0', '\0' }, 2);
}

static void spell_all(struct spelled *s, const struct cli *cli)
{
	size_t n = 0;

	/* With the colon, getopt tells an option that lacks its value from an unknown one. */
	*s = (struct spelled){ .letters = "" };
	snprintf(s->letters, sizeof s->letters, "%s", cli->leading ? "+:" : ":");
	for (const struct cli_option *o = cli->options; o && o->name; o++)
		spell(s, &n, o);
	for (size_t i = 0; i < sizeof common / sizeof *common; i++)
		spell(s, &n, &common[i]);
}

static int refuse(const struct cli_walk *w, int why)
{
	/* musl counts the missing value of a last option too. */
	const int at = optind < w->argc ? optind : w->argc;
	const char *word = w->argv[at > 1 ? at - 1 : 1];
	const char letter[] = { '-', (char)optopt, '\0' };

	if (is_letter(optopt) && strncmp(word, "--", 2) != 0)
		word = letter;
	if (why == ':')
		return cli_misused(w->cli, "option %s needs a value", word);
	return cli_misused(w->cli, "unknown option %s", word);
}

int cli_next(struct cli_walk *w)
{
	struct spelled s;

	spell_all(&s, w->cli);
	opterr = 0;
	const int key = getopt_long(w->argc, w->argv, s.letters, s.names, NULL);
	w->value = optarg;
	w->rest = optind;
	switch (key) {
	case -1:
		return CLI_ARGUMENTS;
	case 'h':
		w->status = help_print(w->cli);
		return CLI_EXIT;
	case KEY_VERSION:
		w->status = version_print(w->cli);
		return CLI_EXIT;
	case ':':
	case '?':
		w->status = refuse(w, key);
		return CLI_EXIT;
	default:
		return key;
	}
}

bool cli_bare(const struct cli *cli, int argc, char **argv, int *status)
{
	struct cli_walk w = { .cli = cli, .argc = argc, .argv = argv };

	if (cli_next(&w) == CLI_EXIT) {
		*status = w.status;
		return false;
	}
	if (w.rest < argc) {
		*status = cli_misused(cli, "unexpected argument %s", argv[w.rest]);
		return false;
	}
	return true;
}
