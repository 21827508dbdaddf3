/* SPDX-License-Identifier: Apache-2.0 */
/* Which rule of the kernel's table is which. */
#ifndef RESID_SNAPSHOT_NUMBERING_H
#define RESID_SNAPSHOT_NUMBERING_H

#include "policy/model.h"

/*
 * The rules of the kernel's table: the policy's in order, then "default-CLASS" a class, "non-ip", "unparsable",
 * "default-link", "unknown-CLASS" for each class that says `on_unknown`, and "stale-CLASS" for each that says
 * `on_stale`.
 */
static inline uint16_t numbering_default(const struct policy *policy, size_t class_index)
{
	return (uint16_t)(policy->rule_count + class_index);
}

static inline uint16_t numbering_non_ip(const struct policy *policy)
{
	return (uint16_t)(policy->rule_count + policy->class_count);
}

static inline uint16_t numbering_unparsable(const struct policy *policy)
{
	return (uint16_t)(policy->rule_count + policy->class_count + 1);
}

/* Of what never leaves the link and met no rule: it passes, or bonds and bridges die. */
static inline uint16_t numbering_link(const struct policy *policy)
{
	return (uint16_t)(numbering_unparsable(policy) + 1);
}

/* Of the class, or the first after all for the number of classes. */
static inline uint16_t numbering_unknown(const struct policy *policy, size_t class_index)
{
	uint16_t rule = (uint16_t)(numbering_link(policy) + 1);
	size_t i;

	for (i = 0; i < class_index; i++)
		rule += policy->class[i].has_on_unknown;
	return rule;
}

static inline uint16_t numbering_stale(const struct policy *policy, size_t class_index)
{
	uint16_t rule = numbering_unknown(policy, policy->class_count);
	size_t i;

	for (i = 0; i < class_index; i++)
		rule += policy->class[i].on_stale != RESID_V_ALLOW;
	return rule;
}

static inline uint16_t numbering_count(const struct policy *policy)
{
	return numbering_stale(policy, policy->class_count);
}

/* Of any of them. */
enum resid_verdict numbering_verdict(const struct policy *policy, uint16_t rule);

#endif
