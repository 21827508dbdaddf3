/* SPDX-License-Identifier: Apache-2.0 */
/* From zones to groups: zones that meet the same rules in every class become one column of the kernel's matrix. */
#ifndef RESID_SNAPSHOT_MATRIX_H
#define RESID_SNAPSHOT_MATRIX_H

#include "snapshot/zones.h"
#include "util/buffer.h"

/*
 * The rules of the kernel's table: the policy's in order, then "default-CLASS" a class, "non-ip", "unparsable",
 * "default-link", and "unknown-CLASS" for each class that says `on_unknown`, and "stale-CLASS" for each that says `on_stale`. The rows of its matrix: a class each, then those of class 0 and
 * of class 255.
 */
static inline uint16_t matrix_default_rule(const struct policy *policy, size_t class_index)
{
	return (uint16_t)(policy->rule_count + class_index);
}

static inline uint16_t matrix_non_ip_rule(const struct policy *policy)
{
	return (uint16_t)(policy->rule_count + policy->class_count);
}

static inline uint16_t matrix_unparsable_rule(const struct policy *policy)
{
	return (uint16_t)(policy->rule_count + policy->class_count + 1);
}

/* Of what never leaves the link and met no rule: it passes, or bonds and bridges die. */
static inline uint16_t matrix_link_rule(const struct policy *policy)
{
	return (uint16_t)(matrix_unparsable_rule(policy) + 1);
}

/* Of the class, or the first after all for the number of classes. */
static inline uint16_t matrix_unknown_rule(const struct policy *policy, size_t class_index)
{
	uint16_t rule = (uint16_t)(matrix_link_rule(policy) + 1);
	size_t i;

	for (i = 0; i < class_index; i++)
		rule += policy->class[i].has_on_unknown;
	return rule;
}

static inline uint16_t matrix_stale_rule(const struct policy *policy, size_t class_index)
{
	uint16_t rule = matrix_unknown_rule(policy, policy->class_count);
	size_t i;

	for (i = 0; i < class_index; i++)
		rule += policy->class[i].on_stale != RESID_V_ALLOW;
	return rule;
}

static inline uint16_t matrix_rule_count(const struct policy *policy)
{
	return matrix_stale_rule(policy, policy->class_count);
}

/* Of any of them. */
enum resid_verdict matrix_rule_verdict(const struct policy *policy, uint16_t rule);

struct matrix {
	uint16_t *group_of_zone;
	size_t row_count, group_count;
	uint16_t link_group;		/* of what has the location `link` and no address that a rule could name */
	uint16_t *cell;			/* [row_count][group_count] */
	struct buffer steps;		/* struct resid_step[] */
};

/* What is looked at besides: in seconds since the epoch. */
struct matrix_times {
	int64_t now;		/* for the age of the data */
	int64_t stale_at;	/* 0: never; from then on the kernel gives what they let go the verdict of `on_stale` */
};

int matrix_new(const struct policy *policy, const struct space *space, const struct zones *zones,
	       const struct matrix_times *times, struct matrix **out, struct resid_error *err);
void matrix_free(struct matrix *matrix);

DEFINE_CLEANUP(matrix, struct matrix *, matrix_free);
#define _cleanup_matrix_ _cleanup_(cleanup_matrix)

#endif
