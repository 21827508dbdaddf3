// SPDX-License-Identifier: Apache-2.0
/* Every number comes from the order of the inputs, so equal inputs give equal numbers. */
#include "geo/world.h"

#include <stdlib.h>
#include <string.h>

#include "geo/special.h"
#include "util/cleanup.h"
#include "util/memory.h"

struct world_work {
	const struct world_inputs *inputs;
	struct world *world;
	sa_family_t family;
	uint32_t operators, regions, feed, geofeed, mmdb, rir, asn;	/* numbers of the sources */
};

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

/* ---- how much a source says ---- */

/* A run of addresses that facts, which ascend and may nest, hold without a gap; false: no more. */
static bool world_run(const struct source_facts *facts, size_t *at, u128 *first, u128 *last)
{
	if (*at >= facts->count)
		return false;
	*first = facts->fact[*at].first;
	*last = facts->fact[*at].last;
	for (++*at; *at < facts->count; ++*at) {
		const struct source_fact *fact = &facts->fact[*at];

		if (*last != U128_MAX && fact->first > *last + 1)
			break;
		if (fact->last > *last)
			*last = fact->last;
	}
	return true;
}

static uint64_t world_size(u128 first, u128 last, unsigned int shift)
{
	return (uint64_t)(last >> shift) - (uint64_t)(first >> shift) + 1;
}

static unsigned int world_shift(sa_family_t family)
{
	return family == AF_INET ? 96 : 64;
}

static uint64_t world_count(const struct source_facts *facts, sa_family_t family)
{
	u128 first, last, counted = 0;
	unsigned int shift = world_shift(family);
	uint64_t count = 0;
	size_t at = 0;

	while (world_run(facts, &at, &first, &last)) {
		/* two runs may share a /64 */
		if (count && (first >> shift) == (counted >> shift))
			count--;
		count += world_size(first, last, shift);
		counted = last;
	}
	return count;
}

/* Addresses, or /64s, that both lists hold. */
static uint64_t world_common(const struct source_facts *left, const struct source_facts *right, sa_family_t family)
{
	u128 a_first = 0, a_last = 0, b_first = 0, b_last = 0;
	size_t a = 0, b = 0;
	bool more = world_run(left, &a, &a_first, &a_last) && world_run(right, &b, &b_first, &b_last);
	uint64_t count = 0;

	while (more) {
		u128 first = a_first > b_first ? a_first : b_first, last = a_last < b_last ? a_last : b_last;

		if (first <= last)
			count += world_size(first, last, world_shift(family));
		more = a_last < b_last ? world_run(left, &a, &a_first, &a_last) :
					 world_run(right, &b, &b_first, &b_last);
	}
	return count;
}

uint64_t world_unicast4(void)
{
	struct source_facts special = { 0 };
	struct special_prefix *prefix;
	uint64_t count = (uint64_t)1 << 32;
	size_t i, n;

	special_prefixes(&prefix, &n);
	for (i = 0; i < n; i++) {
		struct source_fact *fact;

		if (prefix[i].prefix.family != AF_INET)
			continue;
		fact = MEM_PUSH(special.fact, special.count, special.capacity);
		fact->first = prefix[i].prefix.first;
		fact->last = prefix_last(&prefix[i].prefix);
	}
	source_order(&special);
	count -= world_count(&special, AF_INET);
	free(special.fact);
	free(prefix);
	return count;
}

/* ---- sources ---- */

static struct world_source *world_add_source(struct world *world, const char *name, const char *file, const char *date,
					     const uint8_t *sha256)
{
	struct world_source *source = MEM_PUSH(world->source, world->source_count, world->source_capacity);

	source->name = mem_copy(name, strlen(name));
	source->file = mem_copy(file, strlen(file));
	memcpy(source->date, date, strlen(date));
	if (sha256)
		memcpy(source->sha256, sha256, sizeof(source->sha256));
	source->control = CONTROL_NONE;
	source->place = PLACE_NONE;
	return source;
}

static void world_add_geoip(struct world *world, const struct geo_table *table)
{
	struct world_source *source = world_add_source(world, table->source, table->file, table->date, table->sha256);
	size_t i;

	source->place = PLACE_GEOIP;
	source->prefixes = table->count;
	for (i = 0; i < table->count; i++) {
		const struct geo_range *range = &table->range[i];
		uint64_t size = world_size(range->first, range->last, world_shift(table->family));

		*(table->family == AF_INET ? &source->v4 : &source->v6) += size;
	}
}

