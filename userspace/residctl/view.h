/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a verb has to say, once. A verb fills a tree of values; text, JSON, CSV and Markdown are renderings of it
 * (render.h).
 *
 *   key      a value's name in JSON; NULL: it stands in no JSON, or it is an element of an array
 *   label    its name in text: of a line "label  value", or of the column of a table; NULL: it stands in no text
 *
 * Strings that the verb hands over are copied, keys, labels and columns are not. Nobody but the renderers makes text
 * printable or escapes anything: values are handed over as they are.
 */
#ifndef RESIDCTL_VIEW_H
#define RESIDCTL_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "kmod/verdict.h"
#include "util/cleanup.h"
#include "util/error.h"

enum view_kind {
	VIEW_OBJECT,	/* named values */
	VIEW_TABLE,	/* objects, each of them a row */
	VIEW_LIST,	/* values without names */

	VIEW_TEXT,
	VIEW_BLOCK,	/* lines that stand as they are: a policy, a key */
	VIEW_RAW,	/* JSON that is written already */
	VIEW_NUMBER,
	VIEW_COUNT,	/* as a number, but in text, outside of tables, with commas */
	VIEW_TIME,	/* seconds since the epoch */
	VIEW_TIME_NS,	/* nanoseconds since the epoch */
	VIEW_BOOL,
	VIEW_VERDICT,	/* enum resid_verdict */
	VIEW_PREFIX,	/* an address or a prefix */
};

/* A column of a table, in text, CSV and Markdown. */
struct view_column {
	const char *label;
	unsigned char width;	/* in a stream, whose rows are not known beforehand */
	unsigned char rank;	/* where there is no room for all, the highest goes first; 0 never */
	bool right;		/* numbers */
};

struct view_node {
	enum view_kind kind;
	bool alarm;			/* a person must see it */
	const char *key, *label;
	const char *text;		/* of the kinds that are text */
	uint64_t number;		/* of the others */
	const char *note;		/* in text it follows the value as it stands; NULL: none */
	const struct view_column *columns;	/* of a table; ends with a NULL label */
	struct view_node *parent, *first, *last, *next;
};

enum view_form { VIEW_FORM_TEXT, VIEW_FORM_JSON, VIEW_FORM_CSV, VIEW_FORM_MARKDOWN };

/* What it is for. */
struct view_output {
	FILE *out;
	enum view_form form;
	unsigned int width;	/* columns of the terminal; 0: nothing is cut or broken */
	bool terminal, colour;
	const char *sort;	/* "packets,-class": order of the rows; NULL: as they come */
};

struct view {
	struct view_output output;
	struct view_node *root;		/* an object, or the table that view_rows() made of it */
	struct view_node *at;		/* what is open */
	struct view_node *value;	/* the last one */
	struct view_arena *arena;
	bool stream;			/* the root's rows are rendered as they come: JSON lines */
	bool header;			/* the root has a line of labels */
	bool comment;			/* text: all but blocks stands behind a "# " */
	size_t flushed;			/* documents, or parts of a stream, rendered so far */
};

struct view *view_new(const struct view_output *output);
void view_free(struct view *view);
DEFINE_CLEANUP(view, struct view *, view_free);

/* It was rendered (show.h): forgets what there is. Of a stream the table goes on. */
void view_clear(struct view *view);

/* Is there something that was not rendered: values, or a document that is a table without rows? */
bool view_has_more(const struct view *view);

/* ---- what holds others; view_end() closes it --------------------------------------------------------------- */

void view_object(struct view *view, const char *key, const char *label);
/* label "": no heading. columns NULL: each row is shown as an object. */
void view_table(struct view *view, const char *key, const char *label, const struct view_column *columns);
void view_list(struct view *view, const char *key, const char *label);
void view_row(struct view *view);
void view_end(struct view *view);

/* Before anything else: the document is a table, an array in JSON. */
void view_rows(struct view *view, const struct view_column *columns);
/* Before anything else: rows without end, an object a line in JSON; to be shown after every one, or some. */
void view_stream(struct view *view, const struct view_column *columns, bool header);

/* ---- values ------------------------------------------------------------------------------------------------ */

void view_text(struct view *view, const char *key, const char *label, const char *text);
/* The same unless it is NULL or "". */
void view_known(struct view *view, const char *key, const char *label, const char *text);
void view_format(struct view *view, const char *key, const char *label, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void view_block(struct view *view, const char *key, const char *label, const char *text);
void view_raw(struct view *view, const char *key, const char *label, const char *json, size_t length);
void view_prefix(struct view *view, const char *key, const char *label, const char *text);
void view_number(struct view *view, const char *key, const char *label, uint64_t number);
void view_count(struct view *view, const char *key, const char *label, uint64_t count);
void view_time(struct view *view, const char *key, const char *label, int64_t seconds);
void view_time_ns(struct view *view, const char *key, const char *label, uint64_t ns);
void view_bool(struct view *view, const char *key, const char *label, bool truth);
void view_verdict(struct view *view, const char *key, const char *label, enum resid_verdict verdict);
void view_hex(struct view *view, const char *key, const char *label, const void *bytes, size_t length);
/* "FR,US": a list. */
void view_countries(struct view *view, const char *key, const char *label, const char *list);

/* ---- in text only ------------------------------------------------------------------------------------------ */

/* What follows the last value on its line, with the blank or comma before it. */
void view_note(struct view *view, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The last value is what a person must see. */
void view_alarm(struct view *view);
/* A line below the last value, or below the cells of the row. */
void view_more(struct view *view, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A sentence, from the margin on. */
void view_say(struct view *view, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Labels of the last two, for renderers. */
extern const char view_label_more[], view_label_say[];

#endif
