/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON element by element: the outer levels of a document are walked here, and what is in them is parsed by jansson,
 * one element at a time. So a list of a million objects takes the memory of one. Refused with NAME:LINE:COLUMN.
 */
#ifndef RESID_SOURCE_JSON_PULL_H
#define RESID_SOURCE_JSON_PULL_H

#include <stdbool.h>

#include "source/input.h"
#include "util/intern.h"
#include "util/json.h"

#define JSON_PULL_DEPTH 2	/* levels that are walked; more are within elements */

struct json_pull {
	struct input *input;
	size_t line, column;	/* of the next byte, from 1 */
	struct intern *keys[JSON_PULL_DEPTH];	/* that the objects around it had so far */
	unsigned int depth;
};

/* At the document's beginning. */
int json_pull_open(struct json_pull *pull, struct input *input);
/* What the next value is, by its first byte: '{', '[', '"' ...; 0 at the end of the document; -1. */
int json_pull_next(struct json_pull *pull);
/* The next value, whatever it is. */
int json_pull_value(struct json_pull *pull, json_t **out);
/* Into the object or list that is next, at most JSON_PULL_DEPTH deep. */
int json_pull_enter(struct json_pull *pull);
/*
 * To the next member of the object, whose key is *key, the caller's to free; or of the list (key NULL). first: none was
 * asked for yet. 1; 0: there is none, and the object or list is left.
 */
int json_pull_member(struct json_pull *pull, bool first, char **key);
/* Nothing but blanks is left. */
int json_pull_end(struct json_pull *pull);

#endif
