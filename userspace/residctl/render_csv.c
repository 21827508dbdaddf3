// SPDX-License-Identifier: Apache-2.0
/*
 * RFC 4180. Spreadsheets take some texts for a formula, whoever wrote them: an apostrophe before those says that they
 * are none.
 */
#include "render.h"

#include <stdio.h>
#include <string.h>

#include "util/printable.h"

static bool csv_is_formula(const char *text)
{
	static const char *const wide[] = { "＝", "＋", "－", "＠" };

	if (*text && strchr("=+-@\t\r\n", *text))
		return true;
	for (size_t i = 0; i < sizeof(wide) / sizeof(*wide); i++)
		if (!strncmp(text, wide[i], strlen(wide[i])))
			return true;
	return false;
}

static void csv_text(FILE *out, const char *text)
{
	const bool quoted = strpbrk(text, ",\"\r\n'") || csv_is_formula(text);
	char escape[PRINTABLE_ESCAPE];

	if (quoted)
		fputc('"', out);
	if (csv_is_formula(text))
		fputc('\'', out);
	while (*text) {
		size_t length = printable_next(text, escape);

		if (*escape && *text != '\n')
			fputs(escape, out);
		else
			fwrite(text, 1, length, out);
		if (*text == '"')
			fputc('"', out);
		text += length;
	}
	if (quoted)
		fputc('"', out);
}

static void csv_cell(FILE *out, const struct view_node *node)
{
	char buffer[RENDER_TEXT];
	const char *text = render_value(node, buffer);

	/* what is not text cannot be a formula */
	if (text == buffer)
		fputs(text, out);
	else
		csv_text(out, text);
}

void render_csv(const struct view *view)
{
	FILE *const out = view->output.out;
	const struct view_column *column, *first = view->root->columns;

	for (column = first; !view->flushed && column->label; column++)
		fprintf(out, "%s%s", column == first ? "" : ",", column->label);
	if (!view->flushed)
		fputs("\r\n", out);
	for (const struct view_node *row = view->root->first; row; row = row->next) {
		if (row->kind != VIEW_OBJECT)
			continue;
		for (column = first; column->label; column++) {
			const struct view_node *cell = render_cell(row, column->label);

			if (column != first)
				fputc(',', out);
			if (cell)
				csv_cell(out, cell);
		}
		fputs("\r\n", out);
	}
}
