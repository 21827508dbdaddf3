// SPDX-License-Identifier: Apache-2.0
#include "geo/control.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/memory.h"

static const char *const control_names[CONTROL_TIERS] = {
	[CONTROL_OVERRIDE] = "override", [CONTROL_PREFIX] = "prefix", [CONTROL_FEED] = "feed",
	[CONTROL_OPERATOR] = "operator", [CONTROL_HOLDER] = "holder", [CONTROL_REPRESENTED] = "represented",
	[CONTROL_NONE] = "none",
};

const char *control_tier_name(enum control_tier tier)
{
	return control_names[tier];
}

int control_tier_parse(const char *text)
{
	for (int tier = 0; tier <= CONTROL_NAMES; tier++)
		if (!strcmp(text, control_names[tier]))
			return tier;
	return -1;
}

void control_init(struct control *control, struct dossiers *dossiers, const struct operators *operators)
{
	size_t i, j;

	*control = (struct control){ .dossiers = dossiers, .operators = operators };
	control->law = mem_zero(operators ? operators->count : 0, sizeof(*control->law));
	for (i = 0; operators && i < operators->count; i++) {
		const struct operator *operator = &operators->operator[i];

		for (j = 0; j < operator->jurisdiction_count; j++)
			location_set_add(&control->law[i],
					 (unsigned int)location_of_code(operator->jurisdiction[j].country));
		/* A member of no set of countries, so that `subset of` fails. */
		if (operator->uncertain)
			location_set_add(&control->law[i], LOCATION_UNKNOWN);
	}
}

void control_fini(struct control *control)
{
	free(control->law);
}

uint32_t control_put(struct control *control, const struct location_set *set, uint32_t operator, uint32_t source,
		     enum control_tier tier)
{
	struct evidence evidence = { .set = *set, .source = source, .operator = operator, .axis = EVIDENCE_CONTROL,
				     .tier = tier };

	return dossiers_put(control->dossiers, &evidence);
}

static uint32_t control_put_operator(struct control *control, uint32_t operator, uint32_t source,
				     enum control_tier tier)
{
	return control_put(control, &control->law[operator], operator, source, tier);
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
				    control_put_operator(control, (uint32_t)o, number, CONTROL_PREFIX));
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
	uint32_t found = EVIDENCE_NOBODY;
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

		if (operator == EVIDENCE_NOBODY)
			continue;
		layer_claim(claims, fact->first, fact->last,
			    control_put_operator(control, operator, number, CONTROL_FEED));
	}
}

void control_claim_asn(struct control *control, const struct source_facts *facts, uint32_t number,
		       struct layer_claims *claims)
{
	const struct operators *operators = control->operators;

	for (size_t i = 0; i < facts->count; i++) {
		const struct source_fact *fact = &facts->fact[i];
		const struct operator *operator = operators_by_asn(operators, fact->asn);
		uint32_t claimed = LAYER_HOLE;

		/* what nobody announces by itself is announced with what is around it */
		if (!fact->asn)
			continue;
		if (operator)
			claimed = control_put_operator(control, (uint32_t)(operator - operators->operator), number,
						       CONTROL_OPERATOR);
		layer_claim(claims, fact->first, fact->last, claimed);
	}
}

/* Is it the name of a holder? Without regard to case and punctuation; '*' at the end of the pattern is any rest. */
static bool control_is_holder(const char *pattern, const char *name)
{
	for (;;) {
		while (*pattern && *pattern != '*' && !isalnum((unsigned char)*pattern) && !(*pattern & 0x80))
			pattern++;
		while (*name && !isalnum((unsigned char)*name) && !(*name & 0x80))
			name++;
		if (*pattern == '*')
			return true;
		if (!*pattern || tolower((unsigned char)*pattern) != tolower((unsigned char)*name))
			return !*pattern && !*name;
		pattern++;
		name++;
	}
}

/* By string of a source, the operator whose holder it names + 1; 0: nobody's. */
static uint32_t *control_find_holders(const struct operators *operators, const struct source *source)
{
	uint32_t *found = mem_zero(source->string_count, sizeof(*found));

	for (size_t s = 1; s < source->string_count; s++)
		for (size_t o = 0; o < operators->count && !found[s]; o++)
			for (size_t i = 0; i < operators->operator[o].holder_count; i++)
				if (control_is_holder(operators->operator[o].holder[i], source->string[s]))
					found[s] = (uint32_t)o + 1;
	return found;
}

void control_claim_holders(struct control *control, const struct source *source, const struct source_facts *facts,
			   uint32_t number, struct layer_claims *claims)
{
	_cleanup_free_ uint32_t *holder = control_find_holders(control->operators, source);

	for (size_t i = 0; i < facts->count; i++) {
		uint32_t operator = holder[facts->fact[i].service];

		/* a holder that nobody curated hides the shorter prefix around it */
		if (facts->fact[i].service)
			layer_claim(claims, facts->fact[i].first, facts->fact[i].last,
				    operator ? control_put_operator(control, operator - 1, number, CONTROL_HOLDER) :
					       LAYER_HOLE);
	}
}

void control_claim_represented(struct control *control, const struct source_facts *facts, uint32_t number,
			       struct layer_claims *claims)
{
	for (size_t i = 0; i < facts->count; i++) {
		const struct source_fact *fact = &facts->fact[i];
		int location = *fact->represented ? location_of_code(fact->represented) : -1;
		struct location_set set = { 0 };

		if (location < 0 || !location_is_country((unsigned int)location))
			continue;
		location_set_add(&set, (unsigned int)location);
		layer_claim(claims, fact->first, fact->last,
			    control_put(control, &set, EVIDENCE_NOBODY, number, CONTROL_REPRESENTED));
	}
}
