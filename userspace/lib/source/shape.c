// SPDX-License-Identifier: Apache-2.0
#include "source/shape.h"

#include <string.h>

/*
 * As the publishers have them. A key that is missing although it is not marked so refuses the file: then its shape has
 * changed, and what it means with it.
 */
static const struct shape shapes[SOURCE_FORMATS] = {
	/* ip-ranges.json. The border group is the finer of the two: eu-central-1-ist-1 is in Istanbul. */
	[SOURCE_AWS] = { .date = "createDate?",
			 .list = { { "prefixes[].ip_prefix", AF_INET, "prefixes[].network_border_group|region",
				     "prefixes[].service" },
				   { "ipv6_prefixes[].ipv6_prefix", AF_INET6,
				     "ipv6_prefixes[].network_border_group|region", "ipv6_prefixes[].service" } } },
	/* ServiceTags_Public_*.json, which bears no date */
	[SOURCE_AZURE] = { .list = { { "values[].properties.addressPrefixes[]", AF_UNSPEC,
				       "values[].properties.region?", "values[].name" } } },
	/* cloud.json and goog.json; only the first has scopes */
	[SOURCE_GOOGLE] = { .date = "creationTime?",
			    .list = { { "prefixes[].ipv4Prefix?", AF_INET, "prefixes[].scope?", "prefixes[].service?" },
				      { "prefixes[].ipv6Prefix?", AF_INET6, "prefixes[].scope?",
					"prefixes[].service?" } } },
	/* public_ip_ranges.json; a tag is a service */
	[SOURCE_ORACLE] = { .date = "last_updated_timestamp?",
			    .list = { { "regions[].cidrs[].cidr", AF_UNSPEC, "regions[].region",
					"regions[].cidrs[].tags?[]" } } },
	/* public-ip-list */
	[SOURCE_FASTLY] = { .list = { { "addresses[]", AF_INET }, { "ipv6_addresses[]", AF_INET6 } } },
	/* meta: a list for each service, among lists of other things */
	[SOURCE_GITHUB] = { .list = { { "*[]", AF_UNSPEC, NULL, "@1" } } },
	/* hubs/cidr/json; and cenr/json: {"zscaler.net": {"continent : EMEA": {"city : Paris II": [{"range"}]}}} */
	[SOURCE_ZSCALER] = { .list = { { "hubPrefixes[]", AF_UNSPEC } } },
	[SOURCE_ZSCALER_CENR] = { .list = { { "*.*.*[].range", AF_UNSPEC, "@3", "@1" } } },
	/* endpoints/worldwide, of Microsoft 365; what has names alone has no addresses */
	[SOURCE_M365] = { .list = { { "[].ips?[]", AF_UNSPEC, NULL, "[].serviceArea" } } },
	/* ip-ranges.json of Hyperforce */
	[SOURCE_SALESFORCE] = { .list = { { "prefixes[].ip_prefix[]", AF_UNSPEC, "prefixes[].region?",
					    "prefixes[].provider?" } } },
	/* the feed in its form of JSON */
	[SOURCE_VULTR] = { .date = "updated?",
			   .list = { { "subnets[].ip_prefix", AF_UNSPEC, "subnets[].region?", NULL,
				       "subnets[].alpha2code" } } },
	/* exoscale_prefixes.json */
	[SOURCE_EXOSCALE] = { .list = { { "prefixes[].IPv4Prefix?", AF_INET, "prefixes[].zone" },
					{ "prefixes[].IPv6Prefix?", AF_INET6, "prefixes[].zone" } } },
	/* client/v4/ips */
	[SOURCE_CLOUDFLARE] = { .list = { { "result.ipv4_cidrs[]", AF_INET }, { "result.ipv6_cidrs[]", AF_INET6 } } },
	[SOURCE_ATLASSIAN] = { .date = "creationDate?",
			       .list = { { "items[].cidr", AF_UNSPEC, "items[].region?[]", "items[].product?[]" } } },
	[SOURCE_IMPERVA] = { .list = { { "ipRanges[]", AF_INET }, { "ipv6Ranges[]", AF_INET6 } } },
	/* {"us_cell_1": {"ip_ranges": []}} */
	[SOURCE_OKTA] = { .list = { { "*.ip_ranges[]", AF_UNSPEC, "@1" } } },
	/* of rpki-client and of Routinator: what holders of addresses let an AS announce */
	[SOURCE_RPKI] = { .date = "metadata?.buildtime|generatedTime|generated?",
			  .list = { { "roas[].prefix", AF_UNSPEC, .asn = "roas[].asn" } } },
	/* show bgp ipv4 unicast json, of FRR */
	[SOURCE_FRR] = { .asn = "localAS?",
			 .list = { { "routes.*[].network", AF_UNSPEC, .asn = "routes.*[].path" } } },
};

const struct shape *shape_of(enum source_format format)
{
	return shapes[format].list[0].prefix ? &shapes[format] : NULL;
}

static struct shape_step *shape_push(struct shape_path *path, enum shape_step_kind kind)
{
	struct shape_step *step = &path->step[path->count++];

	step->kind = kind;
	return step;
}

void shape_path_parse(const char *text, struct shape_path *out)
{
	*out = (struct shape_path){ .any = text[0] == '@' ? (unsigned int)(text[1] - '0') : 0 };
	while (*text && !out->any) {
		size_t length = strcspn(text, ".[?");

		if (*text == '*') {
			shape_push(out, SHAPE_ANY);
		} else if (length) {
			struct shape_step *step = shape_push(out, SHAPE_KEY);

			step->name = text;
			step->length = length;
			step->optional = text[length] == '?';
			length += step->optional;
		}
		text += length;
		if (*text == '[') {
			shape_push(out, SHAPE_EACH);
			text += 2;
		}
		text += *text == '.';
	}
}
