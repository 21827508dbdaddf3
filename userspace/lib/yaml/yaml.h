/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A YAML document as a tree in which every node knows its line and column. Scalars are text and nothing else: NO is
 * two letters. What a policy has no use for is refused here: anchors and aliases, tags, a key that stands twice or is
 * not a scalar, nesting deeper than YAML_DEPTH_MAX, files over YAML_SIZE_MAX, text that is not UTF-8.
 */
#ifndef RESID_YAML_YAML_H
#define RESID_YAML_YAML_H

#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

#define YAML_SIZE_MAX	((size_t)1 << 20)
#define YAML_DEPTH_MAX	16
#define YAML_DOCUMENTS_MAX 64

enum yaml_kind {
	YAML_SCALAR,
	YAML_LIST,
	YAML_MAP
};

struct yaml_node {
	enum yaml_kind kind;
	size_t line, column;		/* from 1 */
	char *text;			/* of a scalar, without zeros inside; "" for one that is empty */
	struct yaml_node **child;	/* of a list: items; of a map: key, value, key, value, ... */
	size_t count, capacity;
};

struct yaml_stream {
	struct yaml_node **document;
	size_t count, capacity;
};

/* name is what stands before LINE:COLUMN in an error. */
int yaml_parse(const char *name, const char *text, size_t length, struct yaml_node **out, struct resid_error *err);
void yaml_free(struct yaml_node *node);
/* The same for a file of up to YAML_DOCUMENTS_MAX documents. */
int yaml_parse_stream(const char *name, const char *text, size_t length, struct yaml_stream *out,
		      struct resid_error *err);
void yaml_stream_fini(struct yaml_stream *stream);

/* Value of a key of a map, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

/* "NAME:LINE:COLUMN: sentence", RESID_EXIT_INPUT, -1. */
int yaml_fail(const char *name, const struct yaml_node *node, struct resid_error *err, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

DEFINE_CLEANUP(yaml, struct yaml_node *, yaml_free);
#define _cleanup_yaml_ _cleanup_(cleanup_yaml)

#endif
