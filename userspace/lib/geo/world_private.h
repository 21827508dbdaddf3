/* SPDX-License-Identifier: Apache-2.0 */
/* A world while it is made: what world.c, world_sources.c and world_layers.c share. */
#ifndef RESID_GEO_WORLD_PRIVATE_H
#define RESID_GEO_WORLD_PRIVATE_H

#include "geo/world.h"

struct world_layers {
	struct layer *layer;		/* none is empty */
	size_t count, capacity;
};

struct world_work {
	const struct world_inputs *inputs;
	struct world *world;
	sa_family_t family;
	struct world_layers *layers;	/* of the family at hand */
	uint32_t operators, feed, geofeed, mmdb, rir, asn;	/* numbers of the sources, of several the first's */
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
/* What each source says of the family at hand, axis by axis, becomes a layer. */
void world_lay_sources(struct world_work *work);
void world_layers_fini(struct world_layers *layers);

#endif
