/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of every program: the same options, usage line, messages and exit code. */
#ifndef BASE_CLI_H
#define BASE_CLI_H

#include <stdbool.h>

#define PODTAP_VERSION "0.1.0"

enum { CLI_MISUSED = 2 }; /* the exit code */

struct cli_option {
	const char *name;
	const char *value; /* what the help calls the option's value; NULL: it takes none */
	int key;           /* cli_next() returns it; a letter is the option's short form too */
	const char *help;
};

struct cli {
	const char *program;
	const char *synopsis;             /* what follows the program's name in the usage line */
	const char *about;                /* lines of the help, each with its newline */
	const struct cli_option *options; /* without --help and --version; ends without a name */
	bool leading; /* options end at the first argument, which may be another command */
};

/* What cli_next() returns beside an option's key. */
enum { CLI_ARGUMENTS = 0, CLI_EXIT = -1 };

struct cli_walk {
	const struct cli *cli;
	int argc;
	char **argv;
	const char *value; /* of the option just returned; borrowed from argv */
	int rest;          /* CLI_ARGUMENTS: the index of the first argument */
	int status;        /* CLI_EXIT: the exit code */
};

/* Reads the next option. Returns its key; CLI_ARGUMENTS after the last one; or CLI_EXIT when the
 * program is to end with w->status: the help or the version was printed, or a message that names
 * what the program does not know. */
int cli_next(struct cli_walk *w);

/* Prints a message and the usage line on stderr. Returns CLI_MISUSED. */
int cli_misused(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Reads a command line that has no options of its own and no arguments. Returns false when the
 * program is to end with *status. */
bool cli_bare(const struct cli *cli, int argc, char **argv, int *status);

#endif
