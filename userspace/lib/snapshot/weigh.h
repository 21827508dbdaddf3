/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a dossier comes to on a day: what a policy may know of the place (policy/match.h), and the one word an axis that
 * records and tables have room for.
 *
 * Each opinion on where a place is counts. Left out are only those that are too old where a stronger source says
 * something fresh, and a geofeed beyond the addresses of its operator. Of an operator that publishes where its ranges
 * are, nobody else's word is good enough: without its own the place is unknown.
 */
#ifndef RESID_SNAPSHOT_WEIGH_H
#define RESID_SNAPSHOT_WEIGH_H

#include "geo/world.h"
#include "policy/match.h"

struct weighed {
	struct match_place place;
	struct location_set registered, control;	/* all that is said, united */
	unsigned int location;		/* unknown where it is disputed */
	const struct evidence *located;	/* who says so; NULL: nobody does, or not one alone */
	const struct evidence *named;	/* the strongest who names the operator, or NULL */
};

/* When evidence is judged. */
struct weigh_day {
	int64_t data;		/* now, as far as data age: that is not looked at again before the next compile */
	int64_t overrides;	/* now, as far as overrides end: the kernel sees to that by itself */
};

/* The views in *out are into the world. */
void weigh(const struct world *world, uint32_t dossier, struct weigh_day day, struct weighed *out);
/* The first end of an override of the dossier after a time; INT64_MAX: none. */
int64_t weigh_end(const struct world *world, uint32_t dossier, int64_t after);
/* Does it count, of a location? Why not is weigh()'s comment above. */
bool weigh_counts(const struct world *world, uint32_t dossier, const struct evidence *evidence, struct weigh_day day);
bool weigh_is_fresh(const struct world *world, const struct evidence *evidence, struct weigh_day day);

#endif
