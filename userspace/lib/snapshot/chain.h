/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one class may do at one place, as the steps of a chain for the kernel: the rules that the place meets, in their
 * order, up to the first that takes everything. A rule that the place meets only perhaps takes nothing for itself: what
 * it is about gets the stricter of its verdict and of what the rules after it say.
 */
#ifndef RESID_SNAPSHOT_CHAIN_H
#define RESID_SNAPSHOT_CHAIN_H

#include "policy/match.h"
#include "util/buffer.h"

struct chain_rule {
	uint16_t index;
	bool sure;
};

struct chain_inputs {
	const struct policy *policy;
	size_t class_index;
	const struct chain_rule *rule;
	size_t count;
	uint16_t last;			/* the rule of what no other takes */
	int64_t stale_at;		/* from then on `on_stale` of the class stands for what data let go */
};

/* The steps, of which the last takes everything; out is empty. */
void chain_build(const struct chain_inputs *inputs, struct buffer *out);
/* Appends a chain that holds until then; one without an end comes last. */
void chain_append(const struct buffer *chain, int64_t until, struct buffer *out);

/* Leaves out at the end what says the same as the last step. */
void chain_simplify(struct buffer *chain);

#endif
