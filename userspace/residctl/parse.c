// SPDX-License-Identifier: Apache-2.0
#include "parse.h"

#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/nearest.h"

void parse_fini(struct parse *parse)
{
	for (size_t i = 0; parse->joined && i < table_option_count(parse->command); i++)
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

/* The option that a word names: in full, or -x by its first letter, the first of the list that begins so. */
static const struct command_option *parse_find(const struct command_option *option, const char *name, size_t length,
					       bool brief)
{
	const struct command_option *found = NULL;

	for (; option && option->name; option++) {
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

/* A word of the command line that begins with '-', taken apart. */
struct parse_word {
	const char *word, *name, *attached;
	size_t length;		/* of the name */
	bool brief;
};

static struct parse_word parse_word(const char *word)
{
	const bool brief = word[1] != '-';
	const char *name = word + (brief ? 1 : 2), *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name);

	if (brief)
		return (struct parse_word){ word, name, name[0] && name[1] ? name + 1 : NULL, 1, true };
	return (struct parse_word){ word, name, equals ? equals + 1 : NULL, length, false };
}

/* "; did you mean '--json'?", or where to look. */
static int parse_unknown(const struct parse *parse, const struct parse_word *word)
{
	const struct command_option *const lists[] = { parse->command->options, common_options };
	_cleanup_free_ char *name = mem_copy(word->name, word->length);
	struct nearest nearest = { .word = name };

	for (size_t i = 0; i < 2 && !word->brief; i++)
		for (const struct command_option *option = lists[i]; option && option->name; option++)
			nearest_try(&nearest, option->name, NULL);
	if (!nearest.best)
		return parse_fail(parse, "unknown option", word->word);
	return resid_fail(parse->err, RESID_EXIT_USAGE, "%s: unknown option '%s'; did you mean '--%s'?",
			  parse->command->name, word->word, nearest.best);
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

/* An option of every verb, none of which takes an argument. */
static int parse_common(struct parse *parse, const struct command_option *option, const struct parse_word *word)
{
	if (word->attached)
		return resid_fail(parse->err, RESID_EXIT_USAGE, "an option takes no argument: '%s'", word->word);
	parse->common[option - common_options] = true;
	return 0;
}

/* An argument in the next word, `next` (or NULL), is taken: *took says so. */
static int parse_option(struct parse *parse, const struct parse_word *word, const char *next, bool *took)
{
	const struct command_option *options = parse->command->options;
	const struct command_option *option = parse_find(options, word->name, word->length, word->brief);
	const struct command_option *common = parse_find(common_options, word->name, word->length, word->brief);
	const char *value = word->attached;
	size_t index;

	*took = false;
	if (!option || !strcmp(word->word, "-h"))
		return common ? parse_common(parse, common, word) : parse_unknown(parse, word);
	index = (size_t)(option - options);
	if (parse->value[index] && !parse_repeats(option))
		return parse_fail(parse, "an option stands twice:", word->word);
	if (!option->arg) {
		if (value)
			return parse_fail(parse, "an option takes no argument:", word->word);
		parse->value[index] = "";
		return 0;
	}
	if (!value) {
		value = next;
		*took = true;
	}
	if (!value || !*value)
		return parse_fail(parse, "an option needs an argument:", word->word);
	parse_set(parse, index, value);
	return 0;
}

int parse_before(struct parse *parse, int argc, char **argv, int *words)
{
	for (*words = 0; *words < argc && argv[*words][0] == '-'; ++*words) {
		const struct parse_word word = parse_word(argv[*words]);
		const struct command_option *common = parse_find(common_options, word.name, word.length, word.brief);

		if (!strcmp(word.word, "--version") || !strcmp(word.word, "-V"))
			return 0;
		if (!common || !word.name[0])
			return resid_fail(parse->err, RESID_EXIT_USAGE,
					  "unknown option '%s' before the command: --json, --wide, --no-color, --help and "
					  "--version may stand there, the options of a command stand behind it", word.word);
		if (parse_common(parse, common, &word))
			return -1;
	}
	return 0;
}

int parse_words(struct parse *parse, int argc, char **argv)
{
	const struct command *command = parse->command;
	bool options = true, took;

	parse->value = mem_zero(table_option_count(command) + 1, sizeof(*parse->value));
	parse->joined = mem_zero(table_option_count(command) + 1, sizeof(*parse->joined));
	parse->argv = mem_zero((size_t)argc + 1, sizeof(*parse->argv));
	for (int i = 0; i < argc; i++) {
		const struct parse_word word = parse_word(argv[i][0] ? argv[i] : "--");

		if (options && !strcmp(argv[i], "--")) {
			options = false;
		} else if (!options || argv[i][0] != '-' || !argv[i][1]) {
			parse->argv[parse->argc++] = argv[i];
		} else if (parse_option(parse, &word, i + 1 < argc ? argv[i + 1] : NULL, &took)) {
			return -1;
		} else if (took) {
			i++;
		}
	}
	if (parse->common[COMMON_HELP])
		return 0;
	if (parse->argc < command->min_args)
		return resid_fail(parse->err, RESID_EXIT_USAGE, "%s: an argument is missing; it is used as: residctl %s %s",
				  command->name, command->name, command->args ? command->args : "");
	if (command->max_args >= 0 && parse->argc > command->max_args)
		return parse_fail(parse, "one argument too many:", parse->argv[command->max_args]);
	return 0;
}
