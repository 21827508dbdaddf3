/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All data laid out: for every address where it is (place.h) and who controls it (control.h), without any policy. What
 * the strongest tiers say is one list of ranges a family; what each tier says by itself can be kept beside it.
 *
 *   sources -> claims -> a layer a tier -> laid over each other -+-> ranges of (place, control)
 *                              '-> what it says by itself (opinions)
 *
 * It is a function of the files' contents alone, so it can be kept on disk (world_file.h).
 */
#ifndef RESID_GEO_WORLD_H
#define RESID_GEO_WORLD_H

#include "geo/asn.h"
#include "geo/control.h"
#include "geo/place.h"
#include "util/buffer.h"

/* The sources that are always there, in this order; then operators, regions, feeds, geofeeds, mmdb, rir, asn. */
enum world_fixed {
	WORLD_GEOIP4,
	WORLD_GEOIP6,
	WORLD_IANA,
	WORLD_POLICY,
	WORLD_RESID,
	WORLD_FIXED
};

struct world_source {
	char *name, *file;		/* "aws", "ip-ranges.json"; a source without a file has "" */
	char date[sizeof("2026-06-25")];	/* of the data; "" when they do not say */
	uint8_t sha256[RESID_DIGEST_LEN];
	uint32_t control, place;	/* the strongest tiers that it speaks in; CONTROL_NONE, PLACE_NONE */
	uint64_t prefixes;		/* both families */
	uint64_t v4;			/* addresses, each once */
	uint64_t v6;			/* /64s that it touches, each once */
	uint64_t located;		/* IPv4 addresses for which it knows a location */
};

/* Two lists of different operators that name the same addresses. */
struct world_overlap {
	uint32_t left, right;		/* sources */
	uint64_t v4, v6;		/* addresses, /64s */
};

/* LAYER_HOLE in control: nobody says; the country where it is does. place is always a fact. */
struct world_pair {
	uint32_t place, control;
};

struct world_range {
	u128 first;			/* up to the next range's first; the first one's is 0 */
	uint32_t pair;
};

struct world_ranges {
	struct world_range *range;
	size_t count, capacity;
};

enum world_axis { WORLD_PLACE, WORLD_CONTROL };

/* One tier by itself: ascending first addresses with a fact, LAYER_HOLE where it says nothing. */
struct world_opinions {
	uint32_t axis, family;		/* enum world_axis; 4 or 6 */
	uint64_t count;
	uint64_t offset;		/* of struct world_opinion4 or 6 in the bytes */
};

struct world_opinion4 {
	uint32_t first, fact;
};

struct world_opinion6 {
	uint64_t high, low;
	uint32_t fact, reserved;
};

struct world {
	uint8_t key[RESID_DIGEST_LEN];	/* of what it was made of; zeros: of the caller's tables */
	struct control control;
	struct intern *place;		/* struct place_fact */
	struct intern *pair;		/* struct world_pair */
	struct world_ranges v4, v6;
	struct asn_table asn;
	char **operator;		/* ids, by index */
	size_t operator_count;
	struct world_source *source;
	size_t source_count, source_capacity;
	struct world_overlap *overlap;
	size_t overlap_count, overlap_capacity;
	struct world_opinions *opinions;	/* from weak to strong, place first */
	size_t opinions_count, opinions_capacity;
	struct buffer bytes;		/* of the opinions */
};

struct world_feed {
	struct source *source;
	const char *file;		/* which of the operators' feeds it is: operator_feed.file */
};

/* NULL and 0: not there, so that tier has no opinion. */
struct world_inputs {
	struct geo_table *geo4, *geo6;
	const struct operators *operators;
	const struct regions *regions;
	const struct world_feed *feed;
	size_t feed_count;
	struct source *const *geofeed;
	size_t geofeed_count;
	struct source *mmdb, *rir, *asn;
	bool keep_opinions;
	bool consume;			/* empty the tables and sources on the way: a third of the memory */
};

/* The operators must live as long as what comes out. */
void world_new(const struct world_inputs *inputs, struct world **out);
void world_free(struct world *world);

/* What the policy decides itself, above everything. */
struct world_override {
	struct prefix prefix;
	int location;			/* -1: not said */
	bool controlled;
	struct location_set set;
	uint32_t operator;		/* index, or CONTROL_NO_OPERATOR */
};

void world_override(struct world *world, const struct world_override *override, size_t count);

static inline const struct world_pair *world_pair(const struct world *world, uint32_t number)
{
	return intern_get(world->pair, number, NULL);
}

static inline const struct world_ranges *world_family(const struct world *world, sa_family_t family)
{
	return family == AF_INET ? &world->v4 : &world->v6;
}

/* The pair of an address. */
const struct world_pair *world_find(const struct world *world, sa_family_t family, u128 key);

/* How many IPv4 addresses are neither special nor multicast: those of which somebody could know where they are. */
uint64_t world_unicast4(void);

DEFINE_CLEANUP(world, struct world *, world_free);
#define _cleanup_world_ _cleanup_(cleanup_world)

#endif
