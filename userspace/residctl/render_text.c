// SPDX-License-Identifier: Apache-2.0
/*
 * For people. A line of an object is "label  value note"; what is too long for the terminal goes on below the value. A
 * table is render_columns.c's. This is the one place where what others supplied is made printable.
 */
#include "render_private.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "util/printable.h"
#include "util/utf8.h"

#define TEXT_LABEL 11	/* labels are at least as wide, so that most objects look alike */
#define TEXT_RED "\033[1;31m"
#define TEXT_PLAIN "\033[0m"

/* ---- characters --------------------------------------------------------------------------------------------- */

void text_append(struct buffer *out, const char *text)
{
	char escape[PRINTABLE_ESCAPE];

	while (*text) {
		size_t run = 0, length;

		while (text[run] >= 0x20 && text[run] < 0x7f)
			run++;
		buffer_append(out, text, run);
		text += run;
		if (!*text)
			break;
		length = printable_next(text, escape);
		buffer_append(out, *escape ? escape : text, *escape ? strlen(escape) : length);
		text += length;
	}
}

/* Columns of one printable character; its bytes in *length. */
static size_t text_character(const char *text, size_t *length)
{
	int columns;

	*length = utf8_length(text) ?: 1;
	if (*length == 1)
		return 1;
	columns = wcwidth((wchar_t)utf8_code(text, *length));
	return columns < 0 ? 1 : (size_t)columns;
}

static size_t text_columns_of(const char *text, size_t bytes)
{
	size_t columns = 0, length;

	for (size_t at = 0; at < bytes; at += length)
		columns += text_character(text + at, &length);
	return columns;
}

size_t text_columns(const char *text)
{
	return text_columns_of(text, strlen(text));
}

/* ---- lines -------------------------------------------------------------------------------------------------- */

void text_begin(struct text *text, size_t indent)
{
	fputs(text->prefix, text->out);
	fprintf(text->out, "%*s", (int)indent, "");
	text->column = strlen(text->prefix) + indent;
	text->full = false;
}

void text_end(struct text *text)
{
	fputc('\n', text->out);
	text->column = 0;
}

void text_pad(struct text *text, size_t column)
{
	if (text->column < column && !text->full) {
		fprintf(text->out, "%*s", (int)(column - text->column), "");
		text->column = column;
	}
}

void text_put(struct text *text, const char *printable, bool alarm)
{
	const size_t columns = text_columns(printable);
	size_t bytes = strlen(printable), room = text->width > text->column ? text->width - text->column : 0;

	if (text->full || !bytes)
		return;
	if (alarm && text->colour)
		fputs(TEXT_RED, text->out);
	if (text->width && columns > room) {
		size_t used = 0, length, wide;

		text->full = true;
		for (bytes = 0; printable[bytes]; bytes += length, used += wide) {
			wide = text_character(printable + bytes, &length);
			if (used + wide >= room)
				break;
		}
	}
	fwrite(printable, 1, bytes, text->out);
	if (text->full && room)
		fputs("…", text->out);
	text->column += columns;
	if (alarm && text->colour)
		fputs(TEXT_PLAIN, text->out);
}

/* Words that go on in the next line, below `indent`, where this one is full. */
static void text_words(struct text *text, const char *printable, size_t indent)
{
	const size_t start = strlen(text->prefix) + indent;

	while (*printable) {
		size_t blanks = strspn(printable, " "), word = strcspn(printable + blanks, " ");
		size_t columns = text_columns_of(printable + blanks, word);

		if (text->width && text->column > start && text->column + blanks + columns > text->width) {
			text_end(text);
			text_begin(text, indent);
		} else {
			fwrite(printable, 1, blanks, text->out);
			text->column += blanks;
		}
		fwrite(printable + blanks, 1, word, text->out);
		text->column += columns;
		printable += blanks + word;
	}
}

/* ---- values ------------------------------------------------------------------------------------------------- */

/* "1,234,567", for people. */
static void text_count(struct buffer *out, const char *digits)
{
	for (size_t left = strlen(digits); left; left--, digits++) {
		buffer_append(out, digits, 1);
		if (left > 1 && left % 3 == 1)
			buffer_append(out, ",", 1);
	}
}

void text_value(struct buffer *out, const struct view_node *node, bool commas)
{
	char buffer[RENDER_TEXT];

	out->length = 0;
	if (node->kind == VIEW_COUNT && commas)
		text_count(out, render_value(node, buffer));
	else if (node->kind != VIEW_LIST)
		text_append(out, render_value(node, buffer));
	for (const struct view_node *item = node->kind == VIEW_LIST ? node->first : NULL; item; item = item->next) {
		text_append(out, item == node->first ? "" : ", ");
		text_append(out, render_value(item, buffer));
		text_append(out, item->note ?: "");
	}
	buffer_extend(out, 1);
	out->length--;
}

