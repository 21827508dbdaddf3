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
		free(world->source[i].said);
	}
	for (i = 0; i < world->operator_count; i++)
		free(world->operator[i]);
	free(world->operator);
	for (i = 0; i < world->region_count; i++)
		free(world->region[i].name);
	control_fini(&world->control);
	dossiers_fini(&world->dossiers);
	free(world->v4.range);
	free(world->v6.range);
	asn_fini(&world->asn);
	free(world->source);
	free(world->overlap);
	free(world->region);
	free(world);
}

/* ---- all layers over each other ---- */

static void world_emit(struct world_ranges *ranges, u128 first, uint32_t dossier)
{
	if (ranges->count && ranges->range[ranges->count - 1].dossier == dossier)
		return;
	*MEM_PUSH(ranges->range, ranges->count, ranges->capacity) =
		(struct world_range){ .first = first, .dossier = dossier };
}

/* Where a walk over a layer stands: what it says there, and up to where that holds. */
struct world_cursor {
	const struct layer *layer;
	size_t at;
	uint32_t fact;
	u128 end;
};

/* at ascends from call to call, and is over the cursor's end but for the first. */
static void world_step(struct world_cursor *cursor, u128 at)
{
	const struct layer_range *range;

	while (cursor->at < cursor->layer->count && cursor->layer->range[cursor->at].last < at)
		cursor->at++;
	cursor->fact = LAYER_HOLE;
	cursor->end = U128_MAX;
	if (cursor->at >= cursor->layer->count)
		return;
	range = &cursor->layer->range[cursor->at];
	if (range->first > at) {
		cursor->end = range->first - 1;
		return;
	}
	cursor->fact = range->fact;
	cursor->end = range->last;
}

/* What several layers say at once, remembered: most places are like some other. */
struct world_joiner {
	struct dossiers *dossiers;
	struct intern *said;		/* uint32_t[]: dossiers of the layers that say something */
	uint32_t *dossier;		/* by its number */
	size_t count, capacity;
};

static uint32_t world_join_said(struct world_joiner *joiner, const uint32_t *said, size_t count)
{
	uint32_t known = intern_count(joiner->said), number, dossier = 0;

	number = intern_put(joiner->said, said, count * sizeof(*said));
	if (number == known) {
		for (size_t i = 0; i < count; i++)
			dossier = i ? dossiers_unite(joiner->dossiers, dossier, said[i]) : said[i];
		*MEM_PUSH(joiner->dossier, joiner->count, joiner->capacity) = dossier;
	}
	return joiner->dossier[number];
}

static void world_join(struct dossiers *dossiers, const struct layer *layer, size_t count, struct world_ranges *out)
{
	_cleanup_free_ struct world_cursor *cursor = mem_zero(count, sizeof(*cursor));
	_cleanup_free_ uint32_t *said = mem_zero(count, sizeof(*said));
	struct world_joiner joiner = { .dossiers = dossiers };
	u128 at = 0, end;

	intern_new(&joiner.said);
	for (size_t i = 0; i < count; i++) {
		cursor[i].layer = &layer[i];
		world_step(&cursor[i], 0);
	}
	do {
		size_t speaking = 0;

		end = U128_MAX;
		for (size_t i = 0; i < count; i++) {
			if (cursor[i].end < at)
				world_step(&cursor[i], at);
			end = cursor[i].end < end ? cursor[i].end : end;
			if (cursor[i].fact != LAYER_HOLE)
				said[speaking++] = cursor[i].fact;
		}
		world_emit(out, at, world_join_said(&joiner, said, speaking));
		at = end + 1;
	} while (end != U128_MAX);
	intern_free(joiner.said);
	free(joiner.dossier);
}

/* The AS database that says who announces what, in records: the youngest. */
static struct source *world_youngest_asn(const struct world_inputs *inputs)
{
	struct source *found = NULL;

	for (size_t i = 0; i < inputs->asn_count; i++)
		if (!found || strcmp(inputs->asn[i]->date, found->date) > 0)
			found = inputs->asn[i];
	return found;
}

