// SPDX-License-Identifier: Apache-2.0
#include "geo/registered.h"

static const char *const registered_names[REGISTERED_TIERS] = {
	[REGISTERED_RIR] = "rir", [REGISTERED_AS] = "as", [REGISTERED_MMDB] = "mmdb",
};

const char *registered_tier_name(enum registered_tier tier)
{
	return registered_names[tier];
}

/* The number of a country's evidence, made when it is first asked for. */
struct registered_known {
	struct dossiers *dossiers;
	uint32_t source;
	enum registered_tier tier;
	uint32_t number[LOCATION_COUNT];	/* + 1; 0: not yet */
};

/* "EU" and codes that name nothing are no opinion; "AP" is one: it is nowhere in Europe. */
static uint32_t registered_number(struct registered_known *known, const char *code)
{
	int location = code[0] ? location_of_code(code) : -1;
	struct evidence evidence = { .source = known->source, .operator = EVIDENCE_NOBODY, .axis = EVIDENCE_REGISTERED,
				     .tier = known->tier };

	if (location < 0 || (!location_is_country((unsigned int)location) && location != LOCATION_REGION_AP))
		return LAYER_HOLE;
	if (!known->number[location]) {
		location_set_add(&evidence.set, (unsigned int)location);
		known->number[location] = dossiers_put(known->dossiers, &evidence) + 1;
	}
	return known->number[location] - 1;
}

void registered_claim(struct dossiers *dossiers, const struct source_facts *facts, uint32_t number,
		      enum registered_tier tier, struct layer_claims *claims)
{
	struct registered_known known = { .dossiers = dossiers, .source = number, .tier = tier };

	for (size_t i = 0; i < facts->count; i++)
		if (*facts->fact[i].registered)
			layer_claim(claims, facts->fact[i].first, facts->fact[i].last,
				    registered_number(&known, facts->fact[i].registered));
}

void registered_claim_as(struct dossiers *dossiers, const struct source_facts *facts, const struct source *registry,
			 uint32_t number, struct layer_claims *claims)
{
	struct registered_known known = { .dossiers = dossiers, .source = number, .tier = REGISTERED_AS };

	for (size_t i = 0; i < facts->count; i++)
		if (facts->fact[i].asn)
			layer_claim(claims, facts->fact[i].first, facts->fact[i].last,
				    registered_number(&known, source_country_of_as(registry, facts->fact[i].asn)));
}
