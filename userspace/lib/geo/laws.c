// SPDX-License-Identifier: Apache-2.0
#include "geo/laws.h"

#include <stdlib.h>
#include <string.h>

#include "source/location.h"
#include "util/memory.h"
#include "util/rfc3339.h"

void laws_free_basis(struct operator_jurisdiction *basis)
{
	free(basis->basis);
	free(basis->valid_until);
}

void laws_fini(struct laws *laws)
{
	for (size_t i = 0; i < laws->count; i++)
		laws_free_basis(&laws->law[i].basis);
	free(laws->law);
}

int laws_text(const struct keys_file *file, const struct yaml_node *map, const char *key, bool required, char **out)
{
	_cleanup_free_ char *what = mem_format("`%s`", key);
	const struct yaml_node *node;

	if (keys_get(file, map, key, required, &node))
		return -1;
	if (node && keys_kind(file, node, YAML_SCALAR, what))
		return -1;
	if (node && !node->text[0])
		return keys_fail(file, node, "%s is empty; %s", what, required ? "it must say something" : "leave it out");
	if (node && strpbrk(node->text, "\n\r\t"))
		return keys_fail(file, node, "%s must be one line; fold it with >-", what);
	*out = node ? mem_copy(node->text, strlen(node->text)) : mem_copy("", 0);
	return 0;
}

int laws_date(const struct keys_file *file, const struct yaml_node *map, const char *key, bool required, char **out)
{
	int64_t day;

	if (laws_text(file, map, key, required, out))
		return -1;
	if (**out && !rfc3339_parse_day(*out, &day))
		return keys_fail(file, yaml_get(map, key), "%s '%s' must be a day, written YYYY-MM-DD", key, *out);
	return 0;
}

static int laws_basis(const struct keys_file *file, const struct yaml_node *node,
		      struct operator_jurisdiction *jurisdiction)
{
	static const char *const keys[] = { "country", "basis", "valid_until", NULL };
	const struct yaml_node *country;
	const char *hint;
	int location;

	if (keys_known(file, node, "a jurisdiction", keys) ||
	    keys_get(file, node, "country", true, &country) ||
	    keys_kind(file, country, YAML_SCALAR, "`country`"))
		return -1;
	location = location_find(country->text);
	if (location < 0 || !location_is_country((unsigned int)location)) {
		hint = location_suggest(country->text);
		return keys_fail(file, country, "unknown country '%s'; write %s", country->text,
				 hint ? hint : "its two letters of ISO 3166-1");
	}
	memcpy(jurisdiction->country, country->text, sizeof(jurisdiction->country));
	if (laws_text(file, node, "basis", true, &jurisdiction->basis))
		return -1;
	return laws_date(file, node, "valid_until", false, &jurisdiction->valid_until);
}

int laws_read(const struct keys_file *file, const struct yaml_node *root, struct laws *laws)
{
	const struct yaml_node *map;

	if (keys_get(file, root, "laws", false, &map) || (map && keys_kind(file, map, YAML_MAP, "`laws`")))
		return -1;
	laws->law = mem_zero(map ? map->count / 2 : 0, sizeof(*laws->law));
	for (size_t i = 0; map && i < map->count; i += 2) {
		struct law *law = &laws->law[laws->count];

		if (keys_name(file, map->child[i], "law"))
			return -1;
		law->name = map->child[i]->text;
		laws->count++;
		if (laws_basis(file, map->child[i + 1], &law->basis))
			return -1;
	}
	return 0;
}

int laws_jurisdiction(const struct keys_file *file, const struct yaml_node *node, const struct laws *laws,
		      struct operator_jurisdiction *jurisdiction)
{
	const struct operator_jurisdiction *basis;
	size_t i = 0;

	if (node->kind != YAML_SCALAR)
		return laws_basis(file, node, jurisdiction);
	while (i < laws->count && strcmp(laws->law[i].name, node->text))
		i++;
	if (i == laws->count)
		return keys_fail(file, node, "unknown law '%s'; name one of `laws`, or write {country: ..., basis: ...}",
				 node->text);
	basis = &laws->law[i].basis;
	memcpy(jurisdiction->country, basis->country, sizeof(jurisdiction->country));
	jurisdiction->basis = mem_copy(basis->basis, strlen(basis->basis));
	jurisdiction->valid_until = mem_copy(basis->valid_until, strlen(basis->valid_until));
	return 0;
}
