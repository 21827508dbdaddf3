// SPDX-License-Identifier: Apache-2.0
/* What each tier says becomes a layer, is kept as an opinion, and is laid over the weaker ones. */
#include "geo/world_private.h"

#include "util/cleanup.h"

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

void world_lay_all_places(struct world_work *work, struct layer *places)
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

/* The AS database is in two tiers with the registered holders between them. */
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
	if (work->inputs->mmdb)
		control_claim_registered(control, world_facts(work, work->inputs->mmdb), work->mmdb, &claims);
	world_lay_control(work, &claims, below);
	if (work->inputs->rir)
		control_claim_holders(control, world_facts(work, work->inputs->rir), work->rir, &claims);
	world_lay_control(work, &claims, below);
	layer_over(below, &strong);
}

void world_lay_all_controls(struct world_work *work, struct layer *controls)
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
