/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a source must be for a policy to be loaded with it: the keys date, max_age, max_shrink, max_unknown and sha256
 * of `sources`. What is not is refused, with the source, the figure and the remedy, or let pass once by --accept
 * SOURCE; then the snapshot says so for good. A snapshot that was accepted stays loadable: guards are for what comes
 * next.
 */
#ifndef RESID_SNAPSHOT_GUARD_H
#define RESID_SNAPSHOT_GUARD_H

#include "geo/world.h"
#include "policy/model.h"
#include "snapshot/inputs.h"

struct guard_source {
	const struct policy_guard *guard;
	const char *path;
	uint32_t number;	/* of the world's sources */
};

struct guard_result {
	int64_t stale_at;	/* 0: nothing is ever too old */
	char **accepted;	/* by source of the world; the caller's to free, each */
};

/* Sets also the world's dates of sources that have none of their own. */
int guard_check(const struct build_inputs *inputs, const struct policy *policy, const struct policy_options *options,
		const struct guard_source *source, size_t count, struct world *world, struct guard_result *out,
		struct resid_error *err);

#endif
