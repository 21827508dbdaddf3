// SPDX-License-Identifier: Apache-2.0
/*
 * cloud.json and goog.json of Google: {"creationTime": "2026-06-25T04:33:59", "prefixes": [{"ipv4Prefix" or
 * "ipv6Prefix", "service", "scope"}]}. The scope is a region, and only cloud.json has it.
 */
#include "source/format_private.h"

static int google_item(struct source_reader *reader, const struct source_at *at, json_t *item)
{
	const char *text, *region, *service, *key = "ipv4Prefix";
	struct source_fact fact = { 0 };
	struct prefix prefix;

	if (json_object_get(item, "ipv6Prefix")) {
		if (json_object_get(item, key))
			return source_json_fail(reader, at, NULL, "has both ipv4Prefix and ipv6Prefix");
		key = "ipv6Prefix";
	}
	if (source_json_text(reader, at, item, key, true, &text) ||
	    source_json_text(reader, at, item, "scope", false, &region) ||
	    source_json_text(reader, at, item, "service", false, &service) ||
	    source_json_prefix(reader, at, key, text, &prefix))
		return -1;
	if ((prefix.family == AF_INET6) != (key[3] == '6'))
		return source_json_fail(reader, at, key, "'%s' is of the other address family", text);
	fact.region = source_string(reader, region);
	fact.service = source_string(reader, service);
	source_add(reader, &prefix, &fact);
	return 0;
}

int source_google_read(struct source_reader *reader)
{
	struct source_at at = { .list = "prefixes" };
	_cleanup_json_ json_t *root = NULL;
	json_t *items, *item;

	if (source_json_load(reader, &root) || source_json_date(reader, root, "creationTime") ||
	    source_json_list(reader, NULL, root, at.list, &items))
		return -1;
	json_array_foreach(items, at.index, item)
		if (google_item(reader, &at, item))
			return -1;
	return 0;
}
