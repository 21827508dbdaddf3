// SPDX-License-Identifier: Apache-2.0
#include "snapshot/zones.h"

#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

/* The zone of each location in the interval at hand; 0: not asked for yet, else number + 1. */
struct zones_cache {
	uint32_t number[LOCATION_COUNT];
};

static uint32_t zones_number(struct zones *zones, unsigned int location, enum zone_source source, uint32_t cover)
{
	const struct zone zone = { .location = location, .source = source, .cover = cover };

	return intern_put(zones->zone, &zone, sizeof(zone));
}

static void zones_emit(struct zone_ranges *ranges, u128 first, uint32_t zone)
{
	if (ranges->count && ranges->range[ranges->count - 1].zone == zone)
		return;
	*MEM_PUSH(ranges->range, ranges->count, ranges->capacity) = (struct zone_range){ .first = first, .zone = zone };
}

static enum zone_source zones_layer_source(enum special_layer layer)
{
	const char *name = special_source(layer);

	if (!strcmp(name, "policy"))
		return ZONE_SOURCE_POLICY;
	return strcmp(name, "iana") ? ZONE_SOURCE_RESID : ZONE_SOURCE_IANA;
}

/* Location data over one interval that has no layer; *g is the first range that does not end before it. */
static void zones_fill(struct zones *zones, struct zone_ranges *ranges, const struct space_interval *interval,
		       const struct geo_table *geo, size_t *g)
{
	enum zone_source source = geo->family == AF_INET ? ZONE_SOURCE_GEO4 : ZONE_SOURCE_GEO6;
	struct zones_cache cache = { 0 };
	u128 at = interval->first, end;

	while (*g < geo->count && geo->range[*g].last < at)
		++*g;
	for (;;) {
		const struct geo_range *range = *g < geo->count ? &geo->range[*g] : NULL;
		unsigned int location = range && range->first <= at ? range->location : LOCATION_UNKNOWN;

		if (!cache.number[location])
			cache.number[location] = zones_number(zones, location, source, interval->cover) + 1;
		zones_emit(ranges, at, cache.number[location] - 1);
		end = interval->last;
		if (range && range->first > at && range->first <= end)
			end = range->first - 1;
		else if (range && range->first <= at && range->last < end)
			end = range->last;
		if (end == interval->last)
			return;
		at = end + 1;
		if (range && range->last < at)
			++*g;
	}
}

static void zones_sweep(struct zones *zones, struct zone_ranges *ranges, const struct space_half *half,
			const struct geo_table *geo)
{
	size_t i, g = 0;

	/* a zone's number comes from where it is met first, so equal inputs give equal numbers */
	for (i = 0; i < half->count; i++) {
		const struct space_interval *interval = &half->interval[i];

		if (interval->layer == SPECIAL_LAYERS)
			zones_fill(zones, ranges, interval, geo, &g);
		else
			zones_emit(ranges, interval->first,
				   zones_number(zones, special_location(interval->layer),
						zones_layer_source(interval->layer), interval->cover));
	}
}

void zones_new(const struct space *space, const struct geo_table *geo4, const struct geo_table *geo6,
	       struct zones **out)
{
	struct zones *zones = mem_zero(1, sizeof(*zones));

	intern_new(&zones->zone);
	zones_sweep(zones, &zones->v4, &space->v4, geo4);
	zones_sweep(zones, &zones->v6, &space->v6, geo6);
	*out = zones;
}

void zones_free(struct zones *zones)
{
	if (!zones)
		return;
	intern_free(zones->zone);
	free(zones->v4.range);
	free(zones->v6.range);
	free(zones);
}
