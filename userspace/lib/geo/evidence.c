// SPDX-License-Identifier: Apache-2.0
#include "geo/evidence.h"

#include <stdlib.h>

#include "geo/layer.h"
#include "util/memory.h"

#define DOSSIER_MAX 128	/* of evidence in one: more sources than that say the same */

void dossiers_init(struct dossiers *dossiers)
{
	*dossiers = (struct dossiers){ 0 };
	intern_new(&dossiers->evidence);
	intern_new(&dossiers->dossier);
	intern_new(&dossiers->pair);
	intern_put(dossiers->dossier, NULL, 0);
}

void dossiers_fini(struct dossiers *dossiers)
{
	intern_free(dossiers->evidence);
	intern_free(dossiers->dossier);
	intern_free(dossiers->pair);
	free(dossiers->united);
}

uint32_t dossiers_put(struct dossiers *dossiers, const struct evidence *evidence)
{
	uint32_t number = intern_put(dossiers->evidence, evidence, sizeof(*evidence));

	return intern_put(dossiers->dossier, &number, sizeof(number));
}

/* Below zero: the left one stands first. */
static int dossiers_compare(const struct dossiers *dossiers, uint32_t left, uint32_t right)
{
	const struct evidence *a = dossiers_evidence(dossiers, left), *b = dossiers_evidence(dossiers, right);

	if (a->axis != b->axis)
		return a->axis < b->axis ? -1 : 1;
	if (a->tier != b->tier)
		return a->tier < b->tier ? -1 : 1;
	return left < right ? -1 : left > right;
}

static uint32_t dossiers_merge(struct dossiers *dossiers, uint32_t left, uint32_t right)
{
	size_t a_count, b_count, a = 0, b = 0, count = 0;
	const uint32_t *from_a = dossiers_get(dossiers, left, &a_count);
	const uint32_t *from_b = dossiers_get(dossiers, right, &b_count);
	uint32_t list[DOSSIER_MAX];

	while ((a < a_count || b < b_count) && count < DOSSIER_MAX) {
		int order = a == a_count ? 1 : b == b_count ? -1 : dossiers_compare(dossiers, from_a[a], from_b[b]);

		list[count++] = order <= 0 ? from_a[a] : from_b[b];
		a += order <= 0;
		b += order >= 0;
	}
	return intern_put(dossiers->dossier, list, count * sizeof(*list));
}

uint32_t dossiers_unite(void *context, uint32_t left, uint32_t right)
{
	struct dossiers *dossiers = context;
	const uint32_t pair[2] = { left, right };
	uint32_t known, number;

	if (left == right || right == LAYER_HOLE)
		return left;
	if (left == LAYER_HOLE)
		return right;
	known = intern_count(dossiers->pair);
	number = intern_put(dossiers->pair, pair, sizeof(pair));
	if (number == known)
		*MEM_PUSH(dossiers->united, dossiers->united_count, dossiers->united_capacity) =
			dossiers_merge(dossiers, left, right);
	return dossiers->united[number];
}
