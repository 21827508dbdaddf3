// SPDX-License-Identifier: Apache-2.0
#include "geo/control.h"

#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/memory.h"

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

void control_init(struct control *control, const struct operators *operators)
{
	size_t i, j;

	*control = (struct control){ .operators = operators };
	intern_new(&control->fact);
	control->set = mem_zero(operators ? operators->count : 0, sizeof(*control->set));
	for (i = 0; operators && i < operators->count; i++) {
		const struct operator *operator = &operators->operator[i];

		for (j = 0; j < operator->jurisdiction_count; j++)
			location_set_add(&control->set[i],
					 (unsigned int)location_of_code(operator->jurisdiction[j].country));
		/* A member of no set of countries, so that `subset of` fails. */
		if (operator->uncertain)
			location_set_add(&control->set[i], LOCATION_UNKNOWN);
	}
}

void control_fini(struct control *control)
{
	intern_free(control->fact);
	free(control->set);
}

uint32_t control_put(struct control *control, const struct location_set *set, uint32_t operator, uint32_t source,
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

/* The operator and the source are those that stand first. */
uint32_t control_unite(void *context, uint32_t left, uint32_t right)
{
	struct control *control = context;
	struct control_fact a, b;
	size_t i;

	if (left == right || right == LAYER_HOLE)
		return left;
	if (left == LAYER_HOLE)
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

void control_claim_curated(struct control *control, sa_family_t family, uint32_t number, struct layer_claims *claims)
{
	const struct operators *operators = control->operators;
	size_t o, i;

	for (o = 0; o < operators->count; o++) {
		for (i = 0; i < operators->operator[o].prefix_count; i++) {
			struct prefix prefix;

			if (prefix_parse(operators->operator[o].prefix[i], &prefix) || prefix.family != family)
				continue;
			layer_claim(claims, prefix.first, prefix_last(&prefix),
				    control_put(control, &control->set[o], (uint32_t)o, number, CONTROL_OVERRIDE));
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

/* Who publishes ranges of a region and a service in a file. */
struct control_published {
	enum source_format format;
	const char *file, *region, *service;
};

/* Whose range it is by the filters of operators.yaml, the narrowest of those that match: an index, or no operator. */
static uint32_t control_owner(const struct operators *operators, const struct control_published *published)
{
	uint32_t found = CONTROL_NO_OPERATOR;
	size_t best = 0, o, i;

	for (o = 0; o < operators->count; o++) {
		const struct operator *operator = &operators->operator[o];

		for (i = 0; i < operator->feed_count; i++) {
			const struct operator_feed *known = &operator->feed[i];
			size_t region, service;

			if (known->format != published->format || strcmp(known->file, published->file))
				continue;
			region = control_match(known->region, published->region);
			service = control_match(known->service, published->service);
			if (!region || !service || region + service <= best)
				continue;
			best = region + service;
			found = (uint32_t)o;
		}
	}
	return found;
}

void control_claim_feed(struct control *control, const struct source *source, const char *file,
			const struct source_facts *facts, uint32_t number, struct layer_claims *claims)
{
	size_t i;

	for (i = 0; i < facts->count; i++) {
		const struct source_fact *fact = &facts->fact[i];
		const struct control_published published = { source->format, file, source->string[fact->region],
							     source->string[fact->service] };
		uint32_t operator = control_owner(control->operators, &published);

		if (operator == CONTROL_NO_OPERATOR)
			continue;
		layer_claim(claims, fact->first, fact->last,
			    control_put(control, &control->set[operator], operator, number, CONTROL_FEED));
	}
}

/* The country that holds or announces it; a code that is no country is no opinion. */
static uint32_t control_country(struct control *control, const struct source_fact *fact, uint32_t number,
				enum control_tier tier, uint32_t known[LOCATION_COUNT])
{
	const char *code = fact->registered[0] ? fact->registered : fact->country;
	int location = code[0] ? location_of_code(code) : -1;
	struct location_set set = { 0 };

	if (location < 0 || !location_is_country((unsigned int)location))
		return LAYER_HOLE;
	if (!known[location]) {
		location_set_add(&set, (unsigned int)location);
		known[location] = control_put(control, &set, CONTROL_NO_OPERATOR, number, tier) + 1;
	}
	return known[location] - 1;
}

void control_claim_holders(struct control *control, const struct source_facts *facts, uint32_t number,
			   struct layer_claims *claims)
{
	uint32_t known[LOCATION_COUNT] = { 0 };
	size_t i;

	for (i = 0; i < facts->count; i++)
		layer_claim(claims, facts->fact[i].first, facts->fact[i].last,
			    control_country(control, &facts->fact[i], number, CONTROL_RIR, known));
}

void control_claim_registered(struct control *control, const struct source_facts *facts, uint32_t number,
			      struct layer_claims *claims)
{
	uint32_t known[LOCATION_COUNT] = { 0 };
	size_t i;

	for (i = 0; i < facts->count; i++)
		if (*facts->fact[i].registered)
			layer_claim(claims, facts->fact[i].first, facts->fact[i].last,
				    control_country(control, &facts->fact[i], number, CONTROL_RIR, known));
}

void control_claim_asn(struct control *control, const struct source_facts *facts, uint32_t number,
		       struct layer_claims *claims)
{
	const struct operators *operators = control->operators;
	uint32_t known[LOCATION_COUNT] = { 0 };
	size_t i;

	for (i = 0; i < facts->count; i++) {
		const struct source_fact *fact = &facts->fact[i];
		const struct operator *operator = operators_by_asn(operators, fact->asn);
		uint32_t claimed;

		/* what nobody announces by itself is announced with what is around it */
		if (!fact->asn)
			continue;
		if (operator) {
			uint32_t index = (uint32_t)(operator - operators->operator);

			claimed = control_put(control, &control->set[index], index, number, CONTROL_OPERATOR);
		} else {
			claimed = control_country(control, fact, number, CONTROL_AS, known);
		}
		layer_claim(claims, fact->first, fact->last, claimed);
	}
}
