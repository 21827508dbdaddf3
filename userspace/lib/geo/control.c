// SPDX-License-Identifier: Apache-2.0
/*
 * Each tier becomes disjoint ranges of its own (the longest prefix wins), then the tiers are laid over each other from
 * the weakest to the strongest. Every number comes from the order of the inputs, so equal inputs give equal numbers.
 */
#include "geo/control.h"

#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

#define CONTROL_HOLE	UINT32_MAX	/* a fact that has no opinion and hides the shorter prefixes around it */

/* A range of a source with its opinion, before nesting is resolved. */
struct control_claim {
	u128 first, last;
	uint32_t fact;
};

struct control_claims {
	struct control_claim *claim;
	size_t count, capacity;
};

struct control_work {
	const struct control_inputs *inputs;
	struct control *control;
	sa_family_t family;
	struct location_set *set;	/* by operator */
};

static const char *const control_names[CONTROL_TIERS] = {
	[CONTROL_OVERRIDE] = "override", [CONTROL_FEED] = "feed", [CONTROL_OPERATOR] = "operator",
	[CONTROL_RIR] = "rir",		 [CONTROL_AS] = "as",	  [CONTROL_LOCATION] = "location",
	[CONTROL_NONE] = "none",
};

const char *control_tier_name(enum control_tier tier)
{
	return control_names[tier];
}

int control_tier_parse(const char *text)
{
	int tier;

	for (tier = 0; tier < CONTROL_NONE; tier++)
		if (!strcmp(text, control_names[tier]))
			return tier;
	return -1;
}

static void control_claims_fini(struct control_claims *claims)
{
	free(claims->claim);
}

static void control_half_fini(struct control_half *half)
{
	free(half->range);
}

static void control_add(struct control_claims *claims, u128 first, u128 last, uint32_t fact)
{
	struct control_claim *claim = MEM_PUSH(claims->claim, claims->count, claims->capacity);

	claim->first = first;
	claim->last = last;
	claim->fact = fact;
}

static void control_emit(struct control_half *half, u128 first, u128 last, uint32_t fact)
{
	struct control_range *end = half->count ? &half->range[half->count - 1] : NULL;

	if (fact == CONTROL_HOLE)
		return;
	if (end && end->fact == fact && end->last + 1 == first) {
		end->last = last;
		return;
	}
	end = MEM_PUSH(half->range, half->count, half->capacity);
	end->first = first;
	end->last = last;
	end->fact = fact;
}

static uint32_t control_put(struct control *control, const struct location_set *set, uint32_t operator, uint32_t source,
			    enum control_tier tier)
{
	struct control_fact fact;

	memset(&fact, 0, sizeof(fact));
	fact.set = *set;
	fact.operator = operator;
	fact.source = source;
	fact.tier = tier;
	return intern_put(control->fact, &fact, sizeof(fact));
}

/* Equal prefixes: both sets of countries; the operator and the source are those that stand first. */
static uint32_t control_unite(struct control *control, uint32_t left, uint32_t right)
{
	struct control_fact a, b;
	size_t i;

	if (left == right || right == CONTROL_HOLE)
		return left;
	if (left == CONTROL_HOLE)
		return right;
	a = *control_fact(control, left);
	b = *control_fact(control, right);
	if (a.tier != b.tier)
		return a.tier < b.tier ? left : right;
	for (i = 0; i < sizeof(a.set.bits) / sizeof(a.set.bits[0]); i++)
		a.set.bits[i] |= b.set.bits[i];
	if (b.operator < a.operator)
		a.operator = b.operator;
	if (b.source < a.source)
		a.source = b.source;
	return intern_put(control->fact, &a, sizeof(a));
}

static int control_compare(const void *left, const void *right)
{
	const struct control_claim *a = left, *b = right;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	if (a->last != b->last)
		return a->last > b->last ? -1 : 1;
	return a->fact < b->fact ? -1 : a->fact > b->fact;
}

