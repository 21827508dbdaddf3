/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world laid over the policy's space: disjoint ranges over all addresses, each in one zone. A zone is one distinct
 * (location, who says it, cover, fact of control); a policy cannot treat two addresses of it differently.
 */
#ifndef RESID_SNAPSHOT_ZONES_H
#define RESID_SNAPSHOT_ZONES_H

#include "geo/world.h"
#include "policy/match.h"

/* No source says who controls it: the country where it is does, if that is known. */
#define ZONE_BY_LOCATION LAYER_HOLE

struct zone {
	uint32_t location;
	uint32_t source;	/* of the world: who says where it is */
	uint32_t place;		/* enum place_tier; PLACE_NONE: a layer of the space, or unknown */
	uint32_t cover;		/* of the space */
	uint32_t control;	/* fact, or ZONE_BY_LOCATION */
};

struct zone_range {
	u128 first;		/* up to the next range's first; the first one's is 0 */
	uint32_t zone;
};

struct zone_ranges {
	struct zone_range *range;
	size_t count, capacity;
};

struct zones {
	const struct world *world;
	struct intern *zone;	/* struct zone */
	struct zone_ranges v4, v6;
};

/* The world must live as long. */
void zones_new(const struct space *space, const struct world *world, struct zones **out);
void zones_free(struct zones *zones);

static inline const struct zone *zones_at(const struct zones *zones, uint32_t number)
{
	return intern_get(zones->zone, number, NULL);
}

/* What a policy can know of a zone's addresses. */
void zones_place(const struct zones *zones, const struct zone *zone, struct match_place *out);

DEFINE_CLEANUP(zones, struct zones *, zones_free);
#define _cleanup_zones_ _cleanup_(cleanup_zones)

#endif
