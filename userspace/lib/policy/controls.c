// SPDX-License-Identifier: Apache-2.0
/* What a rule says of control. */
#include "policy/controls.h"

#include <stdlib.h>
#include <string.h>

#include "policy/sets.h"
#include "util/memory.h"

static int controls_read_set(struct reader *reader, const struct yaml_node *node, const char *what,
			     struct policy_rule *rule)
{
	const struct yaml_node *const *items;
	size_t count, i;

	if (keys_items(&reader->file, &node, what, &items, &count))
		return -1;
	for (i = 0; i < count; i++) {
		if (items[i]->kind == YAML_SCALAR && !strcmp(items[i]->text, "unknown")) {
			if (rule->control != POLICY_CONTROL_IN)
				return keys_fail(&reader->file, items[i],
						 "unknown control is never %s; a rule with `in: [unknown]` matches it",
						 rule->control == POLICY_CONTROL_SUBSET ? "a subset of anything" :
											  "known not to be in a set");
			location_set_add(&rule->controllers, LOCATION_UNKNOWN);
			continue;
		}
		if (sets_add_countries(reader, items[i], &rule->controllers))
			return -1;
	}
	return 0;
}

static int controls_read_control(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule)
{
	static const char *const keys[] = { "in", "not in", "subset of", NULL };
	static const char *const what[] = { "`in`", "`not in`", "`subset of`" };
	static const enum policy_control meaning[] = { POLICY_CONTROL_IN, POLICY_CONTROL_NOT_IN,
						       POLICY_CONTROL_SUBSET };
	size_t i;

	if (!node)
		return 0;
	if (node->kind != YAML_MAP)
		return keys_fail(&reader->file, node,
				 "`control` is a set, so say how it is compared: {subset of: ...} when all controllers must be listed (an allow), {in: ...} when one suffices (a denial), {not in: ...} when none may be");
	if (keys_known(&reader->file, node, "`control`", keys))
		return -1;
	if (node->count != 2)
		return keys_fail(&reader->file, node, "`control` needs one of `in`, `not in` and `subset of`");
	for (i = 0; strcmp(keys[i], node->child[0]->text); i++)
		;
	rule->control = meaning[i];
	return controls_read_set(reader, node->child[1], what[i], rule);
}

static int controls_read_operator(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule)
{
	static const char *const keys[] = { "in", "not in", NULL };
	const struct yaml_node *const *items;
	size_t count, i, j;

	if (!node)
		return 0;
	if (node->kind == YAML_MAP) {
		if (keys_known(&reader->file, node, "`operator`", keys))
			return -1;
		if (node->count != 2)
			return keys_fail(&reader->file, node, "`operator` needs one of `in` and `not in`");
		rule->operator_not = !strcmp(node->child[0]->text, "not in");
		node = node->child[1];
	}
	if (keys_items(&reader->file, &node, "`operator`", &items, &count))
		return -1;
	for (i = 0; i < count; i++) {
		if (keys_name(&reader->file, items[i], "operator"))
			return -1;
		for (j = 0; j < rule->operator_count; j++)
			if (!strcmp(rule->operator[j]->text, items[i]->text))
				return keys_fail(&reader->file, items[i], "operator '%s' stands twice", items[i]->text);
		*MEM_PUSH(rule->operator, rule->operator_count, rule->operator_capacity) = items[i];
	}
	return 0;
}

static int controls_read_tier(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule)
{
	int tier;

	if (!node)
		return 0;
	if (keys_kind(&reader->file, node, YAML_SCALAR, "`min_tier`"))
		return -1;
	tier = control_tier_parse(node->text);
	if (tier < 0)
		return keys_fail(&reader->file, node,
				 "unknown tier '%s'; from strong to weak they are override, feed, operator, rir, as, location",
				 node->text);
	if (rule->verdict >= RESID_V_REJECT)
		return keys_fail(&reader->file, node,
				 "`min_tier` is the weakest evidence that an allow accepts; a refusal that asks for it would let weak evidence pass");
	rule->min_tier = (enum control_tier)tier;
	return 0;
}

int controls_read(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule)
{
	if (controls_read_control(reader, yaml_get(node, "control"), rule) ||
	    controls_read_operator(reader, yaml_get(node, "operator"), rule))
		return -1;
	return controls_read_tier(reader, yaml_get(node, "min_tier"), rule);
}

/* Are all of its countries at home, by location? Control can only narrow that. */
static bool controls_is_home(const struct policy *policy, const struct policy_rule *rule)
{
	unsigned int location;

	if (rule->any_location)
		return false;
	for (location = 0; location < LOCATION_COUNT; location++)
		if (location_is_geographic(location) && location_set_has(&rule->locations, location) &&
		    !location_set_has(&policy->home, location))
			return false;
	return true;
}

int controls_check_justified(struct reader *reader, const struct policy_rule *rule)
{
	if (rule->verdict != RESID_V_ALLOW || rule->justification[0] || controls_is_home(reader->policy, rule))
		return 0;
	return rule_fail(reader, rule,
			 "rule '%s' allows destinations outside `home`; say in `justification` why that must be", rule->id);
}

/* Operators are known by ids that nobody guesses: an id whose name has the word in it is told. */
static int controls_unknown(const char *file, const struct yaml_node *what, const struct operators *operators,
			    struct resid_error *err)
{
	size_t i;

	for (i = 0; i < operators->count; i++) {
		const struct operator *one = &operators->operator[i];

		if (strcasestr(one->name, what->text) || strcasestr(one->parent, what->text))
			return yaml_fail(file, what, err, "unknown operator '%s'; '%s' is %s", what->text, one->id, one->name);
	}
	return yaml_fail(file, what, err, "unknown operator '%s'; operators.yaml has those that are curated", what->text);
}

int controls_check_operators(const struct policy *policy, const struct operators *operators, struct resid_error *err)
{
	size_t r, i;

	for (r = 0; r < policy->rule_count; r++) {
		const struct policy_rule *rule = &policy->rule[r];

		for (i = 0; i < rule->operator_count; i++)
			if (!operators_find(operators, rule->operator[i]->text))
				return controls_unknown(rule->file, rule->operator[i], operators, err);
	}
	for (i = 0; i < policy->sources.override_count; i++) {
		const struct yaml_node *operator = policy->sources.override[i].operator;

		if (operator && !operators_find(operators, operator->text))
			return controls_unknown(policy->name, operator, operators, err);
	}
	return 0;
}
