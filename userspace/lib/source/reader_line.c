// SPDX-License-Identifier: Apache-2.0
/* Sources that are lines of text, packed or not. */
#include "source/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "util/memory.h"

#define LINE_QUOTED 80	/* of a text that is no prefix, in the sentence */

int source_fail_line(const struct source_reader *reader, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return resid_fail(reader->err, RESID_EXIT_INPUT, "%s:%zu: %s; %s", reader->path, reader->line, text,
			  SOURCE_REMEDY);
}

static bool line_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static char *line_trim(char *text)
{
	char *end;

	while (line_is_blank(*text))
		text++;
	for (end = text + strlen(text); end > text && line_is_blank(end[-1]); end--)
		;
	*end = '\0';
	return text;
}

int source_line(struct source_reader *reader, char **line)
{
	static const char mark[] = "\xef\xbb\xbf";
	char *end = reader->data + reader->length;

	while (reader->next < end) {
		char *text = reader->next, *stop = memchr(text, '\n', (size_t)(end - text));

		if (!stop)
			stop = end;
		reader->next = stop + (stop < end);
		if (!reader->line++ && !strncmp(text, mark, sizeof(mark) - 1))
			text += sizeof(mark) - 1;
		*stop = '\0';
		if (strlen(text) != (size_t)(stop - text))
			return source_fail_line(reader, "a zero byte, so this is not text");
		*strchrnul(text, '#') = '\0';
		*line = line_trim(text);
		if (**line)
			return 1;
	}
	return 0;
}

char *source_field(char **line)
{
	char *field = *line, *comma;

	if (!field)
		return NULL;
	comma = strchr(field, ',');
	*line = comma ? comma + 1 : NULL;
	if (comma)
		*comma = '\0';
	return line_trim(field);
}

int source_line_prefix(struct source_reader *reader, const char *text, struct prefix *out)
{
	const char *error = source_prefix(text, out);

	return error ? source_fail_line(reader, "'%.*s' %s", LINE_QUOTED, text, error) : 0;
}

static void unzip_end(z_stream *stream)
{
	inflateEnd(stream);
}

int source_unzip(struct source_reader *reader)
{
	_cleanup_(unzip_end) z_stream stream = { 0 };
	_cleanup_free_ char *out = NULL;
	size_t used = 0, capacity;
	int status = Z_OK;

	if (reader->length < 2 || memcmp(reader->data, "\x1f\x8b", 2))
		return 0;
	if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
		return resid_fail(reader->err, RESID_EXIT_SYSTEM, "%s: zlib cannot be used", reader->path);
	stream.next_in = (Bytef *)reader->data;
	stream.avail_in = (uInt)reader->length;
	capacity = reader->length * 6 + 65536;
	out = mem_alloc(capacity + 1);
	/* a file may be several packed ones after each other */
	while (stream.avail_in || status == Z_OK) {
		uInt room;

		if (used == capacity) {
			if (capacity >= SOURCE_MAX)
				return source_fail(reader, "holds more than %zu bytes when unpacked", SOURCE_MAX);
			capacity *= 2;
			out = mem_resize(out, capacity + 1, 1);
		}
		if (status == Z_STREAM_END && inflateReset(&stream) != Z_OK)
			return source_fail(reader, "byte %zu: cannot be unpacked",
					   reader->length - stream.avail_in);
		room = (uInt)(capacity - used);
		stream.next_out = (Bytef *)out + used;
		stream.avail_out = room;
		status = inflate(&stream, Z_NO_FLUSH);
		used += room - stream.avail_out;
		if (status == Z_BUF_ERROR)
			return source_fail(reader, "byte %zu: the packed data are cut short", reader->length);
		if (status != Z_OK && status != Z_STREAM_END)
			return source_fail(reader, "byte %zu: cannot be unpacked: %s", reader->length - stream.avail_in,
					   stream.msg ? stream.msg : "not what gzip writes");
	}
	out[used] = '\0';
	free(reader->data);
	reader->data = reader->next = TAKE(out);
	reader->length = used;
	return 0;
}
