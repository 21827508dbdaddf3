// SPDX-License-Identifier: Apache-2.0
/*
 * Rows of RFC 4180. Where a row ends is found here, since a comment is no part of one and a quote that nobody closes
 * must not take the rest of the file with it; libcsv says what its fields are.
 */
#include "source/reader.h"

#include <csv.h>
#include <ctype.h>
#include <string.h>

#include "util/memory.h"

#define ROW_BYTES	((size_t)4096)	/* of a row that goes on over the end of its line */
#define ROW_LINES	8

/* How far into a row. */
struct row_scan {
	bool quoted, comment;
	size_t length;		/* without the comment at its end */
};

/* Up to the row's end, which may be lines away; how many bytes that was. */
static size_t row_scan(struct row_scan *scan, const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length && (scan->quoted || (text[i] != '\n' && text[i] != '\r')); i++) {
		if (scan->comment)
			continue;
		if (text[i] == '"')
			scan->quoted = !scan->quoted;
		else if (text[i] == '#' && !scan->quoted)
			scan->comment = true;
		scan->length += !scan->comment;
	}
	return i;
}

static size_t row_lines(const char *text, size_t length)
{
	size_t lines = 0, i;

	for (i = 0; i < length; i++)
		lines += text[i] == '\n' || (text[i] == '\r' && (i + 1 == length || text[i + 1] != '\n'));
	return lines;
}

/* A quote is open at the end of the line: what follows is the row's as well, if the other quote is near. */
static int row_join(struct source_reader *reader, struct row_scan *scan)
{
	struct row_scan on = { .quoted = true };
	const uint8_t *at;
	ptrdiff_t there = input_peek(&reader->input, ROW_BYTES, &at);
	const char *text = (const char *)at;
	size_t length, lines;

	if (there < 0)
		return -1;
	length = row_scan(&on, text, (size_t)there < ROW_BYTES ? (size_t)there : ROW_BYTES);
	lines = row_lines(text, length);
	if (on.quoted || lines + 1 > ROW_LINES || memchr(text, '\0', length))
		return 0;
	buffer_append(&reader->text, "\n", 1);
	buffer_append(&reader->text, text, on.length);
	scan->length += 1 + on.length;
	if (length < (size_t)there)
		length += 1 + (text[length] == '\r' && length + 1 < (size_t)there && text[length + 1] == '\n');
	input_take(&reader->input, length);
	reader->input.line += lines + 1;
	return 1;
}

struct row_take {
	struct buffer *fields;
	size_t offset[SOURCE_FIELDS], count;
};

static void row_take_field(void *text, size_t length, void *context)
{
	struct row_take *take = context;

	if (take->count < SOURCE_FIELDS)
		take->offset[take->count++] = take->fields->length;
	buffer_append(take->fields, text, length);
	buffer_append(take->fields, "", 1);
}

static void row_take_end(int end, void *context)
{
}

/* false: not as RFC 4180 has it. */
static bool row_split(struct source_reader *reader, const char *text, size_t length, char delimiter,
		      struct source_row *row)
{
	struct row_take take = { .fields = &reader->fields };
	struct csv_parser parser;
	bool good;
	size_t i;

	if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI))
		return false;
	csv_set_delim(&parser, (unsigned char)delimiter);
	reader->fields.length = 0;
	good = csv_parse(&parser, text, length, row_take_field, row_take_end, &take) == length &&
	       !csv_fini(&parser, row_take_field, row_take_end, &take);
	csv_free(&parser);
	for (i = 0; i < take.count; i++)
		row->field[i] = (char *)reader->fields.data + take.offset[i];
	row->count = take.count;
	return good;
}

/* One row's text into reader->text; 0: it is bad, and was told. */
static int row_text(struct source_reader *reader, const char *line, struct row_scan *scan)
{
	int joined;

	reader->text.length = 0;
	buffer_append(&reader->text, line, strlen(line));
	joined = row_join(reader, scan);
	return joined ? joined : source_bad(reader, "a quote is opened and nobody closes it");
}

static bool row_is_blank(const char *text, size_t length)
{
	return strspn(text, " \t") >= length;
}

int source_row(struct source_reader *reader, char delimiter, struct source_row *row)
{
	size_t length;
	char *line;
	int got;

	while ((got = input_line(&reader->input, &line, &length)) > 0) {
		struct row_scan scan = { 0 };
		const char *text = line;

		row_scan(&scan, line, length);
		if (!scan.quoted && row_is_blank(line, scan.length))
			continue;
		reader->line = reader->input.line;
		reader->rows++;
		if (scan.quoted) {
			got = row_text(reader, line, &scan);
			if (got < 0)
				return -1;
			if (!got)
				continue;
			text = (const char *)reader->text.data;
		}
		if (row_split(reader, text, scan.length, delimiter, row))
			return 1;
		source_bad(reader, "a quote stands where RFC 4180 has none");
	}
	return got;
}

bool source_row_is_header(struct source_reader *reader, const struct source_row *row)
{
	const char *name = row->field[0];

	if (reader->rows != 1 || reader->bad || !isalpha((unsigned char)*name) || name[strcspn(name, ".:/")])
		return false;
	reader->rows--;
	return true;
}
