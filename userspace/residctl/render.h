/* SPDX-License-Identifier: Apache-2.0 */
/* A view as text, JSON, CSV or Markdown. The renderers alone escape: what a view holds may come from anybody. */
#ifndef RESIDCTL_RENDER_H
#define RESIDCTL_RENDER_H

#include "view.h"

/* In the form that the view's output asks for. */
void render(const struct view *view);

/* For people: lines and tables that fit the terminal, with nothing in them that it would obey (render_text.c). */
void render_text(const struct view *view);
/* One line of JSON; of a stream one a row (render_json.c). */
void render_json(const struct view *view);
/* A view_rows() or view_stream() (render_csv.c, render_markdown.c). */
void render_csv(const struct view *view);
void render_markdown(const struct view *view);

/* ---- for the renderers -------------------------------------------------------------------------------------- */

#define RENDER_TEXT 48

/* A value in words, as it was handed over; in `buffer` where it is no text. Not of an object, a table or a list. */
const char *render_value(const struct view_node *node, char buffer[RENDER_TEXT]);

/* What a row has for a column; NULL: nothing, as of a list that is empty. */
const struct view_node *render_cell(const struct view_node *row, const char *label);

const char *render_verdict(enum resid_verdict verdict);

#endif
