// SPDX-License-Identifier: Apache-2.0
/* A table of GitHub's Markdown. */
#include "render.h"

#include <stdio.h>
#include <string.h>

#include "util/printable.h"

static void markdown_text(FILE *out, const char *text)
{
	char escape[PRINTABLE_ESCAPE];

	while (*text) {
		size_t length = printable_next(text, escape);

		if (*text == '\n')
			fputs("<br>", out);
		else if (*escape)
			fprintf(out, "\\%s", escape);	/* which begins with a backslash */
		else if (length == 1 && strchr("\\`*[]<>|&~", *text))
			fprintf(out, "\\%c", *text);
		else
			fwrite(text, 1, length, out);
		text += length;
	}
}

void render_markdown(const struct view *view)
{
	FILE *const out = view->output.out;
	const struct view_column *column;
	char buffer[RENDER_TEXT];

	for (column = view->root->columns; column->label; column++)
		fprintf(out, "| %s ", column->label);
	fputs("|\n", out);
	for (column = view->root->columns; column->label; column++)
		fputs("| --- ", out);
	fputs("|\n", out);
	for (const struct view_node *row = view->root->first; row; row = row->next) {
		for (column = view->root->columns; column->label; column++) {
			const struct view_node *cell = render_cell(row, column->label);

			fputs("| ", out);
			if (cell)
				markdown_text(out, render_value(cell, buffer));
			fputc(' ', out);
		}
		fputs("|\n", out);
	}
}
