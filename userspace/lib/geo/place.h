/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who says where a range is. Inside a source the longest prefix wins; rows of one range that disagree are all evidence.
 * Anycast, satellites and anonymous proxies are places of their own: nowhere in particular.
 *
 *   tier       who says it
 *   override   the policy
 *   geofeed    a list of locations that an operator publishes (RFC 8805)
 *   feed       the region for which an operator publishes the range, by policy/regions.yaml
 *   prefix     operators.yaml, of ranges that are known to be anycast
 *   mmdb       a MaxMind DB
 *   geoip      tor-geoipdb
 *   libloc     the AS database, which has countries of networks too
 *   none       nobody
 */
#ifndef RESID_GEO_PLACE_H
#define RESID_GEO_PLACE_H

#include "geo/evidence.h"
#include "geo/layer.h"
#include "geo/operators.h"
#include "geo/regions.h"
#include "source/geoip.h"
#include "source/source.h"

/* From strong to weak. */
enum place_tier {
	PLACE_OVERRIDE,
	PLACE_GEOFEED,
	PLACE_FEED,
	PLACE_PREFIX,
	PLACE_MMDB,
	PLACE_GEOIP,
	PLACE_LIBLOC,
	PLACE_NONE,
	PLACE_TIERS
};

/* Who says it, and of a list that an operator publishes whose it is. */
struct place_source {
	uint32_t number;		/* of the source */
	uint32_t operator;		/* index, or EVIDENCE_NOBODY */
	enum place_tier tier;
};

/* The dossier of one place. */
uint32_t place_put(struct dossiers *dossiers, unsigned int location, const struct place_source *by);

/* What a source says, for layer_flatten() with dossiers_unite(). */
void place_claim_geoip(struct dossiers *dossiers, const struct geo_table *table, const struct place_source *by,
		       struct layer_claims *claims);
void place_claim_countries(struct dossiers *dossiers, const struct source_facts *said, const struct place_source *by,
			   struct layer_claims *claims);
/* location: by string of the source, where the region of that name is, or -1 for nothing said. */
void place_claim_feed(struct dossiers *dossiers, const int *location, const struct source_facts *said,
		      const struct place_source *by, struct layer_claims *claims);
void place_claim_anycast(struct dossiers *dossiers, const struct operators *operators, sa_family_t family,
			 uint32_t number, struct layer_claims *claims);

const char *place_tier_name(enum place_tier tier);

#endif