static uint32_t world_add_facts(struct world *world, const struct source *said, enum control_tier control,
				enum place_tier place)
{
	struct world_source *source = world_add_source(world, said->name, said->file, said->date, said->sha256);

	source->control = control;
	source->place = place;
	source->prefixes = said->v4.count + said->v6.count;
	source->v4 = world_count(&said->v4, AF_INET);
	source->v6 = world_count(&said->v6, AF_INET6);
	return (uint32_t)world->source_count - 1;
}

static void world_add_sources(struct world_work *work)
{
	const struct world_inputs *inputs = work->inputs;
	struct world *world = work->world;
	size_t i;

	world_add_geoip(world, inputs->geo4);
	world_add_geoip(world, inputs->geo6);
	world_add_source(world, "iana", "", "", NULL);
	world_add_source(world, "policy", "", "", NULL);
	world_add_source(world, "resid", "", "", NULL);
	if (inputs->operators) {
		work->operators = (uint32_t)world->source_count;
		world_add_source(world, "operators", "operators.yaml", inputs->operators->date, inputs->operators->sha256)
			->control = CONTROL_OVERRIDE;
	}
	if (inputs->regions && inputs->feed_count)
		world_add_source(world, "regions", "regions.yaml", inputs->regions->date, inputs->regions->sha256)->place =
			PLACE_FEED;
	work->feed = (uint32_t)world->source_count;
	for (i = 0; i < inputs->feed_count; i++)
		world_add_facts(world, inputs->feed[i].source, CONTROL_FEED, PLACE_FEED);
	work->geofeed = (uint32_t)world->source_count;
	for (i = 0; i < inputs->geofeed_count; i++)
		world_add_facts(world, inputs->geofeed[i], CONTROL_NONE, PLACE_GEOFEED);
	if (inputs->mmdb)
		work->mmdb = world_add_facts(world, inputs->mmdb, CONTROL_NONE, PLACE_MMDB);
	if (inputs->rir)
		work->rir = world_add_facts(world, inputs->rir, CONTROL_RIR, PLACE_NONE);
	if (inputs->asn)
		work->asn = world_add_facts(world, inputs->asn, CONTROL_OPERATOR, PLACE_LIBLOC);
}

static void world_add_overlaps(struct world_work *work)
{
	const struct world_inputs *inputs = work->inputs;
	size_t a, b;

	for (a = 0; a < inputs->feed_count; a++) {
		for (b = a + 1; b < inputs->feed_count; b++) {
			const struct source *left = inputs->feed[a].source, *right = inputs->feed[b].source;
			struct world_overlap overlap = { work->feed + (uint32_t)a, work->feed + (uint32_t)b, 0, 0 };

			if (!strcmp(left->name, right->name))
				continue;
			overlap.v4 = world_common(&left->v4, &right->v4, AF_INET);
			overlap.v6 = world_common(&left->v6, &right->v6, AF_INET6);
			if (overlap.v4 || overlap.v6)
				*MEM_PUSH(work->world->overlap, work->world->overlap_count,
					  work->world->overlap_capacity) = overlap;
		}
	}
}

/* ---- tiers ---- */

static const struct source_facts *world_facts(const struct world_work *work, const struct source *source)
{
	return work->family == AF_INET ? &source->v4 : &source->v6;
}

static void world_keep_point(struct world_work *work, u128 first, uint32_t fact)
{
	struct world *world = work->world;

	if (work->family == AF_INET) {
		const struct world_opinion4 opinion = { (uint32_t)(first >> 96), fact };

		buffer_append(&world->bytes, &opinion, sizeof(opinion));
	} else {
		const struct world_opinion6 opinion = { (uint64_t)(first >> 64), (uint64_t)first, fact, 0 };

		buffer_append(&world->bytes, &opinion, sizeof(opinion));
	}
	world->opinions[world->opinions_count - 1].count++;
}

static void world_keep(struct world_work *work, enum world_axis axis, const struct layer *layer)
{
	struct world *world = work->world;
	u128 at = 0;
	size_t i;

	if (!work->inputs->keep_opinions || !layer->count)
		return;
	*MEM_PUSH(world->opinions, world->opinions_count, world->opinions_capacity) = (struct world_opinions){
		.axis = axis, .family = work->family == AF_INET ? 4 : 6, .offset = world->bytes.length
	};
	for (i = 0; i < layer->count; i++) {
		const struct layer_range *range = &layer->range[i];

		if (i ? range->first != at : range->first)
			world_keep_point(work, at, LAYER_HOLE);
		world_keep_point(work, range->first, range->fact);
		at = range->last + 1;
	}
	if (at)
		world_keep_point(work, at, LAYER_HOLE);
}

