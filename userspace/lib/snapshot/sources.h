/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what says who controls an address, and lays it out. */
#ifndef RESID_SNAPSHOT_SOURCES_H
#define RESID_SNAPSHOT_SOURCES_H

#include "geo/control.h"
#include "policy/model.h"
#include "snapshot/build.h"

struct sources {
	struct operators *operators;
	struct source **feed;		/* in the order of their names */
	size_t feed_count, feed_capacity;
	struct source *rir, *asn;	/* or NULL */
	struct control *control;
};

/* Of inputs, else of the policy. Operators that the policy names and nobody curated are refused. */
int sources_read(const struct build_inputs *inputs, const struct policy *policy, struct sources **out,
		 struct resid_error *err);
void sources_free(struct sources *sources);

DEFINE_CLEANUP(sources, struct sources *, sources_free);
#define _cleanup_sources_ _cleanup_(cleanup_sources)

#endif
