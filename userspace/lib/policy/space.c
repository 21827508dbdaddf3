// SPDX-License-Identifier: Apache-2.0
#include "policy/space.h"

#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

/* From here on something begins or ends to hold: a layer, or a prefix of a rule. */
struct space_event {
	u128 at;
	uint32_t what;		/* a layer, or SPECIAL_LAYERS + rule */
	int change;		/* 1 or -1 */
};

struct space_events {
	struct space_event *event;
	size_t count, capacity;
};

struct space_sweep {
	uint32_t *active;	/* by layer, then by rule: how many prefixes hold */
	uint64_t *cover;	/* bits of the rules whose count is not zero */
};

static void space_add(struct space_events *events, sa_family_t family, const struct prefix *prefix, uint32_t what)
{
	u128 last = prefix_last(prefix);

	if (prefix->family != family)
		return;
	*MEM_PUSH(events->event, events->count, events->capacity) =
		(struct space_event){ .at = prefix->first, .what = what, .change = 1 };
	if (last != U128_MAX)
		*MEM_PUSH(events->event, events->count, events->capacity) =
			(struct space_event){ .at = last + 1, .what = what, .change = -1 };
}

static void space_collect(const struct policy *policy, sa_family_t family, struct space_events *events)
{
	_cleanup_free_ struct special_prefix *special = NULL;
	size_t count, i, r;

	special_prefixes(&special, &count);
	for (i = 0; i < count; i++)
		space_add(events, family, &special[i].prefix, special[i].layer);
	for (i = 0; i < policy->local_count; i++)
		space_add(events, family, &policy->local[i], SPECIAL_LOCAL);
	for (i = 0; i < policy->nat64_count; i++)
		space_add(events, family, &policy->nat64[i], SPECIAL_TRANSLATED);
	for (r = 0; r < policy->rule_count; r++)
		for (i = 0; i < policy->rule[r].prefix_count; i++)
			space_add(events, family, &policy->rule[r].prefix[i], (uint32_t)(SPECIAL_LAYERS + r));
}

static int space_compare(const void *left, const void *right)
{
	const struct space_event *a = left, *b = right;

	return a->at < b->at ? -1 : a->at > b->at;
}

static void space_apply(struct space_sweep *sweep, const struct space_event *event)
{
	uint32_t *active = &sweep->active[event->what];
	uint32_t rule = event->what - SPECIAL_LAYERS;

	*active += (uint32_t)event->change;
	if (event->what < SPECIAL_LAYERS)
		return;
	if (*active)
		sweep->cover[rule / 64] |= 1ull << rule % 64;
	else
		sweep->cover[rule / 64] &= ~(1ull << rule % 64);
}

static void space_emit(struct space *space, struct space_half *half, const struct space_sweep *sweep, u128 first,
		       u128 last)
{
	uint32_t cover = intern_put(space->covers, sweep->cover, space->words * sizeof(*sweep->cover));
	struct space_interval *interval = half->count ? &half->interval[half->count - 1] : NULL;
	unsigned int layer = 0;

	while (layer < SPECIAL_LAYERS && !sweep->active[layer])
		layer++;
	if (interval && interval->layer == layer && interval->cover == cover) {
		interval->last = last;
		return;
	}
	*MEM_PUSH(half->interval, half->count, half->capacity) =
		(struct space_interval){ .first = first, .last = last, .layer = layer, .cover = cover };
}

static void space_sweep(struct space *space, const struct policy *policy, sa_family_t family, struct space_half *half)
{
	_cleanup_free_ uint32_t *active = mem_zero(SPECIAL_LAYERS + policy->rule_count, sizeof(*active));
	_cleanup_free_ uint64_t *cover = mem_zero(space->words, sizeof(*cover));
	struct space_sweep sweep = { active, cover };
	struct space_events events = { 0 };
	u128 first = 0;
	size_t i = 0;

	space_collect(policy, family, &events);
	if (events.count)
		qsort(events.event, events.count, sizeof(*events.event), space_compare);
	for (;;) {
		u128 next;

		while (i < events.count && events.event[i].at == first)
			space_apply(&sweep, &events.event[i++]);
		if (i == events.count)
			break;
		next = events.event[i].at;
		space_emit(space, half, &sweep, first, next - 1);
		first = next;
	}
	space_emit(space, half, &sweep, first, U128_MAX);
	free(events.event);
}

void space_new(const struct policy *policy, struct space **out)
{
	struct space *space = mem_zero(1, sizeof(*space));

	space->words = policy->rule_count / 64 + 1;
	intern_new(&space->covers);
	space_sweep(space, policy, AF_INET, &space->v4);
	space_sweep(space, policy, AF_INET6, &space->v6);
	*out = space;
}

void space_free(struct space *space)
{
	if (!space)
		return;
	free(space->v4.interval);
	free(space->v6.interval);
	intern_free(space->covers);
	free(space);
}
