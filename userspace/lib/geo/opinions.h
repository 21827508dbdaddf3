/* SPDX-License-Identifier: Apache-2.0 */
/* What each tier says of an address, also those that a stronger one overruled. */
#ifndef RESID_GEO_OPINIONS_H
#define RESID_GEO_OPINIONS_H

#include "geo/world.h"

/* What one tier says of an address. */
struct world_opinion {
	const char *axis;		/* "location", "control" */
	const char *tier;		/* place_tier_name(), control_tier_name() */
	const char *source, *file, *date;	/* who says it; date "" : the data do not say */
	char answer[64];		/* "FR", "FR,US" */
	const char *operator;		/* id, or "" */
};

#define WORLD_OPINIONS_MAX 16

/*
 * Every tier that says something of the address, location before control and from strong to weak: the first of each
 * axis is the one that won, unless the policy overrides it. For a world that was loaded with its opinions.
 */
size_t world_opinions_of(const struct world *world, sa_family_t family, u128 key,
			 struct world_opinion out[WORLD_OPINIONS_MAX]);

#endif
