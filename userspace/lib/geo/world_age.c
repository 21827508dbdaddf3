// SPDX-License-Identifier: Apache-2.0
/* How old evidence may be. What is too old still refuses; it carries no allow. */
#include "geo/world.h"

#include "util/rfc3339.h"

#define AGE_DAY 86400

/*
 * A provider moves ranges within weeks; a tenth of Europe's addresses change their AS within four years; registries and
 * locations move slowest. operators.yaml is reviewed by hand, entry by entry.
 */
unsigned int evidence_max_age(const struct evidence *evidence)
{
	static const unsigned int location[PLACE_TIERS] = {
		[PLACE_GEOFEED] = 200, [PLACE_FEED] = 30, [PLACE_PREFIX] = 365, [PLACE_MMDB] = 200,
		[PLACE_GEOIP] = 200, [PLACE_LIBLOC] = 200,
	};
	static const unsigned int control[CONTROL_TIERS] = {
		[CONTROL_PREFIX] = 365, [CONTROL_FEED] = 30, [CONTROL_OPERATOR] = 60, [CONTROL_HOLDER] = 180,
		[CONTROL_REPRESENTED] = 200,
	};

	switch ((enum evidence_axis)evidence->axis) {
	case EVIDENCE_LOCATION:
		return location[evidence->tier];
	case EVIDENCE_CONTROL:
		return control[evidence->tier];
	default:
		return 180;
	}
}

/* What the policy says itself has an end, not an age. */
static bool age_is_override(const struct evidence *evidence)
{
	return evidence->source == WORLD_POLICY || evidence->source == WORLD_IANA || evidence->source == WORLD_RESID;
}

int64_t world_fresh_until(const struct world *world, const struct evidence *evidence)
{
	const struct world_source *source = &world->source[evidence->source];
	int64_t day;

	if (age_is_override(evidence))
		return evidence->until ? evidence->until : INT64_MAX;
	if (!rfc3339_parse_day(source->date, &day))
		return INT64_MIN;
	return day + (int64_t)(source->max_age ? source->max_age : evidence_max_age(evidence)) * AGE_DAY;
}

bool world_is_fresh(const struct world *world, const struct evidence *evidence, int64_t now)
{
	int64_t day;

	if (now >= world_fresh_until(world, evidence))
		return false;
	/* local midnight may come before that of UTC */
	return age_is_override(evidence) || (rfc3339_parse_day(world->source[evidence->source].date, &day) &&
					     now >= day - AGE_DAY);
}
