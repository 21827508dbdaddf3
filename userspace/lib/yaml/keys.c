// SPDX-License-Identifier: Apache-2.0
#include "yaml/keys.h"

#include <stdio.h>
#include <string.h>

#include "util/rfc3339.h"

static const char *const keys_kind_name[] = {
	[YAML_SCALAR] = "one value",
	[YAML_LIST] = "a list",
	[YAML_MAP] = "a map",
};

int keys_kind(const struct keys_file *file, const struct yaml_node *node, enum yaml_kind kind, const char *what)
{
	if (node->kind == kind)
		return 0;
	if (node->kind == YAML_SCALAR)
		return keys_fail(file, node, "%s must be %s, not '%s'", what, keys_kind_name[kind], node->text);
	return keys_fail(file, node, "%s must be %s, not %s", what, keys_kind_name[kind], keys_kind_name[node->kind]);
}

int keys_known(const struct keys_file *file, const struct yaml_node *node, const char *what, const char *const *known)
{
	char list[256] = "";
	size_t i, j;

	if (keys_kind(file, node, YAML_MAP, what))
		return -1;
	for (i = 0; i < node->count; i += 2) {
		for (j = 0; known[j] && strcmp(known[j], node->child[i]->text); j++)
			;
		if (known[j])
			continue;
		for (j = 0; known[j]; j++)
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", j ? ", " : "", known[j]);
		return keys_fail(file, node->child[i], "unknown key '%s' in %s; the keys are %s",
				 node->child[i]->text, what, list);
	}
	return 0;
}

int keys_get(const struct keys_file *file, const struct yaml_node *map, const char *key, bool required,
	     const struct yaml_node **out)
{
	*out = yaml_get(map, key);
	if (!*out && required)
		return keys_fail(file, map, "key '%s' is missing here", key);
	return 0;
}

int keys_name(const struct keys_file *file, const struct yaml_node *node, const char *what)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	size_t length;

	if (keys_kind(file, node, YAML_SCALAR, what))
		return -1;
	length = strlen(node->text);
	if (!length || length > 63 || strspn(node->text, letters) != length || strchr("-_.", node->text[0]))
		return keys_fail(file, node,
				 "%s '%s' must be 1 to 63 of a-z, A-Z, 0-9, '-', '_' and '.', and begin with a letter or digit",
				 what, node->text);
	return 0;
}

int keys_number(const struct keys_file *file, const struct yaml_node *node, const char *what, unsigned int min,
		unsigned int max, unsigned int *out)
{
	unsigned int value = 0;
	const char *at;

	if (keys_kind(file, node, YAML_SCALAR, what))
		return -1;
	for (at = node->text; *at >= '0' && *at <= '9' && value <= max; at++)
		value = value * 10 + (unsigned int)(*at - '0');
	if (at == node->text || *at || value < min || value > max || (node->text[0] == '0' && node->text[1]))
		return keys_fail(file, node, "%s '%s' must be a number from %u to %u", what, node->text, min, max);
	*out = value;
	return 0;
}

int keys_time(const struct keys_file *file, const struct yaml_node *node, const char *what, int64_t *out)
{
	const char *error;

	if (keys_kind(file, node, YAML_SCALAR, what))
		return -1;
	error = rfc3339_parse(node->text, out);
	return error ? keys_fail(file, node, "%s '%s' %s", what, node->text, error) : 0;
}

int keys_duration(const struct keys_file *file, const struct yaml_node *node, const char *what, int64_t *out)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	int64_t value = 0;
	const char *at;
	size_t i;

	if (keys_kind(file, node, YAML_SCALAR, what))
		return -1;
	for (at = node->text; *at >= '0' && *at <= '9' && value < 1000000; at++)
		value = value * 10 + (*at - '0');
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (at == node->text || *at != units[i].unit || at[1] || !value || value > 999999)
			continue;
		*out = value * units[i].seconds;
		return 0;
	}
	return keys_fail(file, node, "%s '%s' must be a number from 1 to 999999 with its unit: 90d, 12h, 30m or 45s", what,
			 node->text);
}

int keys_prefix(const struct keys_file *file, const struct yaml_node *node, struct prefix *out)
{
	char text[ADDRESS_TEXT];
	const char *error;

	if (keys_kind(file, node, YAML_SCALAR, "a prefix"))
		return -1;
	error = prefix_parse(node->text, out);
	if (error && !strcmp(error, PREFIX_HOST_BITS)) {
		prefix_format(out, text);
		return keys_fail(file, node, "prefix '%s' %s; write %s", node->text, error, text);
	}
	if (error)
		return keys_fail(file, node, "prefix '%s' %s", node->text, error);
	return 0;
}

int keys_items(const struct keys_file *file, const struct yaml_node *const *node, const char *what,
	       const struct yaml_node *const **items, size_t *count)
{
	if ((*node)->kind == YAML_MAP)
		return keys_fail(file, *node, "%s must be one value or a list, not a map", what);
	*items = node;
	*count = 1;
	if ((*node)->kind == YAML_LIST) {
		if (!(*node)->count)
			return keys_fail(file, *node, "%s is an empty list, which matches nothing; name what it matches",
					 what);
		*items = (const struct yaml_node *const *)(*node)->child;
		*count = (*node)->count;
	}
	return 0;
}