/* Sources come sorted, mostly; a million facts are not sorted once more. */
static void control_sort(struct control_claims *claims)
{
	size_t i;

	for (i = 1; i < claims->count; i++) {
		if (control_compare(&claims->claim[i - 1], &claims->claim[i]) > 0) {
			qsort(claims->claim, claims->count, sizeof(*claims->claim), control_compare);
			return;
		}
	}
}

/* The claims that hold at a point, the longest prefix last. */
struct control_stack {
	struct control_claim *claim;
	size_t count, capacity;
	u128 at;		/* all before this has been emitted */
};

static void control_stack_fini(struct control_stack *stack)
{
	free(stack->claim);
}

/* Emits what the stack says up to last. */
static void control_advance(struct control_stack *stack, struct control_half *out, u128 last)
{
	while (stack->count) {
		const struct control_claim *top = &stack->claim[stack->count - 1];

		if (top->last >= last) {
			if (stack->at <= last)
				control_emit(out, stack->at, last, top->fact);
			return;
		}
		if (stack->at <= top->last) {
			control_emit(out, stack->at, top->last, top->fact);
			stack->at = top->last + 1;
		}
		stack->count--;
	}
}

static void control_flatten(struct control *control, struct control_claims *claims, struct control_half *out)
{
	_cleanup_(control_stack_fini) struct control_stack stack = { 0 };
	size_t i;

	control_sort(claims);
	for (i = 0; i < claims->count; i++) {
		const struct control_claim *claim = &claims->claim[i];
		struct control_claim *top;

		if (claim->first)
			control_advance(&stack, out, claim->first - 1);
		stack.at = claim->first;
		top = stack.count ? &stack.claim[stack.count - 1] : NULL;
		if (top && top->first == claim->first && top->last == claim->last)
			top->fact = control_unite(control, top->fact, claim->fact);
		else
			*MEM_PUSH(stack.claim, stack.count, stack.capacity) = *claim;
	}
	control_advance(&stack, out, U128_MAX);
}

/* weak gives way to strong; out is neither. */
static void control_overlay(const struct control_half *strong, const struct control_half *weak,
			    struct control_half *out)
{
	size_t s = 0, w = 0;
	u128 at = 0;

	for (;;) {
		const struct control_range *over, *under, *found;
		u128 end;

		while (s < strong->count && strong->range[s].last < at)
			s++;
		while (w < weak->count && weak->range[w].last < at)
			w++;
		over = s < strong->count ? &strong->range[s] : NULL;
		under = w < weak->count ? &weak->range[w] : NULL;
		if (!over && !under)
			return;
		found = over && over->first <= at ? over : under && under->first <= at ? under : NULL;
		if (!found) {
			at = !under || (over && over->first < under->first) ? over->first : under->first;
			continue;
		}
		end = found->last;
		if (found == under && over && over->first <= end)
			end = over->first - 1;
		control_emit(out, at, end, found->fact);
		if (end == U128_MAX)
			return;
		at = end + 1;
	}
}

static const struct source_facts *control_facts(const struct control_work *work, const struct source *source)
{
	return work->family == AF_INET ? &source->v4 : &source->v6;
}

static void control_claim_overrides(struct control_work *work, struct control_claims *claims)
{
	const struct operators *operators = work->inputs->operators;
	size_t o, i;

	for (o = 0; o < operators->count; o++) {
		for (i = 0; i < operators->operator[o].prefix_count; i++) {
			struct prefix prefix;

			if (prefix_parse(operators->operator[o].prefix[i], &prefix) || prefix.family != work->family)
				continue;
			control_add(claims, prefix.first, prefix_last(&prefix),
				    control_put(work->control, &work->set[o], (uint32_t)o, 0, CONTROL_OVERRIDE));
		}
	}
}

/* 0: no match; else 1 for "any", more for the more that is fixed. */
static size_t control_match(const char *pattern, const char *text)
{
	size_t length = strlen(pattern);

	if (!length)
		return 1;
	if (pattern[length - 1] == '*')
		return strncmp(pattern, text, length - 1) ? 0 : length + 1;
	return strcmp(pattern, text) ? 0 : length + 2;
}

