// SPDX-License-Identifier: Apache-2.0
#include "table.h"

#include <string.h>

#include "util/cleanup.h"
#include "util/memory.h"

/* clang-format off */
/* In the order of the man page. */
#define TABLE_COMMANDS(X) \
	X(policy_check) X(policy_compile) X(policy_load) X(policy_confirm) X(policy_rollback) \
	X(policy_history) X(policy_show) X(policy_exposure) X(policy_test) X(policy_diff) X(policy_simulate) \
	X(policy_matrix) X(class_list) X(class_assign) X(class_unassign) X(lookup) X(explain) X(status) \
	X(counters) X(mode) X(log) X(audit_query) X(audit_export) X(audit_verify) X(audit_heads) X(audit_key) \
	X(sink_list) X(tagger_load) X(tagger_show) X(disarm)
#define TABLE_HIDDEN(X) X(man) X(completion)
/* clang-format on */

#define TABLE_DECLARE(name) extern const struct command command_##name;
#define TABLE_ADDRESS(name) &command_##name,

TABLE_COMMANDS(TABLE_DECLARE)
TABLE_HIDDEN(TABLE_DECLARE)

const struct command *const commands[] = { TABLE_COMMANDS(TABLE_ADDRESS) NULL };
const struct command *const hidden_commands[] = { TABLE_HIDDEN(TABLE_ADDRESS) NULL };

const struct command_option common_options[] = {
	[COMMON_JSON] = { "json", NULL, "as JSON" },
	[COMMON_WIDE] = { "wide", NULL, "do not fit the output to the terminal" },
	[COMMON_NO_COLOR] = { "no-color", NULL, "no colour on a terminal" },
	[COMMON_HELP] = { "help", NULL, "say how the command is used" },
	[COMMON_COUNT] = { NULL, NULL, NULL },
};

static int table_words(const char *name, int argc, char *const *argv)
{
	const char *space = strchr(name, ' ');
	size_t first = space ? (size_t)(space - name) : strlen(name);

	if (argc < 1 || strlen(argv[0]) != first || strncmp(name, argv[0], first))
		return 0;
	if (!space)
		return 1;
	return argc >= 2 && !strcmp(space + 1, argv[1]) ? 2 : 0;
}

static const struct command *table_find_in(const struct command *const *list, int argc, char *const *argv, int *words)
{
	for (; *list; list++) {
		*words = table_words((*list)->name, argc, argv);
		if (*words)
			return *list;
	}
	return NULL;
}

const struct command *table_find(int argc, char *const *argv, int *words)
{
	const struct command *command = table_find_in(commands, argc, argv, words);

	return command ? command : table_find_in(hidden_commands, argc, argv, words);
}

bool table_is_family(const char *word)
{
	const struct command *const *list;
	size_t length = strlen(word);

	for (list = commands; *list; list++)
		if (!strncmp((*list)->name, word, length) && (*list)->name[length] == ' ')
			return true;
	return false;
}

/* "; did you mean 'NAME'?" of as many of its letters. */
static struct nearest_text table_mean(const char *name, size_t length)
{
	struct nearest_text out;

	snprintf(out.text, sizeof(out.text), "; did you mean '%.*s'?", (int)length, name);
	return out;
}

struct nearest_text table_suggest(int argc, char *const *argv)
{
	_cleanup_free_ char *both = mem_format("%s %s", argv[0], argc > 1 ? argv[1] : "");
	struct nearest whole = { .word = both }, first = { .word = argv[0] }, second = { .word = argv[0] };

	for (const struct command *const *list = commands; *list; list++) {
		const char *space = strchr((*list)->name, ' ');
		_cleanup_free_ char *word = mem_copy((*list)->name, strcspn((*list)->name, " "));

		nearest_try(&whole, (*list)->name, NULL);
		nearest_try(&first, word, (*list)->name);
		if (space)
			nearest_try(&second, space + 1, (*list)->name);
	}
	if (whole.best && argc > 1)
		return nearest_text(&whole);
	if (first.best)
		return table_mean(first.best, strcspn(first.best, " "));
	return nearest_text(&second);
}

size_t table_option_count(const struct command *command)
{
	size_t count = 0;

	while (command->options && command->options[count].name)
		count++;
	return count;
}

void table_print_usage(FILE *out, const struct command *command)
{
	fprintf(out, "residctl %s%s%s%s", command->name, table_option_count(command) ? " [OPTION]..." : "",
		command->args && *command->args ? " " : "", command->args ? command->args : "");
}
