// SPDX-License-Identifier: Apache-2.0
#include "geo/place.h"

#include <string.h>

static const char *const place_names[PLACE_TIERS] = {
	[PLACE_OVERRIDE] = "override", [PLACE_GEOFEED] = "geofeed", [PLACE_FEED] = "feed",     [PLACE_PREFIX] = "prefix",
	[PLACE_MMDB] = "mmdb",	       [PLACE_GEOIP] = "geoip",	    [PLACE_LIBLOC] = "libloc", [PLACE_NONE] = "none",
};

const char *place_tier_name(enum place_tier tier)
{
	return place_names[tier];
}

static uint32_t place_put_set(struct dossiers *dossiers, const struct location_set *set, const struct place_source *by)
{
	struct evidence evidence = { .set = *set, .source = by->number, .operator = by->operator,
				     .axis = EVIDENCE_LOCATION, .tier = by->tier };

	return dossiers_put(dossiers, &evidence);
}

uint32_t place_put(struct dossiers *dossiers, unsigned int location, const struct place_source *by)
{
	struct location_set set = { 0 };

	location_set_add(&set, location);
	return place_put_set(dossiers, &set, by);
}

/* The number of a place's evidence, made when it is first asked for. */
struct place_known {
	struct dossiers *dossiers;
	const struct place_source *by;
	uint32_t number[LOCATION_COUNT + 1][SOURCE_F_ALL + 1];	/* + 1; 0: not yet. After the locations: none */
};

/* location below 0: it says no more than the flags. */
static uint32_t place_number(struct place_known *known, int location, uint8_t flags)
{
	static const unsigned int meaning[] = { LOCATION_ANYCAST, LOCATION_SATELLITE, LOCATION_PROXY };
	struct location_set set = { 0 };
	uint32_t *number = &known->number[location < 0 ? LOCATION_COUNT : location][flags];

	if (location < 0 && !flags)
		return LAYER_HOLE;
	if (*number)
		return *number - 1;
	if (location >= 0)
		location_set_add(&set, (unsigned int)location);
	for (unsigned int i = 0; i < sizeof(meaning) / sizeof(meaning[0]); i++)
		if (flags >> i & 1)
			location_set_add(&set, meaning[i]);
	*number = place_put_set(known->dossiers, &set, known->by) + 1;
	return *number - 1;
}

/* What is not known is not said. */
static int place_of_code(const char *code)
{
	int location = *code ? location_of_code(code) : -1;

	return location == LOCATION_UNKNOWN ? -1 : location;
}

void place_claim_geoip(struct dossiers *dossiers, const struct geo_table *table, const struct place_source *by,
		       struct layer_claims *claims)
{
	struct place_known known = { .dossiers = dossiers, .by = by };

	for (size_t i = 0; i < table->count; i++) {
		int location = table->range[i].location;

		layer_claim(claims, table->range[i].first, table->range[i].last,
			    place_number(&known, location == LOCATION_UNKNOWN ? -1 : location, 0));
	}
}

void place_claim_countries(struct dossiers *dossiers, const struct source_facts *said, const struct place_source *by,
			   struct layer_claims *claims)
{
	struct place_known known = { .dossiers = dossiers, .by = by };

	for (size_t i = 0; i < said->count; i++) {
		const struct source_fact *fact = &said->fact[i];

		layer_claim(claims, fact->first, fact->last,
			    place_number(&known, place_of_code(fact->country), fact->flags & SOURCE_F_ALL));
	}
}

void place_claim_feed(struct dossiers *dossiers, const int *location, const struct source_facts *said,
		      const struct place_source *by, struct layer_claims *claims)
{
	struct place_known known = { .dossiers = dossiers, .by = by };

	for (size_t i = 0; i < said->count; i++) {
		const struct source_fact *fact = &said->fact[i];
		int where = *fact->country ? place_of_code(fact->country) : location[fact->region];

		layer_claim(claims, fact->first, fact->last, place_number(&known, where, fact->flags & SOURCE_F_ALL));
	}
}

void place_claim_anycast(struct dossiers *dossiers, const struct operators *operators, sa_family_t family,
			 uint32_t number, struct layer_claims *claims)
{
	for (size_t o = 0; o < operators->count; o++) {
		const struct operator *operator = &operators->operator[o];
		const struct place_source by = { number, (uint32_t)o, PLACE_PREFIX };

		for (size_t i = 0; i < operator->anycast_count; i++)
			if (operator->anycast[i].family == family)
				layer_claim(claims, operator->anycast[i].first, prefix_last(&operator->anycast[i]),
					    place_put(dossiers, LOCATION_ANYCAST, &by));
	}
}
