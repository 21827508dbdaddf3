/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing JSON: what is on the record path, and status. Strings come from workloads, so whatever bytes they have, the
 * result is one line of valid UTF-8 that a terminal may be shown: what util/printable.h calls hidden is escaped, bytes
 * that are no UTF-8 become U+FFFD. Commas are the writer's business.
 */
#ifndef RESID_UTIL_JSONW_H
#define RESID_UTIL_JSONW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct jsonw {
	char *text;		/* `length` bytes, not ended by a zero; jsonw_fini frees it */
	size_t length, room;
	bool comma;		/* the next value or key needs one before it */
	size_t name_max;	/* bytes that jsonw_name leaves of a name; 0: all */
	bool cut;		/* it left less than all of one */
};

void jsonw_fini(struct jsonw *json);

/* Room for length more bytes, and its address. */
char *jsonw_grow(struct jsonw *json, size_t length);
static inline char *jsonw_room(struct jsonw *json, size_t length)
{
	return json->room - json->length < length ? jsonw_grow(json, length) : json->text + json->length;
}

/* Bytes as they stand: for what is written between JSON, and for the formats that are none. */
static inline void jsonw_raw(struct jsonw *json, const char *bytes, size_t length)
{
	memcpy(jsonw_room(json, length), bytes, length);
	json->length += length;
}
void jsonw_raw_u64(struct jsonw *json, uint64_t value);

/*
 * The key of the next value; NULL: an element of an array, or the top. Keys are ours, with nothing in them to escape;
 * inline, because most are literals, whose length is known then.
 */
static inline void jsonw_key(struct jsonw *json, const char *key)
{
	size_t length = key ? strlen(key) : 0;
	char *at = jsonw_room(json, length + 4), *start = at;

	if (json->comma)
		*at++ = ',';
	json->comma = true;
	if (key) {
		*at++ = '"';
		memcpy(at, key, length);
		at += length;
		*at++ = '"';
		*at++ = ':';
	}
	json->length += (size_t)(at - start);
}

static inline void jsonw_mark(struct jsonw *json, char mark, bool comma)
{
	*jsonw_room(json, 1) = mark;
	json->length++;
	json->comma = comma;
}

static inline void jsonw_object(struct jsonw *json, const char *key)
{
	jsonw_key(json, key);
	jsonw_mark(json, '{', false);
}

static inline void jsonw_object_end(struct jsonw *json)
{
	jsonw_mark(json, '}', true);
}

static inline void jsonw_array(struct jsonw *json, const char *key)
{
	jsonw_key(json, key);
	jsonw_mark(json, '[', false);
}

static inline void jsonw_array_end(struct jsonw *json)
{
	jsonw_mark(json, ']', true);
}

/* How many bytes of a name may stand, whole characters; notes in `cut` when that is not all. */
size_t jsonw_cut(struct jsonw *json, const char *name);

/* Bytes as a JSON string with its quotes. */
void jsonw_quote(struct jsonw *json, const char *value, size_t length);

static inline void jsonw_string(struct jsonw *json, const char *key, const char *value)
{
	jsonw_key(json, key);
	jsonw_quote(json, value, strlen(value));
}

/* A string that may be cut when the record would grow too long: names, never ids. */
static inline void jsonw_name(struct jsonw *json, const char *key, const char *value)
{
	jsonw_key(json, key);
	jsonw_quote(json, value, jsonw_cut(json, value));
}

static inline void jsonw_u64(struct jsonw *json, const char *key, uint64_t value)
{
	jsonw_key(json, key);
	jsonw_raw_u64(json, value);
}

/* A number as a string: some schemas want ids so. */
static inline void jsonw_u64_string(struct jsonw *json, const char *key, uint64_t value)
{
	jsonw_key(json, key);
	jsonw_raw(json, "\"", 1);
	jsonw_raw_u64(json, value);
	jsonw_raw(json, "\"", 1);
}

void jsonw_bool(struct jsonw *json, const char *key, bool value);
void jsonw_hex(struct jsonw *json, const char *key, const void *bytes, size_t length);
/* "FR,US" as ["FR","US"]; "" as []. */
void jsonw_countries(struct jsonw *json, const char *key, const char *list);
/* Ends a line of a JSON lines file. */
void jsonw_line(struct jsonw *json);

#endif
