// SPDX-License-Identifier: Apache-2.0
/*
 * Rows in columns. Each is as wide as its widest cell; what a terminal has no room for is taken from the widest texts,
 * and then whole columns go, by rank. A stream's rows are not known beforehand: its columns have widths of their own, a
 * cell that is wider moves what follows, and the line is cut at its end.
 */
#include "render_private.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS_MAX 32
#define COLUMNS_FLOOR 8		/* no text is made narrower */

struct columns {
	const struct view_column *column[COLUMNS_MAX];
	size_t width[COLUMNS_MAX];
	size_t count, gap, dropped;
};

static size_t columns_sum(const struct columns *columns, bool floor)
{
	size_t sum = columns->count ? (columns->count - 1) * columns->gap : 0;

	for (size_t i = 0; i < columns->count; i++) {
		const bool gives = floor && !columns->column[i]->right && columns->width[i] > COLUMNS_FLOOR;

		sum += gives ? COLUMNS_FLOOR : columns->width[i];
	}
	return sum;
}

/* The one of highest rank, the last of those; false when all must stay. */
static bool columns_drop(struct columns *columns)
{
	size_t worst = columns->count;

	for (size_t i = 0; i < columns->count; i++)
		if (columns->column[i]->rank &&
		    (worst == columns->count || columns->column[i]->rank >= columns->column[worst]->rank))
			worst = i;
	if (worst == columns->count)
		return false;
	columns->count--;
	columns->dropped++;
	for (size_t i = worst; i < columns->count; i++) {
		columns->column[i] = columns->column[i + 1];
		columns->width[i] = columns->width[i + 1];
	}
	return true;
}

static void columns_shrink(struct columns *columns, size_t room)
{
	while (columns_sum(columns, false) > room) {
		size_t widest = columns->count;

		for (size_t i = 0; i < columns->count; i++)
			if (!columns->column[i]->right && columns->width[i] > COLUMNS_FLOOR &&
			    (widest == columns->count || columns->width[i] > columns->width[widest]))
				widest = i;
		if (widest == columns->count)
			return;
		columns->width[widest]--;
	}
}

static void columns_fit(struct columns *columns, size_t room, bool stream)
{
	while (columns_sum(columns, !stream) > room && columns_drop(columns))
		;
	if (!stream)
		columns_shrink(columns, room);
}

static size_t columns_cell(struct text *text, const struct view_node *cell)
{
	text_value(&text->value, cell, false);
	if (cell->note) {
		text_append(&text->value, cell->note);
		buffer_extend(&text->value, 1);
		text->value.length--;
	}
	return text_columns((const char *)text->value.data);
}

/* As wide as the widest of label and cells. */
static size_t columns_width(struct text *text, const struct view_node *table, const struct view_column *column)
{
	size_t width = strlen(column->label);

	for (const struct view_node *row = table->first; row; row = row->next) {
		const struct view_node *cell = row->kind == VIEW_OBJECT ? render_cell(row, column->label) : NULL;
		const size_t wanted = cell ? columns_cell(text, cell) : 1;

		width = wanted > width ? wanted : width;
	}
	return width;
}

static struct columns columns_of(struct text *text, const struct view_node *table, size_t indent)
{
	const struct view_column *column = table->columns;
	const bool stream = text->view->stream;
	struct columns columns = { .gap = stream ? 1 : 2 };

	for (; column->label && columns.count < COLUMNS_MAX; column++) {
		columns.width[columns.count] = stream ? column->width : columns_width(text, table, column);
		columns.column[columns.count++] = column;
	}
	if (text->width)
		columns_fit(&columns, text->width - indent - strlen(text->prefix), stream);
	return columns;
}

static void columns_header(struct text *text, const struct columns *columns, size_t indent)
{
	size_t start = text->column;

	text_begin(text, indent);
	start = text->column;
	for (size_t i = 0; i < columns->count; i++) {
		char label[64];
		size_t length = 0, blanks;

		for (; columns->column[i]->label[length] && length + 1 < sizeof(label); length++)
			label[length] = (char)toupper((unsigned char)columns->column[i]->label[length]);
		label[length] = '\0';
		blanks = columns->column[i]->right && columns->width[i] > length ? columns->width[i] - length : 0;
		text_pad(text, start + blanks);
		text_put(text, label, false);
		start += columns->width[i] + columns->gap;
		if (i + 1 < columns->count)
			text_pad(text, start);
	}
	text_end(text);
}

/* In a table a cell keeps to its column. */
static void columns_put(struct text *text, const struct columns *columns, size_t i, const struct view_node *cell)
{
	const size_t wide = cell ? columns_cell(text, cell) : 1, line = text->width;
	const bool cut = line && !text->view->stream && wide > columns->width[i];

	if (columns->column[i]->right && wide < columns->width[i])
		text_pad(text, text->column + columns->width[i] - wide);
	if (cut)
		text->width = text->column + columns->width[i];
	text_put(text, cell ? (const char *)text->value.data : "-", cell && text_alarms(cell));
	if (cut) {
		text->column = text->width;
		text->full = false;
	}
	text->width = line;
}

static void columns_row(struct text *text, const struct columns *columns, const struct view_node *row, size_t indent)
{
	const struct view_node *cell[COLUMNS_MAX];
	size_t last = 0, start;

	for (size_t i = 0; i < columns->count; i++) {
		cell[i] = render_cell(row, columns->column[i]->label);
		if (cell[i])
			last = i;
	}
	text_begin(text, indent);
	start = text->column;
	for (size_t i = 0; i <= last && columns->count; i++) {
		columns_put(text, columns, i, cell[i]);
		start += columns->width[i] + columns->gap;
		if (i < last && text->column >= start && !text->full) {
			fputc(' ', text->out);
			text->column++;
		}
		if (i < last)
			text_pad(text, start);
	}
	text_end(text);
	for (const struct view_node *more = row->first; more; more = more->next)
		if (more->label == view_label_more)
			text_sentence(text, more, indent + 4);
}

void text_table(struct text *text, const struct view_node *table, size_t indent)
{
	const struct columns columns = columns_of(text, table, indent);
	const bool first = !text->view->stream || !text->view->flushed;

	if (first && (table != text->view->root || text->view->header))
		columns_header(text, &columns, indent);
	for (const struct view_node *row = table->first; row; row = row->next) {
		if (row->kind == VIEW_OBJECT)
			columns_row(text, &columns, row, indent);
		else if (row->label == view_label_say)
			text_sentence(text, row, indent);
	}
	if (columns.dropped && !text->view->stream)
		fprintf(text->out, "%*s(%zu more column%s with --wide)\n", (int)indent, "", columns.dropped,
			columns.dropped == 1 ? "" : "s");
}
