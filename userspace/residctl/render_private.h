/* SPDX-License-Identifier: Apache-2.0 */
/* What render_text.c (lines) and render_columns.c (tables) share: a line of the terminal as it is written. */
#ifndef RESIDCTL_RENDER_PRIVATE_H
#define RESIDCTL_RENDER_PRIVATE_H

#include <stdio.h>

#include "render.h"
#include "util/buffer.h"

struct text {
	FILE *out;
	const struct view *view;
	size_t width;		/* of the terminal; 0: no line is cut or broken */
	bool colour, terminal;
	const char *prefix;	/* of every line */
	size_t column;		/* of the line that is being written */
	bool full;		/* it has no room for more */
	struct buffer value;	/* scratch */
};

/* Text as it may be shown, without a final zero. */
void text_append(struct buffer *out, const char *text);
/* A value as it may be shown, with a final zero that the length does not count. */
void text_value(struct buffer *out, const struct view_node *node, bool commas);
/* How many columns of a terminal a printable text takes. */
size_t text_columns(const char *printable);
/* Is it what a person must see: a refusal, an alarm? */
bool text_alarms(const struct view_node *node);

void text_begin(struct text *text, size_t indent);
/* Cut at the end of the line. */
void text_put(struct text *text, const char *printable, bool alarm);
void text_pad(struct text *text, size_t column);
void text_end(struct text *text);
/* A sentence in lines of its own. */
void text_sentence(struct text *text, const struct view_node *node, size_t indent);

/* render_columns.c: its rows; of a stream those that there are. */
void text_table(struct text *text, const struct view_node *table, size_t indent);

#endif
