// SPDX-License-Identifier: Apache-2.0
/* What each source says becomes layers, one for each axis that it speaks on. */
#include "geo/world_private.h"

#include <stdlib.h>
#include <string.h>

#include "source/format.h"
#include "util/memory.h"

void world_layers_fini(struct world_layers *layers)
{
	for (size_t i = 0; i < layers->count; i++)
		layer_fini(&layers->layer[i]);
	free(layers->layer);
}

/* Claims of one source on one axis, which are given up. */
static void world_lay(struct world_work *work, struct layer_claims *claims)
{
	struct layer layer = { 0 };

	layer_flatten(claims, dossiers_unite, &work->world->dossiers, &layer);
	if (layer.count)
		*MEM_PUSH(work->layers->layer, work->layers->count, work->layers->capacity) = layer;
	else
		layer_fini(&layer);
}

/* The same of locations, which are counted: of how many addresses does the source know where they are? */
static void world_lay_places(struct world_work *work, struct layer_claims *claims, uint32_t source)
{
	const struct layer *layer;
	size_t known = work->layers->count;

	world_lay(work, claims);
	if (work->family != AF_INET || work->layers->count == known)
		return;
	layer = &work->layers->layer[known];
	for (size_t i = 0; i < layer->count; i++)
		work->world->source[source].located += world_size(layer->range[i].first, layer->range[i].last, 96);
}

static void world_consume(const struct world_work *work, struct source *source)
{
	struct source_facts *facts = work->family == AF_INET ? &source->v4 : &source->v6;

	if (!work->inputs->consume)
		return;
	free(facts->fact);
	*facts = (struct source_facts){ 0 };
}

static uint32_t world_operator(const struct world_work *work, const char *id)
{
	const struct operators *operators = work->inputs->operators;
	const struct operator *found = operators ? operators_find(operators, id) : NULL;

	return found ? (uint32_t)(found - operators->operator) : EVIDENCE_NOBODY;
}

/* ---- feeds ---- */

static void world_count_region(struct world_work *work, const struct source *source, uint32_t number, uint32_t string)
{
	const struct source_facts *facts = world_facts(work, source);
	struct world *world = work->world;
	struct world_region *region = NULL;

	for (size_t i = 0; i < facts->count; i++) {
		uint64_t size;

		if (facts->fact[i].region != string)
			continue;
		for (size_t r = 0; !region && r < world->region_count; r++)
			if (world->region[r].source == number && !strcmp(world->region[r].name, source->string[string]))
				region = &world->region[r];
		if (!region) {
			region = MEM_PUSH(world->region, world->region_count, world->region_capacity);
			region->name = mem_copy(source->string[string], strlen(source->string[string]));
			region->source = number;
		}
		size = world_size(facts->fact[i].first, facts->fact[i].last, world_shift(work->family));
		*(work->family == AF_INET ? &region->v4 : &region->v6) += size;
	}
}

/* By string of the source: where the region is that it names. One that nobody knows is somewhere. */
static int *world_regions(struct world_work *work, const struct source *source, uint32_t number)
{
	int *location = mem_zero(source->string_count, sizeof(*location));

	for (uint32_t i = 0; i < source->string_count; i++) {
		location[i] = -1;
		if (!*source->string[i] || !source_format_has_regions(source->format))
			continue;
		location[i] = regions_find(work->inputs->regions, source->format, source->string[i]);
		if (location[i] >= 0)
			continue;
		location[i] = LOCATION_UNKNOWN;
		world_count_region(work, source, number, i);
	}
	return location;
}

static void world_lay_feed(struct world_work *work, const struct world_feed *feed, uint32_t number)
{
	const struct source_facts *facts = world_facts(work, feed->source);
	const struct place_source by = { number, world_operator(work, feed->source->name), PLACE_FEED };
	_cleanup_free_ int *location = world_regions(work, feed->source, number);
	struct layer_claims claims = { 0 };

	place_claim_feed(&work->world->dossiers, location, facts, &by, &claims);
	world_lay_places(work, &claims, number);
	control_claim_feed(&work->world->control, feed->source, feed->file, facts, number, &claims);
	world_lay(work, &claims);
	world_consume(work, feed->source);
}

