/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world laid over the policy's space: disjoint ranges over all addresses, each in one zone. A zone is one distinct
 * (dossier, cover); a policy cannot treat two addresses of it differently.
 */
#ifndef RESID_SNAPSHOT_ZONES_H
#define RESID_SNAPSHOT_ZONES_H

#include "geo/world.h"
#include "policy/match.h"

struct zone {
	uint32_t dossier;
	uint32_t cover;		/* of the space */
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
	struct world *world;
	struct intern *zone;	/* struct zone */
	struct zone_ranges v4, v6;
};

/* The world must live as long; special places get dossiers of their own in it. */
void zones_new(const struct space *space, struct world *world, struct zones **out);
void zones_free(struct zones *zones);

static inline const struct zone *zones_at(const struct zones *zones, uint32_t number)
{
	return intern_get(zones->zone, number, NULL);
}

DEFINE_CLEANUP(zones, struct zones *, zones_free);
#define _cleanup_zones_ _cleanup_(cleanup_zones)

#endif
