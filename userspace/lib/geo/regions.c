// SPDX-License-Identifier: Apache-2.0
#include "geo/regions.h"

#include <stdlib.h>
#include <string.h>

#include "kmod/deps.h"
#include "source/format.h"
#include "source/location.h"
#include "yaml/embedded.h"
#include "yaml/keys.h"
#include "util/memory.h"
#include "util/rfc3339.h"

void regions_free(struct regions *regions)
{
	size_t i;

	if (!regions)
		return;
	for (i = 0; i < regions->count; i++)
		free(regions->region[i].name);
	free(regions->region);
	free(regions);
}

static int regions_compare(const void *left, const void *right)
{
	const struct region *a = left, *b = right;

	return a->format != b->format ? (a->format < b->format ? -1 : 1) : strcmp(a->name, b->name);
}

int regions_find(const struct regions *regions, enum source_format format, const char *name)
{
	const struct region key = { .format = format, .name = (char *)name }, *found = NULL;

	if (regions && regions->count)
		found = bsearch(&key, regions->region, regions->count, sizeof(key), regions_compare);
	return found ? (int)found->location : -1;
}

static int regions_one(const struct keys_file *file, const struct yaml_node *name, const struct yaml_node *country,
		       enum source_format format, struct regions *regions)
{
	struct region *region;
	int location;

	if (keys_name(file, name, "region") ||
	    keys_kind(file, country, YAML_SCALAR, "the country of a region"))
		return -1;
	location = location_find(country->text);
	if (location < 0 || (!location_is_country((unsigned int)location) && location != LOCATION_ANYCAST))
		return keys_fail(file, country, "region '%s': '%s' is neither a country of ISO 3166-1 nor anycast",
				 name->text, country->text);
	region = MEM_PUSH(regions->region, regions->count, regions->capacity);
	region->format = format;
	region->name = mem_copy(name->text, strlen(name->text));
	region->location = (unsigned int)location;
	return 0;
}

static int regions_format(const struct keys_file *file, const struct yaml_node *name, const struct yaml_node *map,
			  struct regions *regions)
{
	int format = source_format_parse(name->text);
	size_t i;

	if (format < 0 || !source_format_has_regions((enum source_format)format)) {
		uint64_t known = 0;
		_cleanup_free_ char *names = NULL;

		for (unsigned int f = 0; f < SOURCE_FORMATS; f++)
			known |= source_format_has_regions((enum source_format)f) ? SOURCE_BIT(f) : 0;
		names = source_format_names(known);
		return keys_fail(file, name, "unknown format '%s'; write %s", name->text, names);
	}
	if (keys_kind(file, map, YAML_MAP, "the regions of a format"))
		return -1;
	for (i = 0; i < map->count; i += 2)
		if (regions_one(file, map->child[i], map->child[i + 1], (enum source_format)format, regions))
			return -1;
	return 0;
}

int regions_parse(const char *name, const char *text, size_t length, struct regions **out, struct resid_error *err)
{
	static const char *const keys[] = { "resid-regions", "date", "citation", "regions", NULL };
	_cleanup_regions_ struct regions *regions = mem_zero(1, sizeof(*regions));
	const struct yaml_node *version, *date, *citation, *map;
	const struct keys_file file = { .name = name, .err = err };
	_cleanup_yaml_ struct yaml_node *root = NULL;
	unsigned int number;
	int64_t day;
	size_t i;

	sha256((const u8 *)text, (unsigned int)length, regions->sha256);
	if (yaml_parse(name, text, length, &root, err) || keys_known(&file, root, "a file of regions", keys) ||
	    keys_get(&file, root, "resid-regions", true, &version) ||
	    keys_number(&file, version, "the version", 1, 1, &number) ||
	    keys_get(&file, root, "date", true, &date) || keys_get(&file, root, "citation", true, &citation) ||
	    keys_get(&file, root, "regions", true, &map) || keys_kind(&file, map, YAML_MAP, "`regions`"))
		return -1;
	if (date->kind != YAML_SCALAR || !rfc3339_parse_day(date->text, &day))
		return keys_fail(&file, date, "`date` must be a day, written YYYY-MM-DD");
	memcpy(regions->date, date->text, sizeof(regions->date));
	for (i = 0; i < map->count; i += 2)
		if (regions_format(&file, map->child[i], map->child[i + 1], regions))
			return -1;
	if (regions->count)
		qsort(regions->region, regions->count, sizeof(*regions->region), regions_compare);
	*out = TAKE(regions);
	return 0;
}

int regions_read(struct regions **out, struct resid_error *err)
{
	const struct embedded_file *file = &embedded_regions;

	return regions_parse(file->name, file->data, (size_t)(file->end - file->data), out, err);
}
