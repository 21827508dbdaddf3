/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one source says on one axis, as disjoint ranges: of its claims the longest prefix wins and equal ones unite. A
 * fact is a number that means something to whoever made the claim.
 */
#ifndef RESID_GEO_LAYER_H
#define RESID_GEO_LAYER_H

#include <stddef.h>

#include "util/address.h"

#define LAYER_HOLE	UINT32_MAX	/* a fact that has no opinion and hides the shorter prefixes around it */

/* A range of a source, before nesting is resolved; claims nest or are disjoint. */
struct layer_claim {
	u128 first, last;
	uint32_t fact;
} __attribute__((packed, aligned(8)));

struct layer_claims {
	struct layer_claim *claim;
	size_t count, capacity;
};

struct layer_range {
	u128 first, last;
	uint32_t fact;
} __attribute__((packed, aligned(8)));

struct layer {
	struct layer_range *range;	/* ascending, disjoint, with gaps where nobody says anything */
	size_t count, capacity;
};

/* The fact for two claims on the same range, either of which may be LAYER_HOLE. */
typedef uint32_t layer_unite(void *context, uint32_t left, uint32_t right);

void layer_claim(struct layer_claims *claims, u128 first, u128 last, uint32_t fact);
void layer_claims_fini(struct layer_claims *claims);

/* Appends behind the last range; LAYER_HOLE appends nothing. */
void layer_append(struct layer *layer, u128 first, u128 last, uint32_t fact);
void layer_fini(struct layer *layer);

/* Claims become a layer and are given up; layer must be empty. */
void layer_flatten(struct layer_claims *claims, layer_unite *unite, void *context, struct layer *layer);

#endif
