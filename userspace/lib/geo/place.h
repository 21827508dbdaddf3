/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a range is: a chain of tiers as for control. Inside a tier the longest prefix wins; equal prefixes that
 * disagree leave the tier without an opinion, for an address is in one place only.
 *
 *   tier       who says it
 *   override   the policy
 *   geofeed    a list of locations that an operator publishes (RFC 8805)
 *   feed       the region for which an operator publishes the range, by policy/regions.yaml
 *   mmdb       a MaxMind DB
 *   geoip      tor-geoipdb
 *   libloc     the AS database, which has countries too
 *   none       nobody: the location is unknown
 */
#ifndef RESID_GEO_PLACE_H
#define RESID_GEO_PLACE_H

#include "source/geoip.h"
#include "geo/layer.h"
#include "geo/regions.h"
#include "source/source.h"
#include "util/intern.h"

/* From strong to weak. */
enum place_tier {
	PLACE_OVERRIDE,
	PLACE_GEOFEED,
	PLACE_FEED,
	PLACE_MMDB,
	PLACE_GEOIP,
	PLACE_LIBLOC,
	PLACE_NONE,
	PLACE_TIERS
};

struct place_fact {
	uint32_t location;	/* LOCATION_* */
	uint32_t source;	/* index into the world's */
	uint32_t tier;		/* enum place_tier */
};

uint32_t place_put(struct intern *facts, unsigned int location, uint32_t source, enum place_tier tier);

static inline const struct place_fact *place_fact(const struct intern *facts, uint32_t number)
{
	return intern_get(facts, number, NULL);
}

/* What a source says, for layer_flatten() with place_unite() and the facts. number: of the source. */
void place_claim_geoip(struct intern *facts, const struct geo_table *table, uint32_t number,
		       struct layer_claims *claims);
void place_claim_countries(struct intern *facts, const struct source_facts *said, uint32_t number,
			   enum place_tier tier, struct layer_claims *claims);
void place_claim_regions(struct intern *facts, const struct regions *regions, const struct source *source,
			 const struct source_facts *said, uint32_t number, struct layer_claims *claims);

layer_unite place_unite;

const char *place_tier_name(enum place_tier tier);

#endif
