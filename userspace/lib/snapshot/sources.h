/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the files that a policy or its caller names to a world (geo/world.h): read and laid out, or taken from the cache
 * when they are what they were; held against the policy's guards; with the policy's own overrides above.
 */
#ifndef RESID_SNAPSHOT_SOURCES_H
#define RESID_SNAPSHOT_SOURCES_H

#include "geo/world.h"
#include "policy/model.h"
#include "snapshot/inputs.h"

struct sources {
	struct operators *operators;
	struct world *world;
	int64_t stale_at;	/* seconds since the epoch: when the first source becomes too old; 0: none does */
	char **accepted;	/* by source of the world: what is wrong with it and was accepted, or NULL */
};

/* Files of inputs come before those of the policy. Operators that the policy names and nobody curated are refused. */
int sources_read(const struct build_inputs *inputs, const struct policy *policy, const struct policy_options *options,
		 struct sources **out, struct resid_error *err);
void sources_free(struct sources *sources);

/* Each file that a compile would read: path after path, whether it is there or not. */
typedef void sources_file_found(void *context, const char *path);
void sources_each_file(const struct build_inputs *inputs, const struct policy *policy, sources_file_found *found,
		       void *context);

DEFINE_CLEANUP(sources, struct sources *, sources_free);
#define _cleanup_sources_ _cleanup_(cleanup_sources)

#endif
