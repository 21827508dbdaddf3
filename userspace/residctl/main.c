// SPDX-License-Identifier: Apache-2.0
/*
 * residctl: from words to a call, from a failure to one sentence and an exit status. What can be called is in table.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "util/cleanup.h"
#include "util/memory.h"

#ifndef RESID_VERSION
#define RESID_VERSION "0.1"
#endif

struct parse {
	const struct command *command;
	const char **value;	/* beside the options */
	char **joined;		/* the same for values that are made here */
	char **argv;		/* positional */
	int argc;
	bool help;
	struct resid_error *err;
};

static void parse_fini(struct parse *parse)
{
	size_t i;

	for (i = 0; parse->joined && i < table_option_count(parse->command); i++)
		free(parse->joined[i]);
	free(parse->joined);
	free(parse->value);
	free(parse->argv);
}

static int parse_fail(const struct parse *parse, const char *what, const char *word)
{
	return resid_fail(parse->err, RESID_EXIT_USAGE, "%s: %s '%s'; see `residctl help %s`", parse->command->name, what,
			  word, parse->command->name);
}

/* The option that a word names: in full, or -x by its first letter, the first in the table of those that begin so. */
static const struct command_option *parse_option(const struct parse *parse, const char *name, size_t length, bool brief)
{
	const struct command_option *option, *found = NULL;

	for (option = parse->command->options; option && option->name; option++) {
		if (brief ? option->name[0] != name[0] :
			    strlen(option->name) != length || strncmp(option->name, name, length))
			continue;
		if (brief && !option->name[1])
			return option;	/* --n is -n, whatever else begins so */
		if (!found)
			found = option;
	}
	return found;
}

static bool parse_repeats(const struct command_option *option)
{
	size_t length = option->arg ? strlen(option->arg) : 0;

	return length > 4 && !strcmp(option->arg + length - 4, ",...");
}

static void parse_set(struct parse *parse, size_t index, const char *value)
{
	char *joined;

	if (!parse->value[index]) {
		parse->value[index] = value;
		return;
	}
	joined = mem_format("%s,%s", parse->value[index], value);
	free(parse->joined[index]);
	parse->value[index] = parse->joined[index] = joined;
}

/* argv[*i] begins with '-'; an argument in the next word moves *i. */
static int parse_one_option(struct parse *parse, int argc, char **argv, int *i)
{
	char *word = argv[*i];
	bool brief = word[1] != '-';
	const char *name = word + (brief ? 1 : 2), *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name);
	const char *attached = equals ? equals + 1 : NULL;
	const struct command_option *option;
	size_t index;

	if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
		parse->help = true;
		return 0;
	}
	option = parse_option(parse, name, length, brief);
	if (!option || (brief && !name[0]))
		return parse_fail(parse, "unknown option", word);
	if (brief)
		attached = name[1] ? name + 1 : NULL;
	index = (size_t)(option - parse->command->options);
	if (parse->value[index] && !parse_repeats(option))
		return parse_fail(parse, "an option stands twice:", word);
	if (!option->arg) {
		if (attached)
			return parse_fail(parse, "an option takes no argument:", word);
		parse->value[index] = "";
		return 0;
	}
	if (!attached && *i + 1 < argc)
		attached = argv[++*i];
	if (!attached || !*attached)
		return parse_fail(parse, "an option needs an argument:", word);
	parse_set(parse, index, attached);
	return 0;
}

static int parse_words(struct parse *parse, int argc, char **argv)
{
	const struct command *command = parse->command;
	bool options = true;
	int i;

	parse->value = mem_zero(table_option_count(command) + 1, sizeof(*parse->value));
	parse->joined = mem_zero(table_option_count(command) + 1, sizeof(*parse->joined));
	parse->argv = mem_zero((size_t)argc + 1, sizeof(*parse->argv));
	for (i = 0; i < argc; i++) {
		if (options && !strcmp(argv[i], "--"))
			options = false;
		else if (!options || argv[i][0] != '-' || !argv[i][1])
			parse->argv[parse->argc++] = argv[i];
		else if (parse_one_option(parse, argc, argv, &i))
			return -1;
	}
	if (parse->help)
		return 0;
	if (parse->argc < command->min_args)
		return resid_fail(parse->err, RESID_EXIT_USAGE, "%s: an argument is missing; it is used as: residctl %s %s",
				  command->name, command->name, command->args ? command->args : "");
	if (command->max_args >= 0 && parse->argc > command->max_args)
		return parse_fail(parse, "one argument too many:", parse->argv[command->max_args]);
	return 0;
}

