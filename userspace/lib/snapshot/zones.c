// SPDX-License-Identifier: Apache-2.0
#include "snapshot/zones.h"

#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

static void zones_emit(struct zone_ranges *ranges, u128 first, uint32_t zone)
{
	if (ranges->count && ranges->range[ranges->count - 1].zone == zone)
		return;
	*MEM_PUSH(ranges->range, ranges->count, ranges->capacity) = (struct zone_range){ .first = first, .zone = zone };
}

static uint32_t zones_of_layer(struct zones *zones, const struct space_interval *interval)
{
	const char *name = special_source(interval->layer);
	struct zone zone = { .location = special_location(interval->layer),
			     .source = WORLD_RESID,
			     .place = PLACE_NONE,
			     .cover = interval->cover,
			     .control = ZONE_BY_LOCATION };

	if (!strcmp(name, "policy"))
		zone.source = WORLD_POLICY;
	else if (!strcmp(name, "iana"))
		zone.source = WORLD_IANA;
	return intern_put(zones->zone, &zone, sizeof(zone));
}

static uint32_t zones_of_pair(struct zones *zones, uint32_t pair, uint32_t cover)
{
	const struct world_pair *said = world_pair(zones->world, pair);
	const struct place_fact *place = place_fact(zones->world->place, said->place);
	const struct zone zone = { place->location, place->source, place->tier, cover, said->control };

	return intern_put(zones->zone, &zone, sizeof(zone));
}

/* Where the sweep stands, and the zones of the cover and layer at hand by pair: number + 1, 0: not asked for yet. */
struct zones_cursor {
	const struct world_ranges *world;
	size_t at;
	uint32_t cover;
	enum special_layer layer;
	uint32_t *number;
};

/* Of the registries' special prefixes, only what somebody here says to be in a country is a part of the world. */
static uint32_t zones_of_interval(struct zones *zones, uint32_t pair, const struct space_interval *interval)
{
	const struct place_fact *place = place_fact(zones->world->place, world_pair(zones->world, pair)->place);

	if (interval->layer == SPECIAL_REGISTRY && place->tier != PLACE_OVERRIDE)
		return zones_of_layer(zones, interval);
	return zones_of_pair(zones, pair, interval->cover);
}

/* The world over one interval. */
static void zones_fill(struct zones *zones, struct zone_ranges *ranges, const struct space_interval *interval,
		       struct zones_cursor *cursor)
{
	const struct world_ranges *world = cursor->world;
	u128 at = interval->first;

	if (cursor->cover != interval->cover || cursor->layer != interval->layer) {
		memset(cursor->number, 0, intern_count(zones->world->pair) * sizeof(*cursor->number));
		cursor->cover = interval->cover;
		cursor->layer = interval->layer;
	}
	while (cursor->at + 1 < world->count && world->range[cursor->at + 1].first <= at)
		cursor->at++;
	for (;;) {
		uint32_t pair = world->range[cursor->at].pair;

		if (!cursor->number[pair])
			cursor->number[pair] = zones_of_interval(zones, pair, interval) + 1;
		zones_emit(ranges, at, cursor->number[pair] - 1);
		if (cursor->at + 1 >= world->count || world->range[cursor->at + 1].first > interval->last)
			return;
		at = world->range[++cursor->at].first;
	}
}

static void zones_sweep(struct zones *zones, struct zone_ranges *ranges, const struct space_half *half,
			const struct world_ranges *world)
{
	_cleanup_free_ uint32_t *number = mem_zero(intern_count(zones->world->pair), sizeof(*number));
	struct zones_cursor cursor = { .world = world, .cover = UINT32_MAX, .layer = SPECIAL_LAYERS, .number = number };
	size_t i;

	/* a zone's number comes from where it is met first, so equal inputs give equal numbers */
	for (i = 0; i < half->count; i++) {
		const struct space_interval *interval = &half->interval[i];

		if (interval->layer == SPECIAL_LAYERS || interval->layer == SPECIAL_REGISTRY)
			zones_fill(zones, ranges, interval, &cursor);
		else
			zones_emit(ranges, interval->first, zones_of_layer(zones, interval));
	}
}

void zones_new(const struct space *space, const struct world *world, struct zones **out)
{
	struct zones *zones = mem_zero(1, sizeof(*zones));

	zones->world = world;
	intern_new(&zones->zone);
	zones_sweep(zones, &zones->v4, &space->v4, &world->v4);
	zones_sweep(zones, &zones->v6, &space->v6, &world->v6);
	*out = zones;
}

void zones_place(const struct zones *zones, const struct zone *zone, struct match_place *out)
{
	*out = (struct match_place){ .location = zone->location, .tier = CONTROL_NONE };
	if (zone->control != ZONE_BY_LOCATION) {
		const struct control_fact *fact = control_fact(&zones->world->control, zone->control);

		out->control = fact->set;
		out->tier = fact->tier;
		if (fact->operator != CONTROL_NO_OPERATOR)
			out->operator = zones->world->control.operators->operator[fact->operator].id;
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
