// SPDX-License-Identifier: Apache-2.0
/* Every number comes from the order of the inputs, so equal inputs give equal numbers. */
#include "geo/world_private.h"

#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/memory.h"

void world_free(struct world *world)
{
	size_t i;

	if (!world)
		return;
	for (i = 0; i < world->source_count; i++) {
		free(world->source[i].name);
		free(world->source[i].file);
	}
	for (i = 0; i < world->operator_count; i++)
		free(world->operator[i]);
	free(world->operator);
	control_fini(&world->control);
	intern_free(world->place);
	intern_free(world->pair);
	free(world->v4.range);
	free(world->v6.range);
	asn_fini(&world->asn);
	free(world->source);
	free(world->overlap);
	free(world->opinions);
	buffer_fini(&world->bytes);
	free(world);
}

/* ---- both axes ---- */

static void world_emit(struct world *world, struct world_ranges *ranges, u128 first, uint32_t place, uint32_t control)
{
	const struct world_pair pair = { place, control };
	const struct world_pair *end = ranges->count ? world_pair(world, ranges->range[ranges->count - 1].pair) : NULL;

	if (end && end->place == place && end->control == control)
		return;
	*MEM_PUSH(ranges->range, ranges->count, ranges->capacity) =
		(struct world_range){ .first = first, .pair = intern_put(world->pair, &pair, sizeof(pair)) };
}

/* Where a walk over a layer stands: its fact there and up to where that holds. */
struct world_cursor {
	const struct layer *layer;
	size_t at;
};

static uint32_t world_step(struct world_cursor *cursor, u128 at, u128 *end)
{
	const struct layer_range *range;

	while (cursor->at < cursor->layer->count && cursor->layer->range[cursor->at].last < at)
		cursor->at++;
	if (cursor->at >= cursor->layer->count)
		return LAYER_HOLE;
	range = &cursor->layer->range[cursor->at];
	if (range->first > at) {
		*end = range->first - 1 < *end ? range->first - 1 : *end;
		return LAYER_HOLE;
	}
	*end = range->last < *end ? range->last : *end;
	return range->fact;
}

static void world_join(struct world *world, const struct layer *places, const struct layer *controls, uint32_t nowhere,
		       struct world_ranges *out)
{
	struct world_cursor place = { places, 0 }, control = { controls, 0 };
	u128 at = 0, end;

	do {
		uint32_t where, who;

		end = U128_MAX;
		where = world_step(&place, at, &end);
		who = world_step(&control, at, &end);
		world_emit(world, out, at, where == LAYER_HOLE ? nowhere : where, who);
		at = end + 1;
	} while (end != U128_MAX);
}

static void world_consume_facts(const struct world_work *work, struct source *source)
{
	struct source_facts *facts = work->family == AF_INET ? &source->v4 : &source->v6;

	free(facts->fact);
	*facts = (struct source_facts){ 0 };
}

/* What is laid out is needed no more. */
static void world_consume(const struct world_work *work)
{
	const struct world_inputs *inputs = work->inputs;
	struct geo_table *table = work->family == AF_INET ? inputs->geo4 : inputs->geo6;
	size_t i;

	free(table->range);
	table->range = NULL;
	table->count = 0;
	for (i = 0; i < inputs->feed_count; i++)
		world_consume_facts(work, inputs->feed[i].source);
	for (i = 0; i < inputs->geofeed_count; i++)
		world_consume_facts(work, inputs->geofeed[i]);
	if (inputs->mmdb)
		world_consume_facts(work, inputs->mmdb);
	if (inputs->rir)
		world_consume_facts(work, inputs->rir);
	if (inputs->asn)
		world_consume_facts(work, inputs->asn);
}

