/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of every program: the same options, usage line, messages and exit code. */
#ifndef BASE_CLI_H
#define BASE_CLI_H

#include <stdbool.h>

#ifndef PODTAP_VERSION /* the Makefile takes it from VERSION */
#define PODTAP_VERSION "0.0.0"
#endif

enum { CLI_MISUSED = 2 }; /* the exit code */

struct cli_option {
	const char *name;
	const char *value; /* name of the option's value in the help; NULL: no value */
	int key; /* cli_next() returns it; a letter is also the short form of the option */
	const char *help;
};

struct cli {
	const char *program;
	const char *synopsis;             /* the text after the program's name in the usage line */
	const char *about;                /* lines of the help, each with its newline */
	const struct cli_option *options; /* without --help and --version; ends without a name */
	bool leading; /* options end at the first argument, which may be another command */
};

/* The values of cli_next() that are no option's key. */
enum { CLI_ARGUMENTS = 0, CLI_EXIT = -1 };

struct cli_walk {
	const struct cli *cli;
	int argc;
	char **argv;
	const char *value; /* the value of the option just returned; borrowed from argv */
	int rest;          /* CLI_ARGUMENTS: the index of the first argument */
	int status;        /* CLI_EXIT: the exit code */
};

/* Read the next option. Returns the key of the option, CLI_ARGUMENTS after the last option, or
 * CLI_EXIT. CLI_EXIT: the program must end with w->status. cli_next() has then printed the help,
 * the version, or a message that names the unknown option. */
int cli_next(struct cli_walk *w);

/* Print a message and the usage line on stderr. Returns CLI_MISUSED. */
int cli_misused(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Read a command line that has no options of its own and no arguments. Returns false if the program
 * must end with *status. */
bool cli_bare(const struct cli *cli, int argc, char **argv, int *status);

#endif
