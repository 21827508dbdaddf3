// SPDX-License-Identifier: Apache-2.0
/* What a world was made of: each source, how much it says, and who claims the same. */
#include "geo/world_private.h"

#include <stdlib.h>
#include <string.h>

#include "geo/special.h"
#include "util/memory.h"

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

static struct world_source *world_add_source(struct world *world, const char *name, const char *file, const char *date,
					     const uint8_t *sha256)
{
	struct world_source *source = MEM_PUSH(world->source, world->source_count, world->source_capacity);

	source->name = mem_copy(name, strlen(name));
	source->file = mem_copy(file, strlen(file));
	memcpy(source->date, date, strlen(date));
	if (sha256)
		memcpy(source->sha256, sha256, sizeof(source->sha256));
	source->said = mem_copy("", 0);
	return source;
}

static void world_add_geoip(struct world *world, const struct geo_table *table)
{
	struct world_source *source = world_add_source(world, table->source, table->file, table->date, table->sha256);
	size_t i;

	source->prefixes = table->count;
	for (i = 0; i < table->count; i++) {
		const struct geo_range *range = &table->range[i];
		uint64_t size = world_size(range->first, range->last, world_shift(table->family));

		*(table->family == AF_INET ? &source->v4 : &source->v6) += size;
	}
}

static void world_add_facts(struct world *world, const struct source *said)
{
	struct world_source *source = world_add_source(world, said->name, said->file, said->date, said->sha256);

	source->prefixes = said->v4.count + said->v6.count;
	source->v4 = world_count(&said->v4, AF_INET);
	source->v6 = world_count(&said->v6, AF_INET6);
	source->rows = said->rows;
	source->bad = said->bad;
	free(source->said);
	source->said = source_said(said);
}

/* The number of the first. */
static uint32_t world_add_all(struct world *world, struct source *const *said, size_t count)
{
	uint32_t first = (uint32_t)world->source_count;

	for (size_t i = 0; i < count; i++)
		world_add_facts(world, said[i]);
	return first;
}

void world_add_sources(struct world_work *work)
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
		world_add_source(world, "operators", "operators.yaml", inputs->operators->date, inputs->operators->sha256);
	}
	if (inputs->regions && inputs->feed_count)
		world_add_source(world, "regions", "regions.yaml", inputs->regions->date, inputs->regions->sha256);
	work->feed = (uint32_t)world->source_count;
	for (i = 0; i < inputs->feed_count; i++)
		world_add_facts(world, inputs->feed[i].source);
	work->geofeed = world_add_all(world, inputs->geofeed, inputs->geofeed_count);
	work->mmdb = world_add_all(world, inputs->mmdb, inputs->mmdb_count);
	work->rir = world_add_all(world, inputs->rir, inputs->rir_count);
	work->asn = world_add_all(world, inputs->asn, inputs->asn_count);
}

void world_add_overlaps(struct world_work *work)
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
