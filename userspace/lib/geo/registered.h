/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the holder of a range is registered. An Irish company may be a subsidiary of a US group: registration says
 * nothing of who can compel whom, so it never stands for control. It can contradict it.
 *
 *   tier   who says it
 *   rir    a registry: the country of the holder of the prefix
 *   as     a registry: the country of the holder of the AS that announces it
 *   mmdb   the registered country of a MaxMind DB
 */
#ifndef RESID_GEO_REGISTERED_H
#define RESID_GEO_REGISTERED_H

#include "geo/evidence.h"
#include "geo/layer.h"
#include "source/source.h"

/* From strong to weak. */
enum registered_tier { REGISTERED_RIR, REGISTERED_AS, REGISTERED_MMDB, REGISTERED_TIERS };

/* What the facts of a source say, for layer_flatten() with dossiers_unite(). number: of the source. */
void registered_claim(struct dossiers *dossiers, const struct source_facts *facts, uint32_t number,
		      enum registered_tier tier, struct layer_claims *claims);
/* The same of the AS that announces a range, by the countries of ASes that `registry` has. */
void registered_claim_as(struct dossiers *dossiers, const struct source_facts *facts, const struct source *registry,
			 uint32_t number, struct layer_claims *claims);

const char *registered_tier_name(enum registered_tier tier);

#endif