/* Whose range it is by the filters of operators.yaml, the narrowest of those that match: an index, or no operator. */
static uint32_t control_owner(const struct control_work *work, const struct control_feed *feed,
			      const struct source_fact *fact)
{
	const struct operators *operators = work->inputs->operators;
	uint32_t found = CONTROL_NO_OPERATOR;
	size_t best = 0, o, i;

	for (o = 0; o < operators->count; o++) {
		const struct operator *operator = &operators->operator[o];

		for (i = 0; i < operator->feed_count; i++) {
			const struct operator_feed *known = &operator->feed[i];
			size_t region, service;

			if (known->format != feed->source->format || strcmp(known->file, feed->file))
				continue;
			region = control_match(known->region, feed->source->string[fact->region]);
			service = control_match(known->service, feed->source->string[fact->service]);
			if (!region || !service || region + service <= best)
				continue;
			best = region + service;
			found = (uint32_t)o;
		}
	}
	return found;
}

static void control_claim_feed(struct control_work *work, const struct control_feed *feed, uint32_t source,
			       struct control_claims *claims)
{
	const struct source_facts *facts = control_facts(work, feed->source);
	size_t i;

	for (i = 0; i < facts->count; i++) {
		const struct source_fact *fact = &facts->fact[i];
		uint32_t operator = control_owner(work, feed, fact);

		if (operator == CONTROL_NO_OPERATOR)
			continue;
		control_add(claims, fact->first, fact->last,
			    control_put(work->control, &work->set[operator], operator, source, CONTROL_FEED));
	}
}

/* The country that holds or announces it; a code that is no country is no opinion. */
static uint32_t control_country(struct control_work *work, const struct source_fact *fact, uint32_t source,
				enum control_tier tier, uint32_t known[LOCATION_COUNT])
{
	const char *code = fact->registered[0] ? fact->registered : fact->country;
	int location = code[0] ? location_of_code(code) : -1;
	struct location_set set = { 0 };

	if (location < 0 || !location_is_country((unsigned int)location))
		return CONTROL_HOLE;
	if (!known[location]) {
		location_set_add(&set, (unsigned int)location);
		known[location] = control_put(work->control, &set, CONTROL_NO_OPERATOR, source, tier) + 1;
	}
	return known[location] - 1;
}

static void control_claim_rir(struct control_work *work, uint32_t source, struct control_claims *claims)
{
	const struct source_facts *facts = control_facts(work, work->inputs->rir);
	uint32_t known[LOCATION_COUNT] = { 0 };
	size_t i;

	for (i = 0; i < facts->count; i++)
		control_add(claims, facts->fact[i].first, facts->fact[i].last,
			    control_country(work, &facts->fact[i], source, CONTROL_RIR, known));
}

/* Both tiers of the AS database at once: the longest announced prefix says which AS it is, curated or not. */
static void control_claim_asn(struct control_work *work, uint32_t source, struct control_claims *claims)
{
	const struct source_facts *facts = control_facts(work, work->inputs->asn);
	const struct operators *operators = work->inputs->operators;
	uint32_t known[LOCATION_COUNT] = { 0 };
	size_t i;

	for (i = 0; i < facts->count; i++) {
		const struct source_fact *fact = &facts->fact[i];
		const struct operator *operator = fact->asn ? operators_by_asn(operators, fact->asn) : NULL;
		uint32_t number = CONTROL_HOLE;

		if (operator) {
			uint32_t index = (uint32_t)(operator - operators->operator);

			number = control_put(work->control, &work->set[index], index, source, CONTROL_OPERATOR);
		} else if (fact->asn) {
			number = control_country(work, fact, source, CONTROL_AS, known);
		}
		control_add(claims, fact->first, fact->last, number);
	}
}

