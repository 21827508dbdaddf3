// SPDX-License-Identifier: Apache-2.0
#include "source/reader.h"

#include <string.h>

static bool line_is_blank(char c)
{
	return c == ' ' || c == '\t';
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
	size_t length;
	int got;

	while ((got = input_line(&reader->input, line, &length)) > 0) {
		*strchrnul(*line, '#') = '\0';
		*line = line_trim(*line);
		if (!**line)
			continue;
		reader->line = reader->input.line;
		reader->rows++;
		return 1;
	}
	return got;
}
