// SPDX-License-Identifier: Apache-2.0
#include "geo/opinions.h"

#include <stdio.h>

/* The fact of the last entry that does not begin after the address. */
static uint32_t world_hear(const struct world *world, const struct world_opinions *opinions, u128 key)
{
	const uint8_t *bytes = world->bytes.data + opinions->offset;
	const struct world_opinion4 *four = (const void *)bytes;
	const struct world_opinion6 *six = (const void *)bytes;
	uint64_t low = 0, high = opinions->count;

	while (low < high) {
		uint64_t middle = (low + high) / 2;
		u128 first = opinions->family == 4 ? (u128)four[middle].first << 96 :
						     (u128)six[middle].high << 64 | six[middle].low;

		if (first <= key)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return LAYER_HOLE;
	return opinions->family == 4 ? four[low - 1].fact : six[low - 1].fact;
}

static void world_speak_source(const struct world *world, uint32_t number, struct world_opinion *out)
{
	const struct world_source *source = &world->source[number];

	out->source = source->name;
	out->file = source->file;
	out->date = source->date;
	out->operator = "";
}

static void world_speak(const struct world *world, uint32_t axis, uint32_t fact, struct world_opinion *out)
{
	unsigned int location;

	if (axis == WORLD_PLACE) {
		const struct place_fact *place = place_fact(world->place, fact);

		world_speak_source(world, place->source, out);
		out->axis = "location";
		out->tier = place_tier_name(place->tier);
		snprintf(out->answer, sizeof(out->answer), "%s", location_name(place->location));
	} else {
		const struct control_fact *control = control_fact(&world->control, fact);
		size_t used = 0;

		world_speak_source(world, control->source, out);
		out->axis = "control";
		out->tier = control_tier_name(control->tier);
		if (control->operator != CONTROL_NO_OPERATOR)
			out->operator = world->operator[control->operator];
		*out->answer = '\0';
		for (location = 0; location < LOCATION_COUNT && used + 4 < sizeof(out->answer); location++)
			if (location_set_has(&control->set, location))
				used += (size_t)snprintf(out->answer + used, sizeof(out->answer) - used, "%s%s",
							 used ? "," : "", location_name(location));
	}
}

/* From strong to weak; of two in one tier the one that was laid later, over the other, comes first. */
static uint32_t world_rank(const struct world *world, uint32_t axis, uint32_t fact)
{
	return axis == WORLD_PLACE ? place_fact(world->place, fact)->tier :
				     PLACE_TIERS + control_fact(&world->control, fact)->tier;
}

size_t world_opinions_of(const struct world *world, sa_family_t family, u128 key,
			 struct world_opinion out[WORLD_OPINIONS_MAX])
{
	uint32_t rank[WORLD_OPINIONS_MAX];
	size_t i, at, count = 0;

	for (i = 0; i < world->opinions_count && count < WORLD_OPINIONS_MAX; i++) {
		const struct world_opinions *opinions = &world->opinions[i];
		uint32_t fact, here;

		if ((opinions->family == 4) != (family == AF_INET))
			continue;
		fact = world_hear(world, opinions, key);
		if (fact == LAYER_HOLE)
			continue;
		here = world_rank(world, opinions->axis, fact);
		for (at = count++; at && rank[at - 1] >= here; at--) {
			rank[at] = rank[at - 1];
			out[at] = out[at - 1];
		}
		rank[at] = here;
		world_speak(world, opinions->axis, fact, &out[at]);
	}
	return count;
}
