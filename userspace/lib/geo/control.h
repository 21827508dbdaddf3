/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who names the operator of a range, and so whose law can compel it. All of them count together; inside a source the
 * longest prefix wins and equal prefixes unite. Where a range is, and where its holder is registered, names nobody.
 *
 *   tier          who says it
 *   override      the policy
 *   prefix        operators.yaml, of a prefix
 *   feed          the range list that an operator publishes
 *   operator      the origin AS is one of a curated operator
 *   holder        a registry names a curated operator as the holder
 *   represented   a MaxMind DB, of another state's base: its law holds there. It names no operator, so it only refuses
 *   none          nobody: control is unknown
 */
#ifndef RESID_GEO_CONTROL_H
#define RESID_GEO_CONTROL_H

#include "geo/evidence.h"
#include "geo/layer.h"
#include "geo/operators.h"

/* From strong to weak. */
enum control_tier {
	CONTROL_OVERRIDE,
	CONTROL_PREFIX,
	CONTROL_FEED,
	CONTROL_OPERATOR,
	CONTROL_HOLDER,
	CONTROL_REPRESENTED,
	CONTROL_NONE,
	CONTROL_TIERS
};

/* The weakest tier that names an operator. */
#define CONTROL_NAMES	CONTROL_HOLDER

struct control {
	struct dossiers *dossiers;
	const struct operators *operators;
	struct location_set *law;	/* by operator: whose law reaches it */
};

/* Dossiers and operators must live as long. */
void control_init(struct control *control, struct dossiers *dossiers, const struct operators *operators);
void control_fini(struct control *control);

/* The dossier of one opinion. operator: index or EVIDENCE_NOBODY. */
uint32_t control_put(struct control *control, const struct location_set *set, uint32_t operator, uint32_t source,
		     enum control_tier tier);

/* What a source says, for layer_flatten() with dossiers_unite(). number: of the source. */
void control_claim_curated(struct control *control, sa_family_t family, uint32_t number, struct layer_claims *claims);
/* file: which of the operators' feeds it is, operator_feed.file. */
void control_claim_feed(struct control *control, const struct source *source, const char *file,
			const struct source_facts *facts, uint32_t number, struct layer_claims *claims);
/* The longest announced prefix says which AS it is, curated or not. */
void control_claim_asn(struct control *control, const struct source_facts *facts, uint32_t number,
		       struct layer_claims *claims);
/* The holders that a registry's source names in its facts' `service`. */
void control_claim_holders(struct control *control, const struct source *source, const struct source_facts *facts,
			   uint32_t number, struct layer_claims *claims);
void control_claim_represented(struct control *control, const struct source_facts *facts, uint32_t number,
			       struct layer_claims *claims);

/* "feed"; -1 from the other way round: no tier that names an operator has this name. */
const char *control_tier_name(enum control_tier tier);
int control_tier_parse(const char *text);

#endif
