// SPDX-License-Identifier: Apache-2.0
#include "snapshot/zones.h"

#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

/* The zone of each location in the interval at hand, by location; 0: not asked for yet, else number + 1. */
struct zones_cache {
	uint32_t number[LOCATION_COUNT];
};

static uint32_t zones_number(struct zones *zones, unsigned int location, enum zone_source source, uint32_t cover,
			     uint32_t control)
{
	const struct zone zone = { .location = location, .source = source, .cover = cover, .control = control };

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

/* Where the sweep stands: the first range of each that does not end before it. */
struct zones_cursor {
	const struct geo_table *geo;
	const struct control_half *control;
	size_t g, c;
};

/* Location data and control over one interval that has no layer. */
static void zones_fill(struct zones *zones, struct zone_ranges *ranges, const struct space_interval *interval,
		       struct zones_cursor *cursor)
{
	const struct geo_table *geo = cursor->geo;
	const struct control_half *control = cursor->control;
	enum zone_source source = geo->family == AF_INET ? ZONE_SOURCE_GEO4 : ZONE_SOURCE_GEO6;
	struct zones_cache cache = { 0 };
	u128 at = interval->first, end;

	for (;;) {
		const struct geo_range *where;
		const struct control_range *who;
		unsigned int location = LOCATION_UNKNOWN;
		uint32_t number;

		while (cursor->g < geo->count && geo->range[cursor->g].last < at)
			cursor->g++;
		while (cursor->c < control->count && control->range[cursor->c].last < at)
			cursor->c++;
		where = cursor->g < geo->count ? &geo->range[cursor->g] : NULL;
		who = cursor->c < control->count ? &control->range[cursor->c] : NULL;
		end = interval->last;
		if (where && where->first <= at) {
			location = where->location;
			end = where->last < end ? where->last : end;
		} else if (where && where->first <= end) {
			end = where->first - 1;
		}
		if (who && who->first <= at) {
			end = who->last < end ? who->last : end;
			number = zones_number(zones, location, source, interval->cover, who->fact);
		} else {
			if (who && who->first <= end)
				end = who->first - 1;
			if (!cache.number[location])
				cache.number[location] = zones_number(zones, location, source, interval->cover,
								      ZONE_BY_LOCATION) + 1;
			number = cache.number[location] - 1;
		}
		zones_emit(ranges, at, number);
		if (end == interval->last)
			return;
		at = end + 1;
	}
}

static void zones_sweep(struct zones *zones, struct zone_ranges *ranges, const struct space_half *half,
			const struct geo_table *geo, const struct control_half *control)
{
	struct zones_cursor cursor = { .geo = geo, .control = control };
	size_t i;

	/* a zone's number comes from where it is met first, so equal inputs give equal numbers */
	for (i = 0; i < half->count; i++) {
		const struct space_interval *interval = &half->interval[i];

		if (interval->layer == SPECIAL_LAYERS)
			zones_fill(zones, ranges, interval, &cursor);
		else
			zones_emit(ranges, interval->first,
				   zones_number(zones, special_location(interval->layer),
						zones_layer_source(interval->layer), interval->cover,
						ZONE_BY_LOCATION));
	}
}

void zones_new(const struct space *space, const struct geo_table *geo4, const struct geo_table *geo6,
	       const struct control *control, struct zones **out)
{
	static const struct control_half nothing;
	struct zones *zones = mem_zero(1, sizeof(*zones));

	zones->control = control;
	intern_new(&zones->zone);
	zones_sweep(zones, &zones->v4, &space->v4, geo4, control ? &control->v4 : &nothing);
	zones_sweep(zones, &zones->v6, &space->v6, geo6, control ? &control->v6 : &nothing);
	*out = zones;
}

void zones_place(const struct zones *zones, const struct zone *zone, struct judge_place *out)
{
	*out = (struct judge_place){ .location = zone->location, .tier = CONTROL_NONE };
	if (zone->control != ZONE_BY_LOCATION) {
		const struct control_fact *fact = control_fact(zones->control, zone->control);

		out->control = fact->set;
		out->tier = fact->tier;
		if (fact->operator != CONTROL_NO_OPERATOR)
			out->operator = zones->control->operators->operator[fact->operator].id;
	} else if (location_is_country(zone->location)) {
		location_set_add(&out->control, zone->location);
		out->tier = CONTROL_LOCATION;
	}
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
