// SPDX-License-Identifier: Apache-2.0
/*
 * ServiceTags_Public_*.json of Microsoft Azure: {"changeNumber": 363, "values": [{"name": "AzureCloud.germanywc",
 * "properties": {"region", "addressPrefixes": []}}]}. It bears no date. Most prefixes stand under many tags, the same
 * place under some and no place under others: one fact a prefix and region is kept, and the tag AzureCloud.* of it.
 */
#include "source/format_private.h"

#include <string.h>

#define AZURE_CLOUD "AzureCloud"

static int azure_value(struct source_reader *reader, const struct source_at *at, json_t *value)
{
	struct source_at place = { .list = at->list, .index = at->index, .inner = "properties.addressPrefixes" };
	json_t *properties, *prefixes, *item;
	struct source_fact fact = { 0 };
	const char *name, *region;
	struct prefix prefix;

	if (source_json_text(reader, at, value, "name", true, &name))
		return -1;
	properties = json_object_get(value, "properties");
	if (!json_is_object(properties))
		return source_json_fail(reader, at, "properties", "is missing or not an object");
	if (source_json_text(reader, at, properties, "region", false, &region) ||
	    source_json_list(reader, at, properties, "addressPrefixes", &prefixes))
		return -1;
	fact.region = source_string(reader, region);
	fact.service = source_string(reader, name);
	json_array_foreach(prefixes, place.inner_index, item) {
		if (!json_is_string(item))
			return source_json_fail(reader, &place, NULL, "is not text");
		if (source_json_prefix(reader, &place, NULL, json_string_value(item), &prefix))
			return -1;
		source_add(reader, &prefix, &fact);
	}
	return 0;
}

int source_azure_read(struct source_reader *reader)
{
	struct source_at at = { .list = "values" };
	_cleanup_json_ json_t *root = NULL;
	json_t *values, *value;

	if (source_json_load(reader, &root) || source_json_list(reader, NULL, root, at.list, &values))
		return -1;
	json_array_foreach(values, at.index, value)
		if (azure_value(reader, &at, value))
			return -1;
	return 0;
}

static bool azure_is_cloud(const struct source *source, const struct source_fact *fact)
{
	return !strncmp(source->string[fact->service], AZURE_CLOUD, sizeof(AZURE_CLOUD) - 1);
}

/* In their order the fact without a region is the first of its prefix. */
void source_azure_collapse(const struct source *source, struct source_facts *facts)
{
	struct source_fact *kept = facts->fact;
	size_t i, count = 0;

	for (i = 0; i < facts->count; i++) {
		struct source_fact *fact = &facts->fact[i];

		if (!count || kept->first != fact->first || kept->last != fact->last ||
		    (kept->region && kept->region != fact->region)) {
			kept = &facts->fact[count++];
			*kept = *fact;
		} else if (kept->region != fact->region ||
			   (!azure_is_cloud(source, kept) && azure_is_cloud(source, fact))) {
			*kept = *fact;
		}
	}
	facts->count = count;
}
