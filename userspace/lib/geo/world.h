/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All data laid out: for every address the dossier of all that is said of it (evidence.h), without any policy and
 * without any day. Nothing is overruled here.
 *
 *   sources -> claims -> a layer for each source and axis -> joined -> ranges of dossiers
 *
 * It is a function of the files' contents alone, so it can be kept on disk (world_file.h).
 */
#ifndef RESID_GEO_WORLD_H
#define RESID_GEO_WORLD_H

#include "geo/asn.h"
#include "geo/control.h"
#include "geo/place.h"
#include "geo/registered.h"
#include "util/buffer.h"

/* The sources that are always there, in this order; then operators, regions, feeds, geofeeds, mmdbs, rirs, asns. */
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
	uint32_t max_age;		/* days, by the policy, which alone sets it; 0: as evidence_max_age() has it */
	uint64_t prefixes;		/* both families */
	uint64_t v4;			/* addresses, each once */
	uint64_t v6;			/* /64s that it touches, each once */
	uint64_t located;		/* IPv4 addresses for which it knows a location */
	uint64_t rows, bad;		/* of a text, and how many of them were left out */
	char *said;			/* what is wrong with the first of those; "" */
};

/* Two lists of different operators that name the same addresses. */
struct world_overlap {
	uint32_t left, right;		/* sources */
	uint64_t v4, v6;		/* addresses, /64s */
};

/* A region of a feed that regions.yaml does not know: where its ranges are is unknown. */
struct world_region {
	char *name;
	uint32_t source;
	uint64_t v4, v6;		/* addresses, /64s: as many as its rows hold, which may repeat */
};

struct world_range {
	u128 first;			/* up to the next range's first; the first one's is 0 */
	uint32_t dossier;
};

struct world_ranges {
	struct world_range *range;
	size_t count, capacity;
};

struct world {
	uint8_t key[RESID_DIGEST_LEN];	/* of what it was made of; zeros: of the caller's tables */
	struct dossiers dossiers;
	struct control control;
	struct world_ranges v4, v6;
	struct asn_table asn;
	char **operator;		/* ids, by index */
	size_t operator_count;
	struct world_source *source;
	size_t source_count, source_capacity;
	struct world_overlap *overlap;
	size_t overlap_count, overlap_capacity;
	struct world_region *region;
	size_t region_count, region_capacity;
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
	struct source *const *geofeed, *const *mmdb, *const *rir, *const *asn;
	size_t geofeed_count, mmdb_count, rir_count, asn_count;
	bool consume;			/* empty the tables and sources on the way: a third of the memory */
};

/* The operators must live as long as what comes out. */
void world_new(const struct world_inputs *inputs, struct world **out);
void world_free(struct world *world);

/* What the policy decides itself; the longest prefix wins. */
struct world_override {
	struct prefix prefix;
	int location;			/* -1: not said */
	bool controlled;
	struct location_set set;
	uint32_t operator;		/* index, or EVIDENCE_NOBODY */
	int64_t until;			/* seconds since the epoch; 0: it has no end */
};

/* Puts it into the dossiers, beside everything else. */
void world_override(struct world *world, const struct world_override *override, size_t count);

/* How many days old its source may be for it to be fresh. */
unsigned int evidence_max_age(const struct evidence *evidence);
/* Until when evidence is fresh, in seconds since the epoch: INT64_MIN: it is stale; INT64_MAX: for good. */
int64_t world_fresh_until(const struct world *world, const struct evidence *evidence);
/* Is it fresh at a time? What is of a day that has not come yet is not. */
bool world_is_fresh(const struct world *world, const struct evidence *evidence, int64_t now);

static inline const struct world_ranges *world_family(const struct world *world, sa_family_t family)
{
	return family == AF_INET ? &world->v4 : &world->v6;
}

/* The dossier of an address. */
uint32_t world_find(const struct world *world, sa_family_t family, u128 key);

/* How many IPv4 addresses are neither special nor multicast: those of which somebody could know where they are. */
uint64_t world_unicast4(void);

DEFINE_CLEANUP(world, struct world *, world_free);
#define _cleanup_world_ _cleanup_(cleanup_world)

#endif
