// SPDX-License-Identifier: Apache-2.0
#include "geo/place.h"

#include <string.h>

#include "util/cleanup.h"
#include "util/memory.h"

static const char *const place_names[PLACE_TIERS] = {
	[PLACE_OVERRIDE] = "override", [PLACE_GEOFEED] = "geofeed", [PLACE_FEED] = "feed",     [PLACE_MMDB] = "mmdb",
	[PLACE_GEOIP] = "geoip",       [PLACE_LIBLOC] = "libloc",   [PLACE_NONE] = "none",
};

const char *place_tier_name(enum place_tier tier)
{
	return place_names[tier];
}

uint32_t place_put(struct intern *facts, unsigned int location, uint32_t source, enum place_tier tier)
{
	const struct place_fact fact = { location, source, tier };

	return intern_put(facts, &fact, sizeof(fact));
}

uint32_t place_unite(void *context, uint32_t left, uint32_t right)
{
	const struct place_fact *a, *b;

	if (left == right || right == LAYER_HOLE)
		return left;
	if (left == LAYER_HOLE)
		return right;
	a = place_fact(context, left);
	b = place_fact(context, right);
	if (a->location != b->location)
		return LAYER_HOLE;
	return a->source < b->source ? left : right;
}

/* The number of a location's fact, made when it is first asked for. */
struct place_known {
	struct intern *facts;
	uint32_t source;
	enum place_tier tier;
	uint32_t number[LOCATION_COUNT];	/* + 1; 0: not yet */
};

static uint32_t place_number(struct place_known *known, int location)
{
	if (location < 0 || location == LOCATION_UNKNOWN)
		return LAYER_HOLE;
	if (!known->number[location])
		known->number[location] =
			place_put(known->facts, (unsigned int)location, known->source, known->tier) + 1;
	return known->number[location] - 1;
}

void place_claim_geoip(struct intern *facts, const struct geo_table *table, uint32_t number,
		       struct layer_claims *claims)
{
	struct place_known known = { .facts = facts, .source = number, .tier = PLACE_GEOIP };
	size_t i;

	for (i = 0; i < table->count; i++)
		layer_claim(claims, table->range[i].first, table->range[i].last,
			    place_number(&known, table->range[i].location));
}

void place_claim_countries(struct intern *facts, const struct source_facts *said, uint32_t number,
			   enum place_tier tier, struct layer_claims *claims)
{
	struct place_known known = { .facts = facts, .source = number, .tier = tier };
	size_t i;

	for (i = 0; i < said->count; i++) {
		const struct source_fact *fact = &said->fact[i];

		layer_claim(claims, fact->first, fact->last,
			    place_number(&known, *fact->country ? location_of_code(fact->country) : -1));
	}
}

void place_claim_regions(struct intern *facts, const struct regions *regions, const struct source *source,
			 const struct source_facts *said, uint32_t number, struct layer_claims *claims)
{
	struct place_known known = { .facts = facts, .source = number, .tier = PLACE_FEED };
	_cleanup_free_ int *location = mem_zero(source->string_count, sizeof(*location));
	size_t i;

	for (i = 0; i < source->string_count; i++)
		location[i] = regions_find(regions, source->format, source->string[i]);
	for (i = 0; i < said->count; i++)
		layer_claim(claims, said->fact[i].first, said->fact[i].last,
			    place_number(&known, location[said->fact[i].region]));
}
