/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed access to the nodes of a YAML document: the key is there, the value is of the kind that is meant, and else one
 * sentence says what is wrong, with file, line and column. It knows nothing of what the document is about.
 */
#ifndef RESID_YAML_KEYS_H
#define RESID_YAML_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/address.h"
#include "yaml/yaml.h"

/* The file whose nodes are read. */
struct keys_file {
	const char *name; /* for errors */
	struct resid_error *err;
};

#define keys_fail(file, node, ...) yaml_fail((file)->name, (node), (file)->err, __VA_ARGS__)

/* It is a map, and all of its keys are among the known, which end with NULL. what: "a rule", for the sentence. */
int keys_known(const struct keys_file *file, const struct yaml_node *node, const char *what, const char *const *known);
/* The kind is right; what: "`rules`". */
int keys_kind(const struct keys_file *file, const struct yaml_node *node, enum yaml_kind kind, const char *what);
/* Gives the key's value, NULL when it is absent and not required. */
int keys_get(const struct keys_file *file, const struct yaml_node *map, const char *key, bool required,
	     const struct yaml_node **out);
/* A scalar of letters, digits, '-', '_', '.', beginning with a letter or digit, at most 63 characters. */
int keys_name(const struct keys_file *file, const struct yaml_node *node, const char *what);
int keys_number(const struct keys_file *file, const struct yaml_node *node, const char *what, unsigned int min,
		unsigned int max, unsigned int *out);
/* A point in time with its offset, in seconds since the epoch. */
int keys_time(const struct keys_file *file, const struct yaml_node *node, const char *what, int64_t *out);
/* A number with its unit, "90d", "12h", "30m" or "45s"; in seconds. */
int keys_duration(const struct keys_file *file, const struct yaml_node *node, const char *what, int64_t *out);
int keys_prefix(const struct keys_file *file, const struct yaml_node *node, struct prefix *out);
/* Items of a list, or the scalar itself as the only one; an empty list is refused. */
int keys_items(const struct keys_file *file, const struct yaml_node *const *node, const char *what,
	       const struct yaml_node *const **items, size_t *count);

#endif
