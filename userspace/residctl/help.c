// SPDX-License-Identifier: Apache-2.0
#include "table.h"

#include <string.h>

#define HELP_WIDTH 78
#define HELP_OPTION 26	/* where the text of an option begins */

/* Paragraphs of one width; an empty line stands between them. */
static void help_wrap(FILE *out, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t word = strcspn(text, " \n");

		if (column && column + 1 + word > HELP_WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		column += (size_t)fprintf(out, "%s%.*s", column ? " " : "", (int)word, text);
		text += word;
		if (!strncmp(text, "\n\n", 2)) {
			fputs("\n\n", out);
			column = 0;
			text += 2;
		} else if (!strncmp(text, "\n ", 2)) {
			/* a line that begins with a blank stays as it is */
			size_t line = strcspn(text + 1, "\n");

			fprintf(out, "\n%.*s", (int)line, text + 1);
			text += 1 + line;
			column = HELP_WIDTH;
		} else if (*text) {
			text++;
		}
	}
	if (column)
		fputc('\n', out);
}

/* "  --option ARG        what it does", which goes on below itself. */
static void help_option(FILE *out, const struct command_option *option)
{
	const char *text = option->help;
	int column;

	column = fprintf(out, "  --%s%s%s", option->name, option->arg ? " " : "", option->arg ? option->arg : "");
	column += fprintf(out, "%*s", column < HELP_OPTION ? HELP_OPTION - column : 1, "");
	while (*text) {
		int word = (int)strcspn(text, " ");

		if (column > HELP_OPTION && column + 1 + word > HELP_WIDTH)
			column = fprintf(out, "\n%*s", HELP_OPTION, "") - 1;
		column += fprintf(out, "%s%.*s", column > HELP_OPTION ? " " : "", word, text);
		text += word + (text[word] == ' ');
	}
	fputc('\n', out);
}

/* Of --json, what this command gives. */
static void help_json(FILE *out, const struct command *command)
{
	char help[128];

	snprintf(help, sizeof(help), "as JSON: %s", command->json);
	help_option(out, &(struct command_option){ "json", NULL, help });
}

void help_print_all(FILE *out)
{
	const struct command_option *option;
	const struct command *const *list;

	fputs("Resid keeps classified data inside the jurisdictions that its owner chose.\n\n"
	      "usage: residctl [OPTION]... COMMAND [OPTION]... [ARGUMENT]...\n\n", out);
	for (list = commands; *list; list++)
		fprintf(out, "  %-16s %s\n", (*list)->name, (*list)->summary);
	fputs("\nOptions of every command:\n\n", out);
	for (option = common_options; option->name; option++)
		help_option(out, option);
	help_option(out, &(struct command_option){ "version", NULL, "say which version this is" });
	fputs("\n`residctl help COMMAND` says more, and so does residctl(8).\n", out);
}

void help_print_command(FILE *out, const struct command *command)
{
	const struct command_option *option;

	fputs("usage: ", out);
	table_print_usage(out, command);
	fputs("\n\n", out);
	if (command->summary)
		fprintf(out, "%s\n", command->summary);
	fputc('\n', out);
	for (option = command->options; option && option->name; option++)
		help_option(out, option);
	for (option = common_options; option->name; option++)
		if (option != &common_options[COMMON_JSON])
			help_option(out, option);
		else if (command->json)
			help_json(out, command);
	if (command->detail && *command->detail) {
		fputc('\n', out);
		help_wrap(out, command->detail);
	}
}
