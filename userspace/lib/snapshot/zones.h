/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Location data and control laid over the policy's space: disjoint ranges over all addresses, each in one zone. A zone
 * is one distinct (location, source, cover, fact of control); a policy cannot treat two addresses of it differently.
 */
#ifndef RESID_SNAPSHOT_ZONES_H
#define RESID_SNAPSHOT_ZONES_H

#include "geo/control.h"
#include "geo/geo.h"
#include "policy/judge.h"

/* Who said where it is. The order is that of the sources in the full table. */
enum zone_source {
	ZONE_SOURCE_GEO4,
	ZONE_SOURCE_GEO6,
	ZONE_SOURCE_IANA,
	ZONE_SOURCE_POLICY,
	ZONE_SOURCE_RESID,
	ZONE_SOURCES
};

/* No source says who controls it: the country where it is does, if that is known. */
#define ZONE_BY_LOCATION UINT32_MAX

struct zone {
	uint32_t location;
	uint32_t source;	/* enum zone_source */
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
	const struct control *control;
	struct intern *zone;	/* struct zone */
	struct zone_ranges v4, v6;
};

/* control NULL: no source of it. */
void zones_new(const struct space *space, const struct geo_table *geo4, const struct geo_table *geo6,
	       const struct control *control, struct zones **out);
void zones_free(struct zones *zones);

static inline const struct zone *zones_at(const struct zones *zones, uint32_t number)
{
	return intern_get(zones->zone, number, NULL);
}

/* What a policy can know of a zone's addresses. */
void zones_place(const struct zones *zones, const struct zone *zone, struct judge_place *out);

DEFINE_CLEANUP(zones, struct zones *, zones_free);
#define _cleanup_zones_ _cleanup_(cleanup_zones)

#endif
