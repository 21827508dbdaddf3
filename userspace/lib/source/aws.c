// SPDX-License-Identifier: Apache-2.0
/*
 * ip-ranges.json of Amazon Web Services: {"createDate": "2026-06-25-04-33-59", "prefixes": [{"ip_prefix", "region",
 * "network_border_group", "service"}], "ipv6_prefixes": [{"ipv6_prefix", ...}]}. A range stands once for each service
 * that uses it. Where it is says the border group: eu-central-1-ist-1 is a part of eu-central-1, and in Istanbul.
 */
#include "source/format_private.h"

static int aws_list(struct source_reader *reader, json_t *root, const char *list, const char *key, sa_family_t family)
{
	struct source_at at = { .list = list };
	const char *text, *region, *group, *service;
	struct prefix prefix;
	json_t *items, *item;

	if (source_json_list(reader, NULL, root, list, &items))
		return -1;
	json_array_foreach(items, at.index, item) {
		struct source_fact fact = { 0 };

		if (source_json_text(reader, &at, item, key, true, &text) ||
		    source_json_text(reader, &at, item, "region", true, &region) ||
		    source_json_text(reader, &at, item, "network_border_group", false, &group) ||
		    source_json_text(reader, &at, item, "service", true, &service) ||
		    source_json_prefix(reader, &at, key, text, &prefix))
			return -1;
		if (prefix.family != family)
			return source_json_fail(reader, &at, key, "'%s' is of the other address family", text);
		fact.region = source_string(reader, *group ? group : region);
		fact.service = source_string(reader, service);
		source_add(reader, &prefix, &fact);
	}
	return 0;
}

int source_aws_read(struct source_reader *reader)
{
	_cleanup_json_ json_t *root = NULL;

	if (source_json_load(reader, &root) || source_json_date(reader, root, "createDate"))
		return -1;
	if (aws_list(reader, root, "prefixes", "ip_prefix", AF_INET))
		return -1;
	return aws_list(reader, root, "ipv6_prefixes", "ipv6_prefix", AF_INET6);
}
