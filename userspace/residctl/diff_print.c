// SPDX-License-Identifier: Apache-2.0
#include "diff.h"

#include <stdio.h>

#include "output.h"

#define DIFF_PLACES 3	/* of a group, without --all */

static void diff_json_change(struct jsonw *json, const struct diff_change *change)
{
	size_t i;

	jsonw_object(json, NULL);
	change_json(json, &change->change);
	jsonw_string(json, "packets", change->packets);
	jsonw_u64(json, "ipv4_addresses", change->v4.units);
	jsonw_u64(json, "ipv6_slash64", change->v6.units);
	jsonw_u64(json, "prefix_count", change->prefix_count);
	jsonw_array(json, "prefixes");
	for (i = 0; i < change->kept; i++)
		jsonw_string(json, NULL, change->prefix[i]);
	jsonw_array_end(json);
	jsonw_object_end(json);
}

void diff_json(struct jsonw *json, const struct diff_change *change, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		diff_json_change(json, &change[i]);
}

static void diff_text_units(uint64_t ipv4, uint64_t ipv6, uint64_t prefixes)
{
	char text[3][OUTPUT_COUNT];

	printf("    %s IPv4 addresses, %s IPv6 /64s, in %s prefixes", output_count(ipv4, text[0]),
	       output_count(ipv6, text[1]), output_count(prefixes, text[2]));
}

static void diff_text_place(const struct diff_change *change)
{
	size_t i;

	change_text_place(&change->change);
	diff_text_units(change->v4.units, change->v6.units, change->prefix_count);
	putchar(':');
	for (i = 0; i < change->kept; i++)
		printf(" %s", change->prefix[i]);
	puts(change->kept < change->prefix_count ? " ..." : "");
}

static size_t diff_group_end(const struct diff_change *change, size_t count, size_t first)
{
	size_t end = first;

	while (end < count && change[end].group.number == change[first].group.number)
		end++;
	return end;
}

/* One heading for all places that change in the same way; their sum, and the biggest of them. */
static void diff_text_group(const struct diff_change *change, size_t count, bool all)
{
	size_t shown = all || count <= DIFF_PLACES ? count : DIFF_PLACES, i;
	char rest[OUTPUT_COUNT];
	uint64_t prefixes = 0;

	change_text_verdicts(&change->change, change->packets);
	for (i = 0; i < count; i++)
		prefixes += change[i].prefix_count;
	if (count > 1) {
		diff_text_units(change->group.ipv4, change->group.ipv6, prefixes);
		puts(", of which");
	}
	for (i = 0; i < shown; i++)
		diff_text_place(&change[i]);
	if (shown < count)
		printf("    and %s more operators, locations and controllers: --all\n",
		       output_count(count - shown, rest));
}

void diff_text(const struct diff_change *change, size_t count, bool all)
{
	size_t first, end;

	for (first = 0; first < count; first = end) {
		end = diff_group_end(change, count, first);
		diff_text_group(&change[first], end - first, all);
	}
}
