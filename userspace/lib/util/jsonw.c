// SPDX-License-Identifier: Apache-2.0
#include "util/jsonw.h"

#include <stdlib.h>
#include <string.h>

#include "util/hex.h"
#include "util/memory.h"
#include "util/printable.h"
#include "util/utf8.h"

char *jsonw_grow(struct jsonw *json, size_t length)
{
	size_t room = json->room ? json->room * 2 : 1024;

	while (room - json->length < length)
		room *= 2;
	json->text = mem_resize(json->text, room, 1);
	json->room = room;
	return json->text + json->length;
}

#define PUT(json, literal) jsonw_raw(json, literal, sizeof(literal) - 1)

void jsonw_fini(struct jsonw *json)
{
	free(json->text);
	*json = (struct jsonw){ 0 };
}

size_t jsonw_cut(struct jsonw *json, const char *name)
{
	size_t length = strlen(name), at = 0;

	if (!json->name_max || length <= json->name_max)
		return length;
	json->cut = true;
	while (at < length) {
		size_t next = at + (utf8_length(name + at) ?: 1);

		if (next > json->name_max)
			break;
		at = next;
	}
	return at;
}

static void jsonw_escape(struct jsonw *json, unsigned int code)
{
	static const char digit[] = "0123456789abcdef";
	char text[6] = { '\\', 'u' };

	if (code >= 0x10000) {
		jsonw_escape(json, 0xd7c0 + (code >> 10));
		code = 0xdc00 | (code & 0x3ff);
	}
	for (int i = 0; i < 4; i++)
		text[2 + i] = digit[code >> (12 - 4 * i) & 15];
	jsonw_raw(json, text, sizeof(text));
}

/* One character that cannot stand as it is; its length in `at`. */
static size_t jsonw_special(struct jsonw *json, const char *at)
{
	size_t length = utf8_length(at);
	unsigned char first = (unsigned char)*at;

	if (!length) {
		PUT(json, "\\ufffd");
		return 1;
	}
	if (first == '"' || first == '\\') {
		PUT(json, "\\");
		jsonw_raw(json, at, 1);
	} else if (first == '\n') {
		PUT(json, "\\n");
	} else if (first == '\t') {
		PUT(json, "\\t");
	} else if (printable_is_hidden(utf8_code(at, length))) {
		jsonw_escape(json, utf8_code(at, length));
	} else {
		jsonw_raw(json, at, length);
	}
	return length;
}

#define EACH(byte) (0x0101010101010101u * (byte))

/* Whether one of eight bytes is a control character, a quote, a backslash, DEL or not ASCII. */
static bool jsonw_any_special(uint64_t bytes)
{
	uint64_t quote = bytes ^ EACH('"'), backslash = bytes ^ EACH('\\'), del = bytes ^ EACH(0x7f);

	/* A byte below n borrows from its top bit; one that is not ASCII has it set. */
	return ((bytes - EACH(0x20)) | bytes | (quote - EACH(1)) | (backslash - EACH(1)) | (del - EACH(1))) &
	       EACH(0x80);
}

/* How many bytes from `at` on stand for themselves. */
static size_t jsonw_run(const char *at, const char *end)
{
	const char *start = at;
	uint64_t bytes;

	for (; end - at >= 8; at += 8) {
		memcpy(&bytes, at, 8);
		if (jsonw_any_special(bytes))
			break;
	}
	while (at < end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x7f && *at != '"' && *at != '\\')
		at++;
	return (size_t)(at - start);
}

void jsonw_quote(struct jsonw *json, const char *value, size_t length)
{
	const char *at = value, *end = value + length;
	char *out = jsonw_room(json, length + 2);
	size_t run = jsonw_run(at, end);

	*out = '"';
	memcpy(out + 1, at, run);
	json->length += run + 1;
	for (at += run; at < end; at += run) {
		at += jsonw_special(json, at);
		run = at < end ? jsonw_run(at, end) : 0;
		jsonw_raw(json, at, run);
	}
	PUT(json, "\"");
}

void jsonw_raw_u64(struct jsonw *json, uint64_t value)
{
	char digits[20], *at = digits + sizeof(digits);

	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	jsonw_raw(json, at, (size_t)(digits + sizeof(digits) - at));
}

void jsonw_bool(struct jsonw *json, const char *key, bool value)
{
	jsonw_key(json, key);
	if (value)
		PUT(json, "true");
	else
		PUT(json, "false");
}

void jsonw_hex(struct jsonw *json, const char *key, const void *bytes, size_t length)
{
	jsonw_key(json, key);
	PUT(json, "\"");
	hex_format(bytes, length, jsonw_room(json, 2 * length + 1));
	json->length += 2 * length;
	PUT(json, "\"");
}

void jsonw_countries(struct jsonw *json, const char *key, const char *list)
{
	jsonw_array(json, key);
	for (; *list; list += 2 + (list[2] == ','))
		jsonw_string(json, NULL, (char[3]){ list[0], list[1] });
	jsonw_array_end(json);
}

void jsonw_line(struct jsonw *json)
{
	PUT(json, "\n");
	json->comma = false;
}
