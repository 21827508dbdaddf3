/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worlds that are kept, so that a policy alone is compiled without reading a million lines again: one file a world in
 * the folder of caches, named by its key, which is a digest of everything that went into it. A file is replaced as a
 * whole, never changed; it is believed only when it belongs to us or to root, nobody else may write it or its folder,
 * its digests are right and every index in it is in range. Otherwise it is as if it were not there.
 *
 *   header | sources, overlaps, places, controls, pairs, ranges, ASes, operators, strings | opinions
 *          '------------------------- what a compile reads ------------------------'   '- what a lookup reads too
 */
#ifndef RESID_GEO_WORLD_FILE_H
#define RESID_GEO_WORLD_FILE_H

#include "geo/world.h"
#include "util/paths.h"

/* Counts in the key: raise it whenever a reader, a tier's rule or this format changes what comes out. */
#define WORLD_VERSION	"resid world 3"

/* Where the world of a key is or would be. */
struct path world_file(const uint8_t key[RESID_DIGEST_LEN]);

/* Best effort: a folder that cannot be written is no error. The oldest beyond a few are deleted. */
void world_save(const struct world *world);
/* NULL: not there, or not to be believed. operators: those that the key names; NULL with opinions alone. */
struct world *world_load(const uint8_t key[RESID_DIGEST_LEN], const struct operators *operators, bool opinions);

/* What one tier says of an address. */
struct world_opinion {
	const char *axis;		/* "location", "control" */
	const char *tier;		/* place_tier_name(), control_tier_name() */
	const char *source, *file, *date;	/* who says it; date "" : the data do not say */
	char answer[64];		/* "FR", "FR,US" */
	const char *operator;		/* id, or "" */
};

#define WORLD_OPINIONS_MAX 16

/*
 * Every tier that says something of the address, location before control and from strong to weak: the first of each
 * axis is the one that won, unless the policy overrides it. For a world that was loaded with its opinions.
 */
size_t world_opinions_of(const struct world *world, sa_family_t family, u128 key,
			 struct world_opinion out[WORLD_OPINIONS_MAX]);

#endif
