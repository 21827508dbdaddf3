/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of all formats share: the source being read, its lines or its JSON, and sentences with the place. */
#ifndef RESID_SOURCE_READER_H
#define RESID_SOURCE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "source/source.h"
#include "util/intern.h"
#include "util/json.h"

#define SOURCE_MAX	((size_t)1 << 28)	/* bytes of a file, and of what is packed in one */
#define SOURCE_REMEDY	"fetch the file anew, or name another"

/* 0, or -1 with *err set: the stream makes no sense. */
typedef int (*confine_taker)(void *context, const uint8_t *bytes, size_t length, struct resid_error *err);

struct source_reader {
	struct source *source;
	const char *path;	/* as the caller named it */
	const char *format;	/* its name, for errors */
	char *data;		/* of a text format: the file, which the reader may cut up; owned */
	size_t length;
	size_t line;		/* of a text format: the line being read, from 1 */
	char *next;		/* where the line after it begins */
	struct intern *strings;
	confine_taker take;	/* of a stream (confine.h), else NULL */
	void *take_context;
	char name[256];		/* of an AS, while it comes in pieces (confine.c) */
	size_t name_length;
	struct resid_error *err;
};

/* PATH:LINE: sentence; remedy. */
int source_fail_line(const struct source_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* PATH: sentence; remedy. */
int source_fail(const struct source_reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What is wrong with the text as a prefix of a source, to follow the quoted text; NULL: nothing. */
const char *source_prefix(const char *text, struct prefix *out);
/* Adds the fact for a prefix; first and last of it are filled in here. */
void source_add(struct source_reader *reader, const struct prefix *prefix, const struct source_fact *fact);
/* Adds what an AS is called; the first name stays. */
void source_as(struct source_reader *reader, uint32_t number, const char *name);
/* Adds where a registry has the holder of an AS; what names no place says nothing. */
void source_as_country(struct source_reader *reader, uint32_t number, const char *country);
/* A day of the calendar, YYYY-MM-DD and nothing after it. */
bool source_is_date(const char *text);
uint32_t source_string(struct source_reader *reader, const char *text);
/* Codes as in location.h: "UK" becomes GB, "EU", "AP", "A1" and "A2" stay, what names no place becomes "". false: not a code. */
bool source_country(const char *text, char out[3]);

/* The next line without its end, blanks around it and what follows a '#'; never an empty one. 0: no more. */
int source_line(struct source_reader *reader, char **line);
/* Cuts the first field off a line of fields between commas; NULL when there is none left. */
char *source_field(char **line);
/* A prefix in a line, or PATH:LINE: what is wrong. */
int source_line_prefix(struct source_reader *reader, const char *text, struct prefix *out);

/* Unpacks reader->data when gzip packed it. */
int source_unzip(struct source_reader *reader);

/* Where in a JSON document: LIST[INDEX].INNER[INNER_INDEX]. */
struct source_at {
	const char *list;
	size_t index;
	const char *inner;	/* NULL: the element of the outer list itself */
	size_t inner_index;
};

/* PATH: LIST[INDEX].KEY: sentence; remedy. at, key: NULL for the top. */
int source_json_fail(const struct source_reader *reader, const struct source_at *at, const char *key,
		     const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The document, which must be an object. */
int source_json_load(struct source_reader *reader, json_t **out);
int source_json_list(const struct source_reader *reader, const struct source_at *at, json_t *object, const char *key,
		     json_t **out);
/* Text, "" when the key is absent and not required. */
int source_json_text(const struct source_reader *reader, const struct source_at *at, json_t *object, const char *key,
		     bool required, const char **out);
int source_json_prefix(const struct source_reader *reader, const struct source_at *at, const char *key,
		       const char *text, struct prefix *out);
/* The date that the value of a key of the top begins with. */
int source_json_date(struct source_reader *reader, json_t *root, const char *key);

#endif
