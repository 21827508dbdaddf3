/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who controls a range: whose law can compel whoever operates it. Sources speak with different strength; the strongest
 * that says anything about an address supplies the whole set of countries, however short its prefix. Inside a tier the
 * longest prefix wins and equal prefixes unite.
 *
 *   tier       who says it
 *   override   a prefix curated in operators.yaml
 *   feed       the range list that an operator publishes
 *   operator   the origin AS is one of a curated operator
 *   rir        the country of the registered holder
 *   as         the country that the AS database gives for an announced prefix
 *   location   nobody: the country where it is
 *   none       not even that is known, or the address is of no country (local, special, ...): control is unknown
 */
#ifndef RESID_GEO_CONTROL_H
#define RESID_GEO_CONTROL_H

#include "geo/location.h"
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
	uint32_t source;		/* index into control->source */
	uint32_t tier;			/* enum control_tier, up to CONTROL_AS */
	uint32_t reserved;
};

struct control_range {
	u128 first, last;
	uint32_t fact;
};

struct control_half {
	struct control_range *range;	/* ascending, disjoint, with gaps where no source says anything */
	size_t count, capacity;
};

/* A file that has been read. The strings are the inputs'. */
struct control_source {
	const char *name, *file, *date;
	const uint8_t *sha256;
	enum control_tier tier;		/* the strongest that it speaks in */
};

struct control {
	const struct operators *operators;
	struct intern *fact;		/* struct control_fact */
	struct control_half v4, v6;
	struct control_source *source;
	size_t source_count, source_capacity;
};

struct control_feed {
	const struct source *source;
	const char *file;		/* which of the operators' feeds it is: operator_feed.file */
};

struct control_inputs {
	const struct operators *operators;
	const struct control_feed *feed;
	size_t feed_count;
	const struct source *rir, *asn;	/* NULL: these tiers have no opinion */
};

/* The inputs' operators and sources must live as long as what comes out. */
void control_new(const struct control_inputs *inputs, struct control **out);
void control_free(struct control *control);

static inline const struct control_fact *control_fact(const struct control *control, uint32_t number)
{
	return intern_get(control->fact, number, NULL);
}

/* "feed"; -1 from the other way round: no such tier. "none" is none. */
const char *control_tier_name(enum control_tier tier);
int control_tier_parse(const char *text);

DEFINE_CLEANUP(control, struct control *, control_free);
#define _cleanup_control_ _cleanup_(cleanup_control)

#endif
