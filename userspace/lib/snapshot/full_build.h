/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the section that full.h describes. */
#ifndef RESID_SNAPSHOT_FULL_BUILD_H
#define RESID_SNAPSHOT_FULL_BUILD_H

#include "snapshot/matrix.h"

/* What the kernel's rules are: id and reason of one by its index; *key is the first 8 bytes of the id's SHA-256. */
struct full_rule_text {
	char *id, *reason;		/* the caller's to free */
	const char *clause, *justification, *owner, *ticket;	/* the policy's */
	int64_t from, until;
	enum resid_verdict verdict;
	uint64_t key;
};

void full_rule_text(const struct policy *policy, size_t index, struct full_rule_text *out);

/* What is recorded of the data beside the tables. */
struct full_data {
	struct world *world;
	int64_t now;			/* of the compile: for the age of the data */
	int64_t stale_at;		/* 0: never */
	char *const *accepted;		/* by source of the world, NULL: nothing; or NULL for none at all */
};

void full_build(const struct policy *policy, const struct full_data *data, const struct zones *zones,
		const struct matrix *matrix, struct buffer *out);

#endif
