/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rules a place meets, in order, and what of them is left once protocols, ports, directions and times are
 * counted. The checks and the compiler ask the same questions here.
 */
#ifndef RESID_POLICY_MATCH_H
#define RESID_POLICY_MATCH_H

#include "policy/space.h"

/* All that a policy can know of an address beside its prefix. */
struct match_place {
	unsigned int location;
	struct location_set control;	/* none: unknown */
	const char *operator;		/* id; NULL: not known */
	enum control_tier tier;
};

/* Does the rule look at nothing but class and place? */
static inline bool match_is_final(const struct policy_rule *rule)
{
	return !rule->proto_count && !rule->ports_count && !rule->direction && !policy_rule_has_window(rule);
}

/* Does it ask what only data can say: in which country a place is, or who controls it? */
bool match_asks_data(const struct policy_rule *rule);

/* Once the data are too old, `on_stale` of the class stands for the rule, at places that data describe. */
static inline bool match_goes_stale(const struct policy_class *class, const struct policy_rule *rule)
{
	return rule->verdict < class->on_stale && match_asks_data(rule);
}

/* Steps of a chain that a rule becomes at most; a final one needs none unless it goes stale. */
size_t match_steps(const struct policy *policy, const struct policy_rule *rule);

bool match_meets_location(const struct policy_rule *rule, unsigned int location);
/* Control, operator and tier. */
bool match_meets_control(const struct policy_rule *rule, const struct match_place *place);

/* Words of a row: a bit for each rule. */
static inline size_t match_words(const struct policy *policy)
{
	return policy->rule_count / 64 + 1;
}

/* Sets the bits of all rules whose location and control a place meets. */
void match_row(const struct policy *policy, const struct match_place *place, uint64_t *row);

/*
 * All rules of a row and a cover that can match, whatever the protocol, port, direction and time; list holds
 * rule_count.
 * Gives their count.
 */
size_t match_list(const struct policy *policy, uint8_t class_id, const uint64_t *row, const uint64_t *cover,
		  uint16_t *list);

/* Is it unknown where the place is, or who controls it? What is no geography (local, special, ...) is never unknown. */
bool match_is_unknown(const struct match_place *place);

/* Called for a piece of protocol, port, direction and time that rule `later` matches after `earlier` has taken it. */
typedef void match_overlap(void *context, uint16_t earlier, uint16_t later);

/*
 * Marks in live[i] whether list[i] is the first match of any packet at all. Exact: it splits the space of protocols,
 * ports, directions and times where a rule of the list does.
 */
void match_live(const struct policy *policy, const uint16_t *list, size_t count, bool *live, match_overlap *overlap,
		void *context);

#endif
