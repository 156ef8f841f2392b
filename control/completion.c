/* SPDX-License-Identifier: Apache-2.0 */
/* The verb completion: what a shell completes after podtapctl, from the tables of verbs and
 * options. */
#include "control/verb.h"

#include "base/word.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What an argument or an option's value can be, by the capital word that names it in the help. */
enum operand { OPERAND_NONE, OPERAND_FILE, OPERAND_CONTAINER };

static enum operand operand_of(const char *text)
{
	static const struct {
		const char *word;
		enum operand operand;
	} words[] = {
		{ "CONTAINER", OPERAND_CONTAINER },
		{ "FILE", OPERAND_FILE },
		{ "CONF", OPERAND_FILE },
		{ "DIRECTORY", OPERAND_FILE },
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strstr(text, words[i].word))
			return words[i].operand;
	return OPERAND_NONE;
}

/* The attachments' names, from the directory of records: the interfaces of a container after its
 * id, else the containers. */
static const char names_script[] = "directory=${PODTAP_STATE_DIR:-/run/podtap}/endpoints\n"
                                   "\tif [ -n \"$1\" ] && [ -d \"$directory/$1\" ]; then\n"
                                   "\t\tls \"$directory/$1\" 2>/dev/null | sed \"s/\\.json\\$//\"\n"
                                   "\telse\n"
                                   "\t\tls \"$directory\" 2>/dev/null\n"
                                   "\tfi";

/* Prints a text, with a backslash before each of these characters; a quote leaves the quoted text
 * and comes back. */
static void print_quoted(const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\'') {
			fputs("'\\''", stdout);
			continue;
		}
		if (strchr(special, *text))
			putchar('\\');
		putchar(*text);
	}
}

/* Prints the words of a value such as text|json, apart from each other. */
static void print_choices(const char *value)
{
	for (; *value; value++)
		putchar(*value == '|' ? ' ' : *value);
}

static bool has_choices(const struct cli_option *o)
{
	return o->value && strchr(o->value, '|');
}

static bool has_letter(const struct cli_option *o)
{
	return (o->key >= 'a' && o->key <= 'z') || (o->key >= 'A' && o->key <= 'Z');
}

static void bash_value(const struct verb *verb, const struct cli_option *o)
{
	if (!o->value)
		return;
	printf("\t%s:--%s", verb->name, o->name);
	if (has_letter(o))
		printf("|%s:-%c", verb->name, o->key);
	printf(") ");
	if (has_choices(o)) {
		printf("words='");
		print_choices(o->value);
		printf("' ;;\n");
	} else {
		printf("%s ;;\n", operand_of(o->value) == OPERAND_FILE
		                          ? "COMPREPLY=($(compgen -f -- \"$current\"))"
		                          : ":");
	}
}

static void bash_verb(const struct verb *verb)
{
	static const char *const operands[] = {
		[OPERAND_NONE] = "",
		[OPERAND_FILE] = "COMPREPLY=($(compgen -f -- \"$current\"))\n\t\t",
		[OPERAND_CONTAINER] = "words=$(_podtapctl_names \"$before\")\n\t\t",
	};

	for (const struct cli_option *o = verb->cli.options; o && o->name; o++)
		bash_value(verb, o);
	printf("\t%s:*)\n\t\t%swords+=' --help", verb->name,
	       operands[operand_of(verb->cli.synopsis)]);
	for (const struct cli_option *o = verb->cli.options; o && o->name; o++)
		printf(" --%s", o->name);
	printf("' ;;\n");
}

static void bash_print(void)
{
	printf("# bash completion for podtapctl\n_podtapctl_names() {\n\tlocal %s\n}\n",
	       names_script);
	printf("_podtapctl() {\n"
	       "\tlocal current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} "
	       "words=\n"
	       "\tCOMPREPLY=()\n"
	       "\tif [ \"$COMP_CWORD\" = 1 ]; then\n\t\twords='--help --version");
	for (size_t i = 0; verbs[i]; i++)
		printf(" %s", verbs[i]->name);
	printf("'\n\telse case ${COMP_WORDS[1]}:$before in\n");
	for (size_t i = 0; verbs[i]; i++)
		bash_verb(verbs[i]);
	printf("\tesac; fi\n"
	       "\tCOMPREPLY+=($(compgen -W \"$words\" -- \"$current\"))\n"
	       "}\n"
	       "complete -F _podtapctl podtapctl\n");
}

