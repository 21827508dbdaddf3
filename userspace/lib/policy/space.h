/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The address space as a policy cuts it, before any location data: intervals over which the same built-in layer and
 * the same rules' prefixes hold. In an interval without a layer location data decide where an address is.
 *
 *      rule a   |----- 192.0.2.0/24 -----|              interval   1    2    3    4
 *      rule b              |-- .128/25 --|              layer      -    registry  -
 *                                                       cover      {}   {a}  {a,b} {}
 */
#ifndef RESID_POLICY_SPACE_H
#define RESID_POLICY_SPACE_H

#include "geo/special.h"
#include "policy/model.h"
#include "util/intern.h"

struct space_interval {
	u128 first, last;
	enum special_layer layer;	/* SPECIAL_LAYERS: none */
	uint32_t cover;			/* number of a set of rules */
};

struct space_half {
	struct space_interval *interval;	/* ascending, without gaps, over the whole address space */
	size_t count, capacity;
};

struct space {
	struct space_half v4, v6;
	struct intern *covers;		/* uint64_t[words]: bit r is set when a prefix of rule r holds the interval */
	size_t words;
};

void space_new(const struct policy *policy, struct space **out);
void space_free(struct space *space);

static inline const struct space_half *space_family(const struct space *space, sa_family_t family)
{
	return family == AF_INET ? &space->v4 : &space->v6;
}

static inline const uint64_t *space_cover(const struct space *space, uint32_t cover)
{
	return intern_get(space->covers, cover, NULL);
}

DEFINE_CLEANUP(space, struct space *, space_free);
#define _cleanup_space_ _cleanup_(cleanup_space)

#endif