static void world_lay(struct world_work *work, sa_family_t family)
{
	_cleanup_(layer_fini) struct layer places = { 0 }, controls = { 0 };
	struct world *world = work->world;
	uint32_t nowhere = place_put(world->place, LOCATION_UNKNOWN,
				     family == AF_INET ? WORLD_GEOIP4 : WORLD_GEOIP6, PLACE_NONE);

	work->family = family;
	asn_lay(&world->asn, family, work->inputs->asn ? world_facts(work, work->inputs->asn) : NULL);
	world_lay_all_places(work, &places);
	world_lay_all_controls(work, &controls);
	if (work->inputs->consume)
		world_consume(work);
	world_join(world, &places, &controls, nowhere, family == AF_INET ? &world->v4 : &world->v6);
}

void world_new(const struct world_inputs *inputs, struct world **out)
{
	const struct operators *operators = inputs->operators;
	struct world *world = mem_zero(1, sizeof(*world));
	struct world_work work = { .inputs = inputs, .world = world };
	size_t i;

	control_init(&world->control, operators);
	world->operator_count = operators ? operators->count : 0;
	world->operator = mem_zero(world->operator_count, sizeof(*world->operator));
	for (i = 0; i < world->operator_count; i++)
		world->operator[i] = mem_copy(operators->operator[i].id, strlen(operators->operator[i].id));
	intern_new(&world->place);
	intern_new(&world->pair);
	world_add_sources(&work);
	world_add_overlaps(&work);
	asn_lay_names(&world->asn, inputs->asn);
	world_lay(&work, AF_INET);
	world_lay(&work, AF_INET6);
	*out = world;
}

/* ---- what the policy decides itself ---- */

static void world_override_family(struct world *world, const struct world_override *override, size_t count,
				  sa_family_t family, struct world_ranges *ranges)
{
	_cleanup_(layer_fini) struct layer places = { 0 }, controls = { 0 };
	struct world_cursor place = { &places, 0 }, control = { &controls, 0 };
	struct layer_claims where = { 0 }, who = { 0 };
	struct world_ranges old = *ranges;
	size_t i, r = 0;
	u128 at = 0, end;

	for (i = 0; i < count; i++) {
		const struct world_override *item = &override[i];

		if (item->prefix.family != family)
			continue;
		if (item->location >= 0)
			layer_claim(&where, item->prefix.first, prefix_last(&item->prefix),
				    place_put(world->place, (unsigned int)item->location, WORLD_POLICY,
					      PLACE_OVERRIDE));
		if (item->controlled)
			layer_claim(&who, item->prefix.first, prefix_last(&item->prefix),
				    control_put(&world->control, &item->set, item->operator, WORLD_POLICY,
						CONTROL_OVERRIDE));
	}
	layer_flatten(&where, place_unite, world->place, &places);
	layer_flatten(&who, control_unite, &world->control, &controls);
	if (!places.count && !controls.count)
		return;
	*ranges = (struct world_ranges){ 0 };
	do {
		struct world_pair pair = *world_pair(world, old.range[r].pair);
		uint32_t fact;

		end = r + 1 < old.count ? old.range[r + 1].first - 1 : U128_MAX;
		fact = world_step(&place, at, &end);
		pair.place = fact == LAYER_HOLE ? pair.place : fact;
		fact = world_step(&control, at, &end);
		pair.control = fact == LAYER_HOLE ? pair.control : fact;
		world_emit(world, ranges, at, pair.place, pair.control);
		at = end + 1;
		r += r + 1 < old.count && old.range[r + 1].first == at;
	} while (end != U128_MAX);
	free(old.range);
}

void world_override(struct world *world, const struct world_override *override, size_t count)
{
	world_override_family(world, override, count, AF_INET, &world->v4);
	world_override_family(world, override, count, AF_INET6, &world->v6);
}

const struct world_pair *world_find(const struct world *world, sa_family_t family, u128 key)
{
	const struct world_ranges *ranges = world_family(world, family);
	size_t low = 0, count = ranges->count;

	while (count > 1) {
		size_t half = count / 2;

		low += ranges->range[low + half].first <= key ? half : 0;
		count -= half;
	}
	return world_pair(world, ranges->range[low].pair);
}