static void zsh_option(const struct cli_option *o)
{
	if (has_letter(o))
		printf(" '(-%c --%s)'{-%c,--%s}'[", o->key, o->name, o->key, o->name);
	else
		printf(" '--%s[", o->name);
	print_quoted(o->help, "[]");
	putchar(']');
	if (has_choices(o)) {
		printf(":%s:(", o->name);
		print_choices(o->value);
		putchar(')');
	} else if (o->value) {
		printf(":%s:%s", o->name, operand_of(o->value) == OPERAND_FILE ? "_files" : "");
	}
	putchar('\'');
}

static void zsh_print(void)
{
	static const char *const operands[] = {
		[OPERAND_NONE] = "",
		[OPERAND_FILE] = " '*:file:_files'",
		[OPERAND_CONTAINER] = " '*:name:_podtapctl_names'",
	};

	printf("#compdef podtapctl\n_podtapctl_names() {\n"
	       "\tlocal -a names\n"
	       "\tnames=(${(f)\"$(sh -c '%s' sh \"$words[CURRENT-1]\")\"})\n"
	       "\t_describe name names\n}\n"
	       "_podtapctl() {\n\tlocal -a verbs\n\tverbs=(\n",
	       names_script);
	for (size_t i = 0; verbs[i]; i++) {
		printf("\t\t'%s:", verbs[i]->name);
		print_quoted(verbs[i]->summary, ":");
		printf("'\n");
	}
	printf("\t)\n\tif (( CURRENT == 2 )); then\n\t\t_describe verb verbs\n\t\treturn\n\tfi\n"
	       "\tcase $words[2] in\n");
	for (size_t i = 0; verbs[i]; i++) {
		printf("\t%s) _arguments '(-h --help)'{-h,--help}'[print this help]'",
		       verbs[i]->name);
		for (const struct cli_option *o = verbs[i]->cli.options; o && o->name; o++)
			zsh_option(o);
		printf("%s ;;\n", operands[operand_of(verbs[i]->cli.synopsis)]);
	}
	printf("\tesac\n}\ncompdef _podtapctl podtapctl\n");
}

static void fish_option(const struct verb *verb, const struct cli_option *o)
{
	printf("complete -c podtapctl -n '__fish_seen_subcommand_from %s' -l %s", verb->name,
	       o->name);
	if (has_letter(o))
		printf(" -s %c", o->key);
	if (has_choices(o)) {
		printf(" -x -a '");
		print_choices(o->value);
		putchar('\'');
	} else if (o->value) {
		printf("%s", operand_of(o->value) == OPERAND_FILE ? " -r -F" : " -x");
	}
	printf(" -d '");
	print_quoted(o->help, "");
	printf("'\n");
}

static void fish_print(void)
{
	static const char *const operands[] = {
		[OPERAND_NONE] = "",
		[OPERAND_FILE] = "-F",
		[OPERAND_CONTAINER] = "-a '(__podtapctl_names)'",
	};

	printf("# fish completion for podtapctl\nfunction __podtapctl_names\n"
	       "\tsh -c '%s' sh (commandline -opc)[-1]\nend\n"
	       "complete -c podtapctl -f\n",
	       names_script);
	for (size_t i = 0; verbs[i]; i++) {
		const struct verb *verb = verbs[i];
		const char *operand = operands[operand_of(verb->cli.synopsis)];

		printf("complete -c podtapctl -n __fish_use_subcommand -a %s -d '", verb->name);
		print_quoted(verb->summary, "");
		printf("'\n");
		if (*operand)
			printf("complete -c podtapctl -n '__fish_seen_subcommand_from %s' %s\n",
			       verb->name, operand);
		for (const struct cli_option *o = verb->cli.options; o && o->name; o++)
			fish_option(verb, o);
	}
}

static const struct shell {
	const char *name;
	void (*print)(void);
} shells[] = {
	{ "bash", bash_print },
	{ "zsh", zsh_print },
	{ "fish", fish_print },
};

static int completion(const struct call *call, struct failure *f)
{
	char wanted[64] = "it must be one of";

	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
		if (strcmp(call->argument[0], shells[i].name) == 0) {
			shells[i].print();
			return 0;
		}
		word_add(wanted, sizeof wanted, i ? ", " : ": ", shells[i].name);
	}
	return fail(f, CNI_OTHER, wanted, "shell %s", call->argument[0]);
}

const struct verb verb_completion = {
	.name = "completion",
	.summary = "the completion of a shell, as a script",
	.cli = { .program = "podtapctl completion",
	         .synopsis = "bash|zsh|fish",
	         .about = "Prints the script by which a shell completes verbs, options and "
	                  "containers.\n"
	                  "make install installs a file for each shell that asks for it.\n\n"
	                  "  podtapctl completion bash >/etc/bash_completion.d/podtapctl\n" },
	.fewest = 1,
	.most = 1,
	.arguments = "a shell",
	.run = completion,
};
