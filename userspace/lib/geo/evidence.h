/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one source says of an address, on one of three axes. Nothing is decided here and nothing overruled: all that is
 * said of an address stands together in its dossier, weak and strong, old and young, and policy/match.h judges by it.
 *
 *   axis         asks                                    who answers
 *   location     where is it?                            place.h
 *   registered   where is its holder registered?         registered.h; it is never control
 *   control      whose law can compel who operates it?   control.h: who names the operator
 */
#ifndef RESID_GEO_EVIDENCE_H
#define RESID_GEO_EVIDENCE_H

#include <stddef.h>

#include "source/location.h"
#include "util/intern.h"

/* In the order in which a dossier has them. */
enum evidence_axis { EVIDENCE_LOCATION, EVIDENCE_REGISTERED, EVIDENCE_CONTROL, EVIDENCE_AXES };

#define EVIDENCE_NOBODY	UINT32_MAX	/* no operator */

/* Ranges share it. */
struct evidence {
	struct location_set set;	/* at least one; of a location all that the source's rows say of the range */
	int64_t until;			/* of an override that has an end, seconds since the epoch; else 0 */
	uint32_t source;		/* index into the world's */
	uint32_t operator;		/* who is named, or whose word it is: an index, or EVIDENCE_NOBODY */
	uint32_t axis;			/* enum evidence_axis */
	uint32_t tier;			/* enum place_tier, registered_tier or control_tier; the lower the stronger */
};

/* Evidence and lists of it, each once, by number. Dossier 0 is the empty one. */
struct dossiers {
	struct intern *evidence;	/* struct evidence */
	struct intern *dossier;		/* uint32_t[]: evidence, by axis and from strong to weak */
	struct intern *pair;		/* uint32_t[2]: dossiers that were united */
	uint32_t *united;		/* by number of the pair */
	size_t united_count, united_capacity;
};

void dossiers_init(struct dossiers *dossiers);
void dossiers_fini(struct dossiers *dossiers);

/* The number of the dossier that holds this alone. */
uint32_t dossiers_put(struct dossiers *dossiers, const struct evidence *evidence);
/* All that two of them hold; a layer_unite of geo/layer.h, with the dossiers as its context. */
uint32_t dossiers_unite(void *dossiers, uint32_t left, uint32_t right);

static inline const struct evidence *dossiers_evidence(const struct dossiers *dossiers, uint32_t number)
{
	return intern_get(dossiers->evidence, number, NULL);
}

/* The numbers of a dossier's evidence. */
static inline const uint32_t *dossiers_get(const struct dossiers *dossiers, uint32_t dossier, size_t *count)
{
	const uint32_t *list = intern_get(dossiers->dossier, dossier, count);

	*count /= sizeof(*list);
	return list;
}

#endif
