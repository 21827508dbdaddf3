// SPDX-License-Identifier: Apache-2.0
#include "table.h"

#include <string.h>

/* Paragraphs of one width; an empty line stands between them. */
static void help_wrap(FILE *out, const char *text)
{
	const size_t width = 78;
	size_t column = 0;

	while (*text) {
		size_t word = strcspn(text, " \n");

		if (column && column + 1 + word > width) {
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
			column = width;
		} else if (*text) {
			text++;
		}
	}
	if (column)
		fputc('\n', out);
}

static void help_option(FILE *out, const struct command_option *option)
{
	char left[64];

	snprintf(left, sizeof(left), "--%s%s%s", option->name, option->arg ? " " : "", option->arg ? option->arg : "");
	fprintf(out, "  %-20s %s\n", left, option->help);
}

void help_print_all(FILE *out)
{
	const struct command *const *list;

	fputs("Resid keeps classified data inside the jurisdictions that its owner chose.\n\n"
	      "usage: residctl COMMAND [OPTION]... [ARGUMENT]...\n\n", out);
	for (list = commands; *list; list++)
		fprintf(out, "  %-16s %s\n", (*list)->name, (*list)->summary);
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
		help_option(out, option);
	if (command->detail && *command->detail) {
		fputc('\n', out);
		help_wrap(out, command->detail);
	}
}
