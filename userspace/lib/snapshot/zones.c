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

/* A place that no data decide on. */
static uint32_t zones_of_layer(struct zones *zones, const struct space_interval *interval)
{
	const char *name = special_source(interval->layer);
	struct place_source by = { WORLD_RESID, EVIDENCE_NOBODY, PLACE_NONE };
	struct zone zone = { .cover = interval->cover };

	if (!strcmp(name, "policy"))
		by.number = WORLD_POLICY;
	else if (!strcmp(name, "iana"))
		by.number = WORLD_IANA;
	zone.dossier = place_put(&zones->world->dossiers, special_location(interval->layer), &by);
	return intern_put(zones->zone, &zone, sizeof(zone));
}

static uint32_t zones_of_dossier(struct zones *zones, uint32_t dossier, uint32_t cover)
{
	const struct zone zone = { dossier, cover };

	return intern_put(zones->zone, &zone, sizeof(zone));
}

/* Where the sweep stands, and the zones of the cover and layer at hand by dossier: number + 1, 0: not asked for yet. */
struct zones_cursor {
	const struct world_ranges *world;
	size_t at;
	uint32_t cover;
	enum special_layer layer;
	uint32_t *number;
	size_t dossiers;	/* of the world, before zones add theirs */
};

/* Does the policy itself say where it is? */
static bool zones_is_placed(const struct dossiers *dossiers, uint32_t dossier)
{
	size_t count;
	const uint32_t *list = dossiers_get(dossiers, dossier, &count);
	const struct evidence *first = count ? dossiers_evidence(dossiers, list[0]) : NULL;

	return first && first->axis == EVIDENCE_LOCATION && first->tier == PLACE_OVERRIDE;
}

/* Of the registries' special prefixes, only what somebody here says to be in a country is a part of the world. */
static uint32_t zones_of_interval(struct zones *zones, uint32_t dossier, const struct space_interval *interval)
{
	if (interval->layer == SPECIAL_REGISTRY && !zones_is_placed(&zones->world->dossiers, dossier))
		return zones_of_layer(zones, interval);
	return zones_of_dossier(zones, dossier, interval->cover);
}

/* The world over one interval. */
static void zones_fill(struct zones *zones, struct zone_ranges *ranges, const struct space_interval *interval,
		       struct zones_cursor *cursor)
{
	const struct world_ranges *world = cursor->world;
	u128 at = interval->first;

	if (cursor->cover != interval->cover || cursor->layer != interval->layer) {
		memset(cursor->number, 0, cursor->dossiers * sizeof(*cursor->number));
		cursor->cover = interval->cover;
		cursor->layer = interval->layer;
	}
	while (cursor->at + 1 < world->count && world->range[cursor->at + 1].first <= at)
		cursor->at++;
	for (;;) {
		uint32_t dossier = world->range[cursor->at].dossier;

		if (!cursor->number[dossier])
			cursor->number[dossier] = zones_of_interval(zones, dossier, interval) + 1;
		zones_emit(ranges, at, cursor->number[dossier] - 1);
		if (cursor->at + 1 >= world->count || world->range[cursor->at + 1].first > interval->last)
			return;
		at = world->range[++cursor->at].first;
	}
}

static void zones_sweep(struct zones *zones, struct zone_ranges *ranges, const struct space_half *half,
			const struct world_ranges *world)
{
	size_t i, dossiers = intern_count(zones->world->dossiers.dossier);
	_cleanup_free_ uint32_t *number = mem_zero(dossiers, sizeof(*number));
	struct zones_cursor cursor = { .world = world, .cover = UINT32_MAX, .layer = SPECIAL_LAYERS, .number = number,
				       .dossiers = dossiers };

	/* a zone's number comes from where it is met first, so equal inputs give equal numbers */
	for (i = 0; i < half->count; i++) {
		const struct space_interval *interval = &half->interval[i];

		if (interval->layer == SPECIAL_LAYERS || interval->layer == SPECIAL_REGISTRY)
			zones_fill(zones, ranges, interval, &cursor);
		else
			zones_emit(ranges, interval->first, zones_of_layer(zones, interval));
	}
}

void zones_new(const struct space *space, struct world *world, struct zones **out)
{
	struct zones *zones = mem_zero(1, sizeof(*zones));

	zones->world = world;
	intern_new(&zones->zone);
	zones_sweep(zones, &zones->v4, &space->v4, &world->v4);
	zones_sweep(zones, &zones->v6, &space->v6, &world->v6);
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