bool text_alarms(const struct view_node *node)
{
	return node->alarm || (node->kind == VIEW_VERDICT && node->number >= RESID_V_REJECT);
}

/* A value and its note, which may go on below. */
static void text_write(struct text *text, const struct view_node *node, size_t indent)
{
	const bool colour = text->colour && text_alarms(node);

	text_value(&text->value, node, true);
	if (colour)
		fputs(TEXT_RED, text->out);
	text_words(text, (const char *)text->value.data, indent);
	if (colour)
		fputs(TEXT_PLAIN, text->out);
	if (!node->note)
		return;
	text->value.length = 0;
	text_append(&text->value, node->note);
	buffer_extend(&text->value, 1);
	text_words(text, (const char *)text->value.data, indent);
}

/* A file gets every byte: what is shown of a policy is a policy. A terminal gets what it may. */
static void text_block(struct text *text, const char *lines)
{
	if (!text->terminal) {
		fputs(lines, text->out);
		if (*lines && lines[strlen(lines) - 1] != '\n')
			fputc('\n', text->out);
		return;
	}
	while (*lines) {
		_cleanup_free_ char *line = mem_copy(lines, strcspn(lines, "\n"));

		text->value.length = 0;
		for (const char *part = line; part; part = strchr(part, '\t') ? strchr(part, '\t') + 1 : NULL) {
			_cleanup_free_ char *word = mem_copy(part, strcspn(part, "\t"));

			text_append(&text->value, part == line ? "" : "        ");
			text_append(&text->value, word);
		}
		buffer_extend(&text->value, 1);
		fprintf(text->out, "%s\n", (const char *)text->value.data);
		lines += strcspn(lines, "\n");
		lines += *lines == '\n';
	}
}

/* ---- objects ------------------------------------------------------------------------------------------------ */

static bool text_is_line(const struct view_node *node)
{
	return node->label && node->label != view_label_more && node->label != view_label_say && *node->label &&
	       node->kind != VIEW_OBJECT && node->kind != VIEW_TABLE && node->kind != VIEW_BLOCK;
}

static size_t text_label_width(const struct view_node *object)
{
	size_t width = TEXT_LABEL;

	for (const struct view_node *child = object->first; child; child = child->next)
		if (text_is_line(child) && strlen(child->label) > width)
			width = strlen(child->label);
	return width;
}

static void text_object(struct text *text, const struct view_node *object, size_t indent);

/* An object or a table below its label. */
static void text_section(struct text *text, const struct view_node *node, size_t indent)
{
	if (!node->first)
		return;
	if (*node->label) {
		text_begin(text, indent);
		text_put(text, node->label, text_alarms(node));
		text_end(text);
		indent += 2;
	}
	if (node->kind == VIEW_OBJECT)
		text_object(text, node, indent);
	else if (node->columns)
		text_table(text, node, indent);
	else
		for (const struct view_node *row = node->first; row; row = row->next)
			text_object(text, row, indent + 2);
}

static void text_child(struct text *text, const struct view_node *child, size_t indent, size_t width)
{
	const size_t below = child->label == view_label_say ? indent : indent + width + 2;

	if (child->kind == VIEW_OBJECT || child->kind == VIEW_TABLE) {
		text_section(text, child, indent);
		return;
	}
	if (child->kind == VIEW_BLOCK) {
		text_block(text, child->text);
		return;
	}
	text_begin(text, indent);
	if (text_is_line(child))
		text_put(text, child->label, false);
	text_pad(text, strlen(text->prefix) + below);
	text_write(text, child, below);
	text_end(text);
}

static void text_object(struct text *text, const struct view_node *object, size_t indent)
{
	const size_t width = text_label_width(object);
	bool first = true;

	for (const struct view_node *child = object->first; child; child = child->next) {
		if (!child->label || (child->kind == VIEW_LIST && !child->first))
			continue;
		if (child->kind == VIEW_BLOCK && !first)
			fputc('\n', text->out);
		text_child(text, child, indent, width);
		first = false;
	}
}

void text_sentence(struct text *text, const struct view_node *node, size_t indent)
{
	text_begin(text, indent);
	text_write(text, node, indent);
	text_end(text);
}

void render_text(const struct view *view)
{
	struct text line = {
		.out = view->output.out,
		.width = view->output.width,
		.colour = view->output.colour,
		.terminal = view->output.terminal,
		.prefix = view->comment ? "# " : "",
		.view = view,
	};

	if (view->flushed && !view->stream)
		fputc('\n', line.out);
	if (view->root->kind == VIEW_TABLE)
		text_table(&line, view->root, 0);
	else
		text_object(&line, view->root, 0);
	buffer_fini(&line.value);
}
