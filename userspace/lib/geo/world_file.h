/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worlds that are kept, so that a policy alone is compiled without reading a million lines again: one file a world in
 * the folder of caches, named by its key, which is a digest of everything that went into it. A file is replaced as a
 * whole, never changed; it is believed only when cache.h trusts it, its digests are right and every index in it is in
 * range. Otherwise it is as if it were not there.
 */
#ifndef RESID_GEO_WORLD_FILE_H
#define RESID_GEO_WORLD_FILE_H

#include "geo/world.h"
#include "util/paths.h"

/* Counts in the key: raise it whenever a reader, a tier's rule or this format changes what comes out. */
#define WORLD_VERSION	"resid world 5"

#define WORLD_SUFFIX	".world"
#define WORLD_KEPT	8		/* those that were used last */

/* Where the world of a key is or would be. */
struct path world_file(const uint8_t key[RESID_DIGEST_LEN]);

/* Best effort: a folder that cannot be written is no error. */
void world_save(const struct world *world);
/* NULL: not there, or not to be believed. operators: those that the key names. */
struct world *world_load(const uint8_t key[RESID_DIGEST_LEN], const struct operators *operators);

#endif
