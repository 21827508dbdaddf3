// SPDX-License-Identifier: Apache-2.0
#include "util/printable.h"

#include <stdio.h>
#include <string.h>

#include "util/buffer.h"
#include "util/utf8.h"

/* Unicode 15; what is not assigned in the last block is ignored by terminals as well. */
static const struct {
	uint32_t first, last;
} printable_hidden[] = {
	{ 0x0, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x600, 0x605 }, { 0x61c, 0x61c }, { 0x6dd, 0x6dd },
	{ 0x70f, 0x70f }, { 0x890, 0x891 }, { 0x8e2, 0x8e2 }, { 0x180e, 0x180e }, { 0x200b, 0x200f },
	{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0x110bd, 0x110bd },
	{ 0x110cd, 0x110cd }, { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

bool printable_is_hidden(uint32_t code)
{
	for (size_t i = 0; i < sizeof(printable_hidden) / sizeof(*printable_hidden); i++)
		if (code <= printable_hidden[i].last)
			return code >= printable_hidden[i].first;
	return false;
}

size_t printable_next(const char *text, char escape[PRINTABLE_ESCAPE])
{
	size_t length = utf8_length(text);
	uint32_t code = length ? utf8_code(text, length) : (unsigned char)*text;

	*escape = '\0';
	if (length && !printable_is_hidden(code))
		return length;
	if (code == '\n' || code == '\t')
		strcpy(escape, code == '\n' ? "\\n" : "\\t");
	else if (code < 0x100)
		snprintf(escape, PRINTABLE_ESCAPE, length > 1 ? "\\u%04x" : "\\x%02x", code);
	else
		snprintf(escape, PRINTABLE_ESCAPE, code < 0x10000 ? "\\u%04x" : "\\U%08x", code);
	return length ?: 1;
}

char *printable_copy(const char *text)
{
	struct buffer out = { 0 };
	char escape[PRINTABLE_ESCAPE];

	while (*text) {
		size_t length = printable_next(text, escape);

		if (*escape)
			buffer_append(&out, escape, strlen(escape));
		else
			buffer_append(&out, text, length);
		text += length;
	}
	buffer_extend(&out, 1);
	return (char *)out.data;
}
