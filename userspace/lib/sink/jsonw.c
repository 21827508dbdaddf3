// SPDX-License-Identifier: Apache-2.0
#include "sink/jsonw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/hex.h"
#include "util/memory.h"

static char *jsonw_room(struct jsonw *json, size_t length)
{
	if (json->room - json->length < length) {
		size_t room = json->room ? json->room * 2 : 1024;

		while (room - json->length < length)
			room *= 2;
		json->text = mem_resize(json->text, room, 1);
		json->room = room;
	}
	return json->text + json->length;
}

static void jsonw_put(struct jsonw *json, const char *bytes, size_t length)
{
	memcpy(jsonw_room(json, length), bytes, length);
	json->length += length;
}

#define PUT(json, literal) jsonw_put(json, literal, sizeof(literal) - 1)

void jsonw_fini(struct jsonw *json)
{
	free(json->text);
	*json = (struct jsonw){ 0 };
}

/*
 * Length of the UTF-8 sequence at `at` (1 to 4), 0 when there is none: overlong forms, surrogates and what lies beyond
 * U+10FFFF are none (Unicode 15, table 3-7).
 */
static size_t jsonw_utf8(const unsigned char *at)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (*at < 0x80)
		return 1;
	if (*at >= 0xc2 && *at <= 0xdf)
		return at[1] >= 0x80 && at[1] <= 0xbf ? 2 : 0;
	if (*at >= 0xe0 && *at <= 0xef) {
		length = 3;
		low = *at == 0xe0 ? 0xa0 : 0x80;
		high = *at == 0xed ? 0x9f : 0xbf;
	} else if (*at >= 0xf0 && *at <= 0xf4) {
		length = 4;
		low = *at == 0xf0 ? 0x90 : 0x80;
		high = *at == 0xf4 ? 0x8f : 0xbf;
	} else {
		return 0;
	}
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	return length;
}

static void jsonw_escape(struct jsonw *json, unsigned int code)
{
	char text[8];

	snprintf(text, sizeof(text), "\\u%04x", code & 0xffff);
	jsonw_put(json, text, 6);
}

static void jsonw_quote(struct jsonw *json, const char *value)
{
	const unsigned char *at = (const unsigned char *)value;

	PUT(json, "\"");
	while (*at) {
		size_t length = jsonw_utf8(at);

		if (!length) {
			PUT(json, "\\ufffd");
			length = 1;
		} else if (*at == '"' || *at == '\\') {
			PUT(json, "\\");
			jsonw_put(json, (const char *)at, 1);
		} else if (*at == '\n') {
			PUT(json, "\\n");
		} else if (*at == '\t') {
			PUT(json, "\\t");
		} else if (*at < 0x20 || *at == 0x7f) {
			jsonw_escape(json, *at);
		} else if (length == 3 && *at == 0xe2 && at[1] == 0x80 && (at[2] == 0xa8 || at[2] == 0xa9)) {
			jsonw_escape(json, 0x2000u | (at[2] & 0x3f));
		} else {
			jsonw_put(json, (const char *)at, length);
		}
		at += length;
	}
	PUT(json, "\"");
}

static void jsonw_key(struct jsonw *json, const char *key)
{
	if (json->comma)
		PUT(json, ",");
	json->comma = true;
	if (key) {
		jsonw_quote(json, key);
		PUT(json, ":");
	}
}

void jsonw_object(struct jsonw *json, const char *key)
{
	jsonw_key(json, key);
	PUT(json, "{");
	json->comma = false;
}

void jsonw_object_end(struct jsonw *json)
{
	PUT(json, "}");
	json->comma = true;
}

void jsonw_array(struct jsonw *json, const char *key)
{
	jsonw_key(json, key);
	PUT(json, "[");
	json->comma = false;
}

void jsonw_array_end(struct jsonw *json)
{
	PUT(json, "]");
	json->comma = true;
}

void jsonw_string(struct jsonw *json, const char *key, const char *value)
{
	jsonw_key(json, key);
	jsonw_quote(json, value);
}

void jsonw_u64(struct jsonw *json, const char *key, uint64_t value)
{
	char digits[20], *at = digits + sizeof(digits);

	jsonw_key(json, key);
	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	jsonw_put(json, at, (size_t)(digits + sizeof(digits) - at));
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