/* Claims of a tier become its layer, which is laid over those below. */
static void world_lay_places(struct world_work *work, struct layer_claims *claims, struct layer *below)
{
	_cleanup_(layer_fini) struct layer tier = { 0 };
	struct world *world = work->world;
	size_t i;

	layer_flatten(claims, place_unite, world->place, &tier);
	for (i = 0; work->family == AF_INET && i < tier.count; i++)
		world->source[place_fact(world->place, tier.range[i].fact)->source].located +=
			world_size(tier.range[i].first, tier.range[i].last, 96);
	world_keep(work, WORLD_PLACE, &tier);
	layer_over(below, &tier);
}

static void world_places(struct world_work *work, struct layer *places)
{
	const struct world_inputs *inputs = work->inputs;
	struct intern *facts = work->world->place;
	struct layer_claims claims = { 0 };
	bool v4 = work->family == AF_INET;
	size_t i;

	if (inputs->asn)
		place_claim_countries(facts, world_facts(work, inputs->asn), work->asn, PLACE_LIBLOC, &claims);
	world_lay_places(work, &claims, places);
	place_claim_geoip(facts, v4 ? inputs->geo4 : inputs->geo6, v4 ? WORLD_GEOIP4 : WORLD_GEOIP6, &claims);
	world_lay_places(work, &claims, places);
	if (inputs->mmdb)
		place_claim_countries(facts, world_facts(work, inputs->mmdb), work->mmdb, PLACE_MMDB, &claims);
	world_lay_places(work, &claims, places);
	for (i = 0; i < inputs->feed_count; i++)
		place_claim_regions(facts, inputs->regions, inputs->feed[i].source,
				    world_facts(work, inputs->feed[i].source), work->feed + (uint32_t)i, &claims);
	world_lay_places(work, &claims, places);
	for (i = 0; i < inputs->geofeed_count; i++)
		place_claim_countries(facts, world_facts(work, inputs->geofeed[i]), work->geofeed + (uint32_t)i,
				      PLACE_GEOFEED, &claims);
	world_lay_places(work, &claims, places);
}

static void world_lay_control(struct world_work *work, struct layer_claims *claims, struct layer *below)
{
	_cleanup_(layer_fini) struct layer tier = { 0 };

	layer_flatten(claims, control_unite, &work->world->control, &tier);
	world_keep(work, WORLD_CONTROL, &tier);
	layer_over(below, &tier);
}

/* The AS database is in two tiers with the registry's holders between them. */
static void world_control_asn(struct world_work *work, struct layer *below)
{
	_cleanup_(layer_fini) struct layer both = { 0 }, strong = { 0 };
	struct control *control = &work->world->control;
	struct layer_claims claims = { 0 };
	size_t i;

	if (work->inputs->asn)
		control_claim_asn(control, world_facts(work, work->inputs->asn), work->asn, &claims);
	layer_flatten(&claims, control_unite, control, &both);
	world_keep(work, WORLD_CONTROL, &both);
	for (i = 0; i < both.count; i++) {
		const struct layer_range *range = &both.range[i];
		bool curated = control_fact(control, range->fact)->tier == CONTROL_OPERATOR;

		layer_append(curated ? &strong : below, range->first, range->last, range->fact);
	}
	layer_fini(&both);
	if (work->inputs->rir)
		control_claim_holders(control, world_facts(work, work->inputs->rir), work->rir, &claims);
	world_lay_control(work, &claims, below);
	layer_over(below, &strong);
}

static void world_controls(struct world_work *work, struct layer *controls)
{
	const struct world_inputs *inputs = work->inputs;
	struct control *control = &work->world->control;
	struct layer_claims claims = { 0 };
	size_t i;

	world_control_asn(work, controls);
	for (i = 0; i < inputs->feed_count; i++)
		control_claim_feed(control, inputs->feed[i].source, inputs->feed[i].file,
				   world_facts(work, inputs->feed[i].source), work->feed + (uint32_t)i, &claims);
	world_lay_control(work, &claims, controls);
	if (inputs->operators)
		control_claim_curated(control, work->family, work->operators, &claims);
	world_lay_control(work, &claims, controls);
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
	world_places(work, &places);
	world_controls(work, &controls);
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
