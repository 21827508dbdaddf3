/* SPDX-License-Identifier: Apache-2.0 */
/* Steps along the paths of a shape (shape.h), for who walks a document and for who asks which shape it has. */
#ifndef RESID_SOURCE_DOCUMENT_PRIVATE_H
#define RESID_SOURCE_DOCUMENT_PRIVATE_H

#include <string.h>

#include "source/reader.h"
#include "source/shape.h"
#include "util/json.h"

/* Where a step led: by a key, or by an index. */
struct document_at {
	json_t *node;
	const char *key; /* NULL: by the index */
	size_t length, index;
};

/* By the first of the step's keys that says something; NULL: none is there. */
json_t *document_get(json_t *node, const struct shape_step *step, struct document_at *at);

/* Does the step go by this key? */
static inline bool document_is_key(const struct shape_step *step, const char *key)
{
	const size_t length = strcspn(step->name ? step->name : "", "|?.[");

	return step->kind == SHAPE_KEY && strlen(key) == length && !memcmp(step->name, key, length);
}

static inline bool document_is_prefix(json_t *node)
{
	struct prefix prefix;

	return json_is_string(node) && !source_prefix(json_string_value(node), &prefix);
}

#endif
