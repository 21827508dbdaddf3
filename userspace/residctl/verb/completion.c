// SPDX-License-Identifier: Apache-2.0
/*
 * `residctl completion bash`: a script with the command table in it. Zsh reads the same script through its
 * bashcompinit, so `completion zsh` only adds the lines that switch that on.
 */
#include "residctl/table.h"

#include <string.h>

static void completion_verbs(void)
{
	const struct command *const *list;
	const char *previous = "";
	size_t previous_length = 0;

	fputs("\tlocal first='help", stdout);
	for (list = commands; *list; list++) {
		const char *name = (*list)->name;
		size_t length = strcspn(name, " ");

		if (length != previous_length || strncmp(name, previous, length))
			printf(" %.*s", (int)length, name);
		previous = name;
		previous_length = length;
	}
	for (const struct command_option *option = common_options; option->name; option++)
		printf(" --%s", option->name);
	puts(" --version'");
}

/* The second words of each family, as a case. */
static void completion_families(void)
{
	const struct command *const *list;

	puts("\tcase $verb in");
	for (list = commands; *list; list++) {
		const char *space = strchr((*list)->name, ' ');
		const struct command *const *other;
		size_t length;
		bool seen = false;

		if (!space)
			continue;
		length = (size_t)(space - (*list)->name);
		for (other = commands; *other != *list; other++)
			seen |= !strncmp((*other)->name, (*list)->name, length + 1);
		if (seen)
			continue;
		printf("\t%.*s) second='", (int)length, (*list)->name);
		for (other = list; *other; other++)
			if (!strncmp((*other)->name, (*list)->name, length + 1))
				printf("%s ", (*other)->name + length + 1);
		puts("';;");
	}
	puts("\tesac");
}

/* What is a file is called so, or by what the file holds. */
static bool completion_is_file(const char *args)
{
	static const char *const words[] = { "FILE", "DIR", "PATH", "POLICY", "CASES", "FEED", "[A] B" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (args && strstr(args, words[i]))
			return true;
	return false;
}

static void completion_options(void)
{
	const struct command *const *list;

	puts("\tcase $verb in");
	for (list = commands; *list; list++) {
		const struct command_option *option;

		printf("\t'%s') options='", (*list)->name);
		for (option = (*list)->options; option && option->name; option++)
			printf("--%s ", option->name);
		for (option = common_options; option->name; option++)
			printf("--%s ", option->name);
		fputs("' valued='", stdout);
		for (option = (*list)->options; option && option->name; option++)
			if (option->arg)
				printf("--%s ", option->name);
		printf("' files=%d", completion_is_file((*list)->args));
		/* words of a fixed choice, as in "[permissive|enforcing]" */
		if ((*list)->args && strchr((*list)->args, '|') && !strpbrk((*list)->args, ":<")) {
			const char *at;

			fputs(" choice='", stdout);
			for (at = (*list)->args; *at; at++)
				putchar(strchr("[]|.", *at) ? ' ' : *at);
			putchar('\'');
		}
		puts(";;");
	}
	puts("\tesac");
}

static int completion_run(const struct call *call, struct view *view, struct resid_error *err)
{
	bool zsh = !strcmp(call->argv[0], "zsh");

	if (!zsh && strcmp(call->argv[0], "bash"))
		return resid_fail(err, RESID_EXIT_USAGE, "completion: unknown shell '%s'; there is bash and zsh",
				  call->argv[0]);
	if (zsh)
		puts("#compdef residctl\nautoload -U +X bashcompinit && bashcompinit");
	puts("# SPDX-License-Identifier: Apache-2.0\n"
	     "# Written by `residctl completion` from its command table.\n"
	     "_residctl()\n"
	     "{\n"
	     "\tlocal current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
	     "\tlocal verb second='' options='' valued='' choice='' files=0 start=1 help=0\n"
	     "\twhile ((start < COMP_CWORD)) && [[ ${COMP_WORDS[start]} == -* ]]; do\n"
	     "\t\t((start++))\n"
	     "\tdone\n"
	     "\tif [[ ${COMP_WORDS[start]} == help ]] && ((start < COMP_CWORD)); then\n"
	     "\t\thelp=1\n"
	     "\t\t((start++))\n"
	     "\tfi\n"
	     "\tverb=${COMP_WORDS[start]}");
	completion_verbs();
	puts("\tCOMPREPLY=()\n"
	     "\tif ((COMP_CWORD == start)); then\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -W \"$first\" -- \"$current\")\n"
	     "\t\treturn\n"
	     "\tfi");
	completion_families();
	puts("\tif [[ -n $second ]]; then\n"
	     "\t\tif ((COMP_CWORD == start + 1)); then\n"
	     "\t\t\tmapfile -t COMPREPLY < <(compgen -W \"$second\" -- \"$current\")\n"
	     "\t\t\treturn\n"
	     "\t\tfi\n"
	     "\t\tverb+=\" ${COMP_WORDS[start + 1]}\"\n"
	     "\tfi\n"
	     "\t((!help)) || return");
	completion_options();
	puts("\tif [[ \" $valued \" == *\" $previous \"* ]]; then\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
	     "\telif [[ $current == -* ]]; then\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
	     "\telif [[ -n $choice ]]; then\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -W \"$choice\" -- \"$current\")\n"
	     "\telif ((files)); then\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
	     "\tfi\n"
	     "}\n"
	     "complete -F _residctl residctl");
	return RESID_EXIT_OK;
}

const struct command command_completion = {
	.name = "completion",
	.args = "bash|zsh",
	.summary = "print the shell's completion script",
	.min_args = 1,
	.max_args = 1,
	.run = completion_run,
};
