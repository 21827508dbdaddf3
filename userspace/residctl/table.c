// SPDX-License-Identifier: Apache-2.0
#include "table.h"

#include <string.h>

extern const struct command command_policy_check, command_policy_compile, command_policy_load, command_policy_show;
extern const struct command command_policy_exposure, command_policy_test, command_policy_diff;
extern const struct command command_policy_simulate, command_policy_matrix;
extern const struct command command_policy_confirm, command_policy_rollback, command_policy_history;
extern const struct command command_class_list, command_class_assign, command_class_unassign;
extern const struct command command_lookup, command_explain, command_status, command_counters, command_mode;
extern const struct command command_log, command_tagger_load, command_tagger_show, command_disarm;
extern const struct command command_audit_query, command_audit_export, command_audit_verify;
extern const struct command command_audit_heads, command_audit_key;
extern const struct command command_sink_list;
extern const struct command command_man, command_completion;

const struct command *const commands[] = {
	&command_policy_check,
	&command_policy_compile,
	&command_policy_load,
	&command_policy_confirm,
	&command_policy_rollback,
	&command_policy_history,
	&command_policy_show,
	&command_policy_exposure,
	&command_policy_test,
	&command_policy_diff,
	&command_policy_simulate,
	&command_policy_matrix,
	&command_class_list,
	&command_class_assign,
	&command_class_unassign,
	&command_lookup,
	&command_explain,
	&command_status,
	&command_counters,
	&command_mode,
	&command_log,
	&command_audit_query,
	&command_audit_export,
	&command_audit_verify,
	&command_audit_heads,
	&command_audit_key,
	&command_sink_list,
	&command_tagger_load,
	&command_tagger_show,
	&command_disarm,
	NULL,
};

const struct command *const hidden_commands[] = { &command_man, &command_completion, NULL };

const struct command_option common_options[] = {
	{ "help", NULL, "say how the command is used" },
	{ NULL, NULL, NULL },
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

size_t table_option_count(const struct command *command)
{
	size_t count = 0;

	while (command->options && command->options[count].name)
		count++;
	return count;
}

void table_print_usage(FILE *out, const struct command *command)
{
	size_t i;

	fprintf(out, "residctl %s", command->name);
	for (i = 0; i < table_option_count(command); i++) {
		const struct command_option *option = &command->options[i];

		fprintf(out, " [--%s%s%s]", option->name, option->arg ? " " : "", option->arg ? option->arg : "");
	}
	if (command->args && *command->args)
		fprintf(out, " %s", command->args);
}
