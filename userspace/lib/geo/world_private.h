/* SPDX-License-Identifier: Apache-2.0 */
/* A world while it is made: what world.c, world_sources.c and world_tiers.c share. */
#ifndef RESID_GEO_WORLD_PRIVATE_H
#define RESID_GEO_WORLD_PRIVATE_H

#include "geo/world.h"

struct world_work {
	const struct world_inputs *inputs;
	struct world *world;
	sa_family_t family;
	uint32_t operators, regions, feed, geofeed, mmdb, rir, asn;	/* numbers of the sources */
};

static inline const struct source_facts *world_facts(const struct world_work *work, const struct source *source)
{
	return work->family == AF_INET ? &source->v4 : &source->v6;
}

/* In units: an IPv4 address, a /64. */
static inline uint64_t world_size(u128 first, u128 last, unsigned int shift)
{
	return (uint64_t)(last >> shift) - (uint64_t)(first >> shift) + 1;
}

static inline unsigned int world_shift(sa_family_t family)
{
	return family == AF_INET ? 96 : 64;
}

/* What each source is and how much it says; their numbers go into the work. */
void world_add_sources(struct world_work *work);
/* Which lists of two operators name the same addresses. */
void world_add_overlaps(struct world_work *work);
/* The tiers of the family at hand, from the weakest to the strongest, over each other. */
void world_lay_all_places(struct world_work *work, struct layer *places);
void world_lay_all_controls(struct world_work *work, struct layer *controls);

#endif
