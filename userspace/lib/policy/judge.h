/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rules a (class, location, cover) meets, in order, and what of them is left once protocols and ports are
 * counted. The checks and the compiler ask the same two questions here.
 */
#ifndef RESID_POLICY_JUDGE_H
#define RESID_POLICY_JUDGE_H

#include "policy/space.h"

/* Does the rule look at nothing but class, location and prefix? */
static inline bool judge_is_final(const struct policy_rule *rule)
{
	return !rule->proto_count && !rule->ports_count;
}

/* Steps of a chain that a rule that is not final becomes. */
static inline size_t judge_steps(const struct policy_rule *rule)
{
	return (rule->proto_count ? rule->proto_count : 1) * (rule->ports_count ? rule->ports_count : 1);
}

/* All rules that can match, whatever the protocol and port; list holds rule_count. Gives their count. */
size_t judge_list(const struct policy *policy, uint8_t class_id, unsigned int location, const uint64_t *cover,
		  uint16_t *list);

/* Called for a piece of protocol and port that rule `later` matches after `earlier` has taken it. */
typedef void judge_overlap(void *context, uint16_t earlier, uint16_t later);

/*
 * Marks in live[i] whether list[i] is the first match of any packet at all. Exact: it splits the space of protocols
 * and ports where a rule of the list does.
 */
void judge_live(const struct policy *policy, const uint16_t *list, size_t count, bool *live, judge_overlap *overlap,
		void *context);

#endif