static int main_help(int argc, char **argv, struct resid_error *err)
{
	const struct command *command;
	int words;

	if (!argc) {
		help_print_all(stdout);
		return RESID_EXIT_OK;
	}
	command = table_find(argc, argv, &words);
	if (!command || words != argc)
		return resid_fail(err, RESID_EXIT_USAGE, "help: there is no command '%s%s%s'; see `residctl --help`",
				  argv[0], argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
	help_print_command(stdout, command);
	return RESID_EXIT_OK;
}

static int main_unknown(int argc, char **argv, struct resid_error *err)
{
	const struct command *const *list;
	char family[256] = "";
	size_t length = strlen(argv[0]);

	if (!table_is_family(argv[0]))
		return resid_fail(err, RESID_EXIT_USAGE, "there is no command '%s'; see `residctl --help`", argv[0]);
	for (list = commands; *list; list++)
		if (!strncmp((*list)->name, argv[0], length) && (*list)->name[length] == ' ')
			snprintf(family + strlen(family), sizeof(family) - strlen(family), "%s%s",
				 *family ? ", " : "", (*list)->name + length + 1);
	if (argc > 1 && argv[1][0] != '-')
		return resid_fail(err, RESID_EXIT_USAGE, "there is no command '%s %s'; %s has %s", argv[0], argv[1],
				  argv[0], family);
	return resid_fail(err, RESID_EXIT_USAGE, "%s: a second word is missing, one of %s", argv[0], family);
}

static int main_dispatch(int argc, char **argv, struct resid_error *err)
{
	__attribute__((cleanup(parse_fini))) struct parse parse = { .err = err };
	int words = 0;

	if (!argc)
		return resid_fail(err, RESID_EXIT_USAGE, "a command is missing; see `residctl --help`");
	if (!strcmp(argv[0], "--help") || !strcmp(argv[0], "-h") || !strcmp(argv[0], "help"))
		return main_help(argc - 1, argv + 1, err);
	if (!strcmp(argv[0], "--version") || !strcmp(argv[0], "-V")) {
		puts("residctl " RESID_VERSION);
		return RESID_EXIT_OK;
	}
	if (argv[0][0] == '-')
		return resid_fail(err, RESID_EXIT_USAGE, "unknown option '%s' before the command; see `residctl --help`",
				  argv[0]);
	parse.command = table_find(argc, argv, &words);
	if (!parse.command)
		return main_unknown(argc, argv, err);
	if (parse_words(&parse, argc - words, argv + words))
		return -1;
	if (parse.help) {
		help_print_command(stdout, parse.command);
		return RESID_EXIT_OK;
	}
	return parse.command->run(&(struct call){ parse.command, parse.argc, parse.argv, parse.value }, err);
}

/* A reader that went away (`residctl log | head`) is no failure of ours; a full disk is. */
static int main_flush(struct resid_error *err)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	if (errno == EPIPE)
		return 0;
	return resid_fail(err, RESID_EXIT_SYSTEM, "standard output cannot be written: %s",
			  errno ? strerror(errno) : "an earlier write failed");
}

int main(int argc, char **argv)
{
	struct resid_error err = { .status = RESID_EXIT_SYSTEM };
	int status = main_dispatch(argc ? argc - 1 : 0, argv + 1, &err);

	if (main_flush(&err) && status >= 0)
		status = -1;
	if (status >= 0)
		return status;
	fprintf(stderr, "residctl: %s\n", err.text);
	return err.status;
}
