// SPDX-License-Identifier: Apache-2.0
/* A table of GitHub's Markdown. */
#include "render.h"

#include <stdio.h>
#include <string.h>

#include "util/printable.h"

static void markdown_text(const char *text)
{
	char escape[PRINTABLE_ESCAPE];

	while (*text) {
		size_t length = printable_next(text, escape);

		if (*text == '\n')
			fputs("<br>", stdout);
		else if (*escape)
			printf("\\%s", escape);	/* which begins with a backslash */
		else if (length == 1 && strchr("\\`*[]<>|&~", *text))
			printf("\\%c", *text);
		else
			fwrite(text, 1, length, stdout);
		text += length;
	}
}

void render_markdown(const struct view *view)
{
	const struct view_column *column;
	char buffer[RENDER_TEXT];

	for (column = view->root->columns; column->label; column++)
		printf("| %s ", column->label);
	puts("|");
	for (column = view->root->columns; column->label; column++)
		fputs("| --- ", stdout);
	puts("|");
	for (const struct view_node *row = view->root->first; row; row = row->next) {
		for (column = view->root->columns; column->label; column++) {
			const struct view_node *cell = render_cell(row, column->label);

			fputs("| ", stdout);
			if (cell)
				markdown_text(render_value(cell, buffer));
			putchar(' ');
		}
		puts("|");
	}
}
