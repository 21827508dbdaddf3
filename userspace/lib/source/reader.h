/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of source.h share. They run confined (confine.h): whatever they find goes to the caller as records
 * (record.h), and a stranger's data that take them over have nothing to take.
 *
 *   input.h -> lines, rows (RFC 4180), JSON elements or bytes -> one file a format -> source_add() and its like
 *
 * A row that is bad is left out, counted and told; what is wrong with a whole file refuses it.
 */
#ifndef RESID_SOURCE_READER_H
#define RESID_SOURCE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "source/confine.h"
#include "source/input.h"
#include "source/source.h"
#include "util/intern.h"

#define SOURCE_QUOTED 80	/* of a text that is wrong, in a sentence */

struct source_reader {
	struct confine *confine;
	int fd;			/* the whole file, for a library that wants to map it */
	struct input input;
	enum source_format format;
	struct intern *strings;
	struct intern *ases;	/* that have a name */
	struct intern *seen;	/* source_once() */
	struct buffer answers;	/* the same, by number */
	struct buffer text, fields;	/* of the row that is being read */
	size_t line;		/* where the row begins that is being read */
	uint64_t rows, bad;
	bool detecting;		/* nothing is told yet (detect.h) */
};

/* NAME: sentence. -1. */
int source_fail(struct source_reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* NAME:LINE: sentence. -1. */
int source_fail_line(struct source_reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The row is left out, and why. 0. */
int source_bad(struct source_reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What is wrong with the text as a prefix of a source, to follow the quoted text; NULL: nothing. */
const char *source_prefix(const char *text, struct prefix *out);
/* Adds the fact for a prefix or a range; first and last of it are filled in here. */
void source_add(struct source_reader *reader, const struct prefix *prefix, const struct source_fact *fact);
void source_add_range(struct source_reader *reader, sa_family_t family, u128 first, u128 last,
		      const struct source_fact *fact);
/* Of a database: checks the network and the two letters of its countries; a fact that says nothing is left out. */
int source_network(struct source_reader *reader, const struct prefix *prefix, const struct source_fact *fact);
/* A region or a service; the same number for the same text. "" is 0. */
uint32_t source_string(struct source_reader *reader, const char *text);
/* What an AS is called; the first name stays, and others are not sent. */
void source_as(struct source_reader *reader, uint32_t number, const char *name, size_t length);
/* Where a registry has the holder of an AS: two letters. */
void source_as_country(struct source_reader *reader, uint32_t number, const char country[2]);
/* The day of the data: a text that begins with YYYY-MM-DD, else false; or seconds since 1970. */
bool source_date(struct source_reader *reader, const char *text);
bool source_date_seconds(struct source_reader *reader, int64_t seconds);

/*
 * A prefix stands once in a source with one answer. 1: for the first time; 0: again and with the same, which is a bad
 * row; -1: with another, which refuses the file.
 */
int source_once(struct source_reader *reader, const struct prefix *prefix, const char *answer);

/* The next line without blanks around it and what follows a '#'; never an empty one. 1; 0: no more. */
int source_line(struct source_reader *reader, char **line);

#define SOURCE_FIELDS 32

struct source_row {
	char *field[SOURCE_FIELDS];	/* without quotes and the blanks around them */
	size_t count;
};

/*
 * The next row of RFC 4180, as RFC 8805 has it: what follows a '#' outside quotes is no part of it. Rows that are none
 * are bad ones. 1; 0: no more. The fields stay until the next call.
 */
int source_row(struct source_reader *reader, char delimiter, struct source_row *row);
/* Is the first row one of names, whose first field is no address? It does not count then. */
bool source_row_is_header(struct source_reader *reader, const struct source_row *row);
/* "64496" or "AS64496"; false: no number of an AS. */
bool source_asn(const char *text, uint32_t *out);

#endif
