/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rules a place meets, in order, and what of them is left once protocols, ports, directions and times are
 * counted. The checks and the compiler ask the same questions here.
 *
 * To refuse, any evidence suffices; to allow, it takes named, fresh and uncontradicted evidence. What is known of a
 * place may be many things at once, so a rule meets it surely, or only perhaps: by some of the evidence, or by evidence
 * that is too old. A refusal that meets perhaps refuses. An allow lets go only what it meets surely.
 */
#ifndef RESID_POLICY_MATCH_H
#define RESID_POLICY_MATCH_H

#include "policy/space.h"

/* What one source says of who controls it. */
struct match_control {
	const struct location_set *set;
	const char *operator;		/* id; NULL: none is named */
	enum control_tier tier;
	bool fresh;
};

#define MATCH_EVIDENCE	64	/* of one axis; of what is more, sets count and names do not */

/* All that a policy can know of an address beside its prefix. */
struct match_place {
	struct location_set where;	/* each place that it may be in; `unknown` where nobody can say */
	bool where_fresh;		/* some of that is not too old */
	bool settled;			/* by an override that has an end: nothing contradicts it */
	const struct location_set *registered[MATCH_EVIDENCE];	/* each by one source */
	struct match_control control[MATCH_EVIDENCE];
	size_t registered_count, control_count;
	struct location_set rest[2];	/* united, of what is more: registered, control */
};

/* How surely a rule meets a place. */
enum match { MATCH_NO, MATCH_MAYBE, MATCH_YES };

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

/* Each looks at one thing alone; the rule meets the place as surely as it meets it in the least of them. */
enum match match_location(const struct policy_rule *rule, const struct match_place *place);
enum match match_control(const struct policy_rule *rule, const struct match_place *place);
enum match match_registered(const struct policy_rule *rule, const struct match_place *place);
enum match match_rule(const struct policy_rule *rule, const struct match_place *place);

/* Words of a row: a bit for each rule. */
static inline size_t match_words(const struct policy *policy)
{
	return policy->rule_count / 64 + 1;
}

/* The bits of all rules that a place meets at least perhaps, and in `sure`, as long, of those that it meets surely. */
void match_row(const struct policy *policy, const struct match_place *place, uint64_t *row, uint64_t *sure);

/*
 * All rules of a row and a cover that can match, whatever the protocol, port, direction and time; list holds
 * rule_count.
 * Gives their count.
 */
size_t match_list(const struct policy *policy, uint8_t class_id, const uint64_t *row, const uint64_t *cover,
		  uint16_t *list);

/*
 * Is it unknown where the place is or, where that is asked, who controls it? What is no geography (local, special, ...)
 * is never unknown. Perhaps: some of the evidence says where.
 */
enum match match_is_unknown(const struct match_place *place, bool asks_control);
/* Does any rule of the class ask who controls a place? */
bool match_class_asks_control(const struct policy *policy, const struct policy_class *class);

/* Called for a piece of protocol, port, direction and time that rule `later` matches after `earlier` has taken it. */
typedef void match_overlap(void *context, uint16_t earlier, uint16_t later);

/*
 * Marks in live[i] whether list[i] is the first match of any packet at all. Exact: it splits the space of protocols,
 * ports, directions and times where a rule of the list does.
 */
void match_live(const struct policy *policy, const uint16_t *list, size_t count, bool *live, match_overlap *overlap,
		void *context);

#endif