/* ---- everybody else ---- */

static void world_lay_geoip(struct world_work *work)
{
	struct geo_table *table = work->family == AF_INET ? work->inputs->geo4 : work->inputs->geo6;
	const struct place_source by = { work->family == AF_INET ? WORLD_GEOIP4 : WORLD_GEOIP6, EVIDENCE_NOBODY,
					 PLACE_GEOIP };
	struct layer_claims claims = { 0 };

	place_claim_geoip(&work->world->dossiers, table, &by, &claims);
	world_lay_places(work, &claims, by.number);
	if (!work->inputs->consume)
		return;
	free(table->range);
	table->range = NULL;
	table->count = 0;
}

static void world_lay_curated(struct world_work *work)
{
	struct world *world = work->world;
	struct layer_claims claims = { 0 };

	if (!work->inputs->operators)
		return;
	place_claim_anycast(&world->dossiers, work->inputs->operators, work->family, work->operators, &claims);
	world_lay(work, &claims);
	control_claim_curated(&world->control, work->family, work->operators, &claims);
	world_lay(work, &claims);
}

/* The countries that registries have for the ASes of an AS database. */
static void world_lay_as_registries(struct world_work *work, const struct source *asn)
{
	const struct world_inputs *inputs = work->inputs;
	struct layer_claims claims = { 0 };

	for (size_t i = 0; i < inputs->rir_count; i++) {
		registered_claim_as(&work->world->dossiers, world_facts(work, asn), inputs->rir[i],
				    work->rir + (uint32_t)i, &claims);
		world_lay(work, &claims);
	}
}

/* A file that may speak on every axis. */
static void world_lay_source(struct world_work *work, struct source *source, const struct place_source *by,
			     enum registered_tier registered)
{
	const struct source_facts *facts = world_facts(work, source);
	struct world *world = work->world;
	struct layer_claims claims = { 0 };

	place_claim_countries(&world->dossiers, facts, by, &claims);
	world_lay_places(work, &claims, by->number);
	registered_claim(&world->dossiers, facts, by->number, registered, &claims);
	world_lay(work, &claims);
	if (source->format == SOURCE_RIR)
		control_claim_holders(&world->control, source, facts, by->number, &claims);
	world_lay(work, &claims);
	control_claim_asn(&world->control, facts, by->number, &claims);
	world_lay(work, &claims);
	world_lay_as_registries(work, source);
	control_claim_represented(&world->control, facts, by->number, &claims);
	world_lay(work, &claims);
	world_consume(work, source);
}

void world_lay_sources(struct world_work *work)
{
	const struct world_inputs *inputs = work->inputs;

	world_lay_geoip(work);
	world_lay_curated(work);
	for (uint32_t i = 0; i < inputs->feed_count; i++)
		world_lay_feed(work, &inputs->feed[i], work->feed + i);
	for (uint32_t i = 0; i < inputs->geofeed_count; i++) {
		const struct place_source by = { work->geofeed + i, world_operator(work, inputs->geofeed[i]->name),
						 PLACE_GEOFEED };
		struct layer_claims claims = { 0 };

		place_claim_countries(&work->world->dossiers, world_facts(work, inputs->geofeed[i]), &by, &claims);
		world_lay_places(work, &claims, by.number);
		world_consume(work, inputs->geofeed[i]);
	}
	for (uint32_t i = 0; i < inputs->mmdb_count; i++)
		world_lay_source(work, inputs->mmdb[i],
				 &(struct place_source){ work->mmdb + i, EVIDENCE_NOBODY, PLACE_MMDB },
				 REGISTERED_MMDB);
	for (uint32_t i = 0; i < inputs->asn_count; i++)
		world_lay_source(work, inputs->asn[i],
				 &(struct place_source){ work->asn + i, EVIDENCE_NOBODY, PLACE_LIBLOC },
				 REGISTERED_MMDB);
	/* after the ASes, whose countries they may have */
	for (uint32_t i = 0; i < inputs->rir_count; i++)
		world_lay_source(work, inputs->rir[i],
				 &(struct place_source){ work->rir + i, EVIDENCE_NOBODY, PLACE_LIBLOC },
				 REGISTERED_RIR);
}