/* Puts a tier over what is there; the tier's ranges are of the claims, which are given up. */
static void control_lay(struct control_work *work, struct control_claims *claims, struct control_half *half)
{
	_cleanup_(control_half_fini) struct control_half tier = { 0 }, under = *half;

	control_flatten(work->control, claims, &tier);
	control_claims_fini(claims);
	*claims = (struct control_claims){ 0 };
	*half = (struct control_half){ 0 };
	control_overlay(&tier, &under, half);
}

/* The AS database is in two tiers with the registry's holders between them. */
static void control_lay_asn(struct control_work *work, uint32_t rir, uint32_t asn, struct control_half *half)
{
	_cleanup_(control_half_fini) struct control_half both = { 0 }, strong = { 0 }, middle = { 0 };
	_cleanup_(control_claims_fini) struct control_claims claims = { 0 };
	size_t i;

	if (work->inputs->asn)
		control_claim_asn(work, asn, &claims);
	control_flatten(work->control, &claims, &both);
	control_claims_fini(&claims);
	claims = (struct control_claims){ 0 };
	for (i = 0; i < both.count; i++) {
		const struct control_range *range = &both.range[i];
		bool curated = control_fact(work->control, range->fact)->tier == CONTROL_OPERATOR;

		control_emit(curated ? &strong : &middle, range->first, range->last, range->fact);
	}
	if (work->inputs->rir) {
		control_claim_rir(work, rir, &claims);
		control_lay(work, &claims, &middle);
	}
	control_overlay(&strong, &middle, half);
}

static void control_sweep(struct control_work *work, sa_family_t family, struct control_half *half)
{
	const struct control_inputs *inputs = work->inputs;
	_cleanup_(control_claims_fini) struct control_claims claims = { 0 };
	uint32_t rir = (uint32_t)(1 + inputs->feed_count), asn = rir + (inputs->rir ? 1 : 0);
	size_t i;

	work->family = family;
	control_lay_asn(work, rir, asn, half);
	for (i = 0; i < inputs->feed_count; i++)
		control_claim_feed(work, &inputs->feed[i], (uint32_t)(1 + i), &claims);
	if (claims.count)
		control_lay(work, &claims, half);
	control_claim_overrides(work, &claims);
	if (claims.count)
		control_lay(work, &claims, half);
}

static void control_note_source(struct control *control, const struct source *source, enum control_tier tier)
{
	*MEM_PUSH(control->source, control->source_count, control->source_capacity) =
		(struct control_source){ source->name, source->file, source->date, source->sha256, tier };
}

void control_new(const struct control_inputs *inputs, struct control **out)
{
	struct control *control = mem_zero(1, sizeof(*control));
	const struct operators *operators = inputs->operators;
	struct control_work work = { .inputs = inputs, .control = control };
	size_t i, j;

	control->operators = operators;
	intern_new(&control->fact);
	work.set = mem_zero(operators->count, sizeof(*work.set));
	for (i = 0; i < operators->count; i++) {
		const struct operator *operator = &operators->operator[i];

		for (j = 0; j < operator->jurisdiction_count; j++)
			location_set_add(&work.set[i],
					 (unsigned int)location_of_code(operator->jurisdiction[j].country));
	}
	*MEM_PUSH(control->source, control->source_count, control->source_capacity) =
		(struct control_source){ "operators", "operators.yaml", operators->date, operators->sha256,
					 CONTROL_OVERRIDE };
	for (i = 0; i < inputs->feed_count; i++)
		control_note_source(control, inputs->feed[i].source, CONTROL_FEED);
	if (inputs->rir)
		control_note_source(control, inputs->rir, CONTROL_RIR);
	if (inputs->asn)
		control_note_source(control, inputs->asn, CONTROL_OPERATOR);
	control_sweep(&work, AF_INET, &control->v4);
	control_sweep(&work, AF_INET6, &control->v6);
	free(work.set);
	*out = control;
}

void control_free(struct control *control)
{
	if (!control)
		return;
	intern_free(control->fact);
	free(control->v4.range);
	free(control->v6.range);
	free(control->source);
	free(control);
}