static void world_lay(struct world_work *work, sa_family_t family)
{
	_cleanup_(world_layers_fini) struct world_layers layers = { 0 };
	struct source *asn = world_youngest_asn(work->inputs);
	struct world *world = work->world;

	work->family = family;
	work->layers = &layers;
	asn_lay(&world->asn, family, asn ? world_facts(work, asn) : NULL);
	world_lay_sources(work);
	world_join(&world->dossiers, layers.layer, layers.count, family == AF_INET ? &world->v4 : &world->v6);
}

void world_new(const struct world_inputs *inputs, struct world **out)
{
	const struct operators *operators = inputs->operators;
	struct world *world = mem_zero(1, sizeof(*world));
	struct world_work work = { .inputs = inputs, .world = world };
	size_t i;

	dossiers_init(&world->dossiers);
	control_init(&world->control, &world->dossiers, operators);
	world->operator_count = operators ? operators->count : 0;
	world->operator = mem_zero(world->operator_count, sizeof(*world->operator));
	for (i = 0; i < world->operator_count; i++)
		world->operator[i] = mem_copy(operators->operator[i].id, strlen(operators->operator[i].id));
	world_add_sources(&work);
	world_add_overlaps(&work);
	asn_lay_names(&world->asn, world_youngest_asn(inputs));
	world_lay(&work, AF_INET);
	world_lay(&work, AF_INET6);
	*out = world;
}

/* ---- what the policy decides itself ---- */

static void world_override_place(struct world *world, const struct world_override *item, struct layer_claims *claims)
{
	struct evidence evidence = { .until = item->until, .source = WORLD_POLICY, .operator = EVIDENCE_NOBODY,
				     .axis = EVIDENCE_LOCATION, .tier = PLACE_OVERRIDE };

	if (item->location < 0)
		return;
	location_set_add(&evidence.set, (unsigned int)item->location);
	layer_claim(claims, item->prefix.first, prefix_last(&item->prefix), dossiers_put(&world->dossiers, &evidence));
}

static void world_override_control(struct world *world, const struct world_override *item, struct layer_claims *claims)
{
	struct evidence evidence = { .set = item->set, .until = item->until, .source = WORLD_POLICY,
				     .operator = item->operator, .axis = EVIDENCE_CONTROL, .tier = CONTROL_OVERRIDE };

	if (item->controlled)
		layer_claim(claims, item->prefix.first, prefix_last(&item->prefix),
			    dossiers_put(&world->dossiers, &evidence));
}

/* One axis of one family into its ranges. */
static void world_override_axis(struct world *world, struct layer_claims *claims, struct world_ranges *ranges)
{
	_cleanup_(layer_fini) struct layer layer = { 0 };
	struct world_cursor cursor = { .layer = &layer };
	struct world_ranges old = *ranges;
	u128 at = 0, end;
	size_t r = 0;

	layer_flatten(claims, dossiers_unite, &world->dossiers, &layer);
	if (!layer.count)
		return;
	*ranges = (struct world_ranges){ 0 };
	world_step(&cursor, 0);
	do {
		if (cursor.end < at)
			world_step(&cursor, at);
		end = r + 1 < old.count ? old.range[r + 1].first - 1 : U128_MAX;
		end = cursor.end < end ? cursor.end : end;
		world_emit(ranges, at, dossiers_unite(&world->dossiers, old.range[r].dossier, cursor.fact));
		at = end + 1;
		r += r + 1 < old.count && old.range[r + 1].first == at;
	} while (end != U128_MAX);
	free(old.range);
}

static void world_override_family(struct world *world, const struct world_override *override, size_t count,
				  sa_family_t family, struct world_ranges *ranges)
{
	struct layer_claims where = { 0 }, who = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (override[i].prefix.family != family)
			continue;
		world_override_place(world, &override[i], &where);
		world_override_control(world, &override[i], &who);
	}
	world_override_axis(world, &where, ranges);
	world_override_axis(world, &who, ranges);
}

void world_override(struct world *world, const struct world_override *override, size_t count)
{
	world_override_family(world, override, count, AF_INET, &world->v4);
	world_override_family(world, override, count, AF_INET6, &world->v6);
}

uint32_t world_find(const struct world *world, sa_family_t family, u128 key)
{
	const struct world_ranges *ranges = world_family(world, family);
	size_t low = 0, count = ranges->count;

	while (count > 1) {
		size_t half = count / 2;

		low += ranges->range[low + half].first <= key ? half : 0;
		count -= half;
	}
	return ranges->range[low].dossier;
}
