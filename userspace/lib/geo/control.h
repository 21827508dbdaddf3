/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who controls a range: whose law can compel whoever operates it. Sources speak with different strength; the strongest
 * that says anything about an address supplies the whole set of countries, however short its prefix. Inside a tier the
 * longest prefix wins and equal prefixes unite.
 *
 *   tier       who says it
 *   override   a prefix that the policy decides itself, and below those one curated in operators.yaml
 *   feed       the range list that an operator publishes
 *   operator   the origin AS is one of a curated operator
 *   rir        the country of the registered holder: the registries' own list, and below it the registered country of
 *              the MaxMind DB that says where addresses are
 *   as         the country that the AS database gives for an announced prefix
 *   location   nobody: the country where it is
 *   none       not even that is known, or the address is of no country (local, special, ...): control is unknown
 */
#ifndef RESID_GEO_CONTROL_H
#define RESID_GEO_CONTROL_H

#include "geo/layer.h"
#include "source/location.h"
#include "geo/operators.h"
#include "util/intern.h"

/* From strong to weak. */
enum control_tier {
	CONTROL_OVERRIDE,
	CONTROL_FEED,
	CONTROL_OPERATOR,
	CONTROL_RIR,
	CONTROL_AS,
	CONTROL_LOCATION,
	CONTROL_NONE,
	CONTROL_TIERS
};

#define CONTROL_NO_OPERATOR	UINT32_MAX

/* One opinion; ranges share it. */
struct control_fact {
	struct location_set set;	/* countries, at least one */
	uint32_t operator;		/* index, or CONTROL_NO_OPERATOR */
	uint32_t source;		/* index into the world's */
	uint32_t tier;			/* enum control_tier, up to CONTROL_AS */
	uint32_t reserved;
};

struct control {
	const struct operators *operators;
	struct location_set *set;	/* by operator: whose law reaches it */
	struct intern *fact;		/* struct control_fact */
};

/* The operators must live as long. */
void control_init(struct control *control, const struct operators *operators);
void control_fini(struct control *control);

static inline const struct control_fact *control_fact(const struct control *control, uint32_t number)
{
	return intern_get(control->fact, number, NULL);
}

/* operator: index or CONTROL_NO_OPERATOR. */
uint32_t control_put(struct control *control, const struct location_set *set, uint32_t operator, uint32_t source,
		     enum control_tier tier);

/* What a source says, for layer_flatten() with control_unite(). number: of the source. */
void control_claim_curated(struct control *control, sa_family_t family, uint32_t number, struct layer_claims *claims);
/* file: which of the operators' feeds it is, operator_feed.file. */
void control_claim_feed(struct control *control, const struct source *source, const char *file,
			const struct source_facts *facts, uint32_t number, struct layer_claims *claims);
void control_claim_holders(struct control *control, const struct source_facts *facts, uint32_t number,
			   struct layer_claims *claims);
/* The same as far as a database of locations says in which country a range is registered. */
void control_claim_registered(struct control *control, const struct source_facts *facts, uint32_t number,
			      struct layer_claims *claims);
/* Two tiers at once: the longest announced prefix says which AS it is, curated or not. */
void control_claim_asn(struct control *control, const struct source_facts *facts, uint32_t number,
		       struct layer_claims *claims);

/* Equal prefixes: both sets of countries; of different tiers the stronger. */
layer_unite control_unite;

/* "feed"; -1 from the other way round: no such tier. "none" is none. */
const char *control_tier_name(enum control_tier tier);
int control_tier_parse(const char *text);

#endif
