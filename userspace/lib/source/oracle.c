// SPDX-License-Identifier: Apache-2.0
/*
 * public_ip_ranges.json of Oracle: {"last_updated_timestamp": "2026-06-25T04:33:59", "regions": [{"region", "cidrs":
 * [{"cidr", "tags": ["OCI"]}]}]}. A tag is a service; a range with several stands once for each.
 */
#include "source/format_private.h"

static int oracle_cidr(struct source_reader *reader, const struct source_at *at, json_t *item, uint32_t region)
{
	struct source_fact fact = { .region = region };
	json_t *tags, *tag;
	struct prefix prefix;
	const char *text;
	size_t i;

	if (source_json_text(reader, at, item, "cidr", true, &text) ||
	    source_json_prefix(reader, at, "cidr", text, &prefix))
		return -1;
	tags = json_object_get(item, "tags");
	if (tags && !json_is_array(tags))
		return source_json_fail(reader, at, "tags", "is not a list");
	if (!json_array_size(tags))
		source_add(reader, &prefix, &fact);
	json_array_foreach(tags, i, tag) {
		if (!json_is_string(tag))
			return source_json_fail(reader, at, "tags", "has an item that is not text");
		fact.service = source_string(reader, json_string_value(tag));
		source_add(reader, &prefix, &fact);
	}
	return 0;
}

int source_oracle_read(struct source_reader *reader)
{
	struct source_at at = { .list = "regions" };
	_cleanup_json_ json_t *root = NULL;
	json_t *regions, *region, *cidrs, *cidr;
	const char *name;

	if (source_json_load(reader, &root) || source_json_date(reader, root, "last_updated_timestamp") ||
	    source_json_list(reader, NULL, root, at.list, &regions))
		return -1;
	json_array_foreach(regions, at.index, region) {
		struct source_at inner = at;

		if (source_json_text(reader, &at, region, "region", true, &name) ||
		    source_json_list(reader, &at, region, "cidrs", &cidrs))
			return -1;
		inner.inner = "cidrs";
		json_array_foreach(cidrs, inner.inner_index, cidr)
			if (oracle_cidr(reader, &inner, cidr, source_string(reader, name)))
				return -1;
	}
	return 0;
}
