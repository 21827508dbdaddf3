// SPDX-License-Identifier: Apache-2.0
/* What a rule says of control and of registration. */
#include "policy/controls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/sets.h"
#include "util/memory.h"

/* `control` or `registered`: a set, and how it is compared. */
struct controls_key {
	const char *name;
	enum policy_control how;
	struct location_set *set;
};

static int controls_read_set(struct reader *reader, const struct yaml_node *node, const char *what,
			     const struct controls_key *key)
{
	const struct yaml_node *const *items;
	size_t count, i;

	if (keys_items(&reader->file, &node, what, &items, &count))
		return -1;
	for (i = 0; i < count; i++) {
		if (items[i]->kind == YAML_SCALAR && !strcmp(items[i]->text, "unknown")) {
			if (key->how != POLICY_CONTROL_IN)
				return keys_fail(&reader->file, items[i],
						 "unknown control is never %s; a rule with `in: [unknown]` matches it",
						 key->how == POLICY_CONTROL_SUBSET ? "a subset of anything" :
										     "known not to be in a set");
			location_set_add(key->set, LOCATION_UNKNOWN);
			continue;
		}
		if (sets_add_countries(reader, items[i], key->set))
			return -1;
	}
	return 0;
}

static int controls_read_key(struct reader *reader, const struct yaml_node *node, struct controls_key *key)
{
	static const char *const keys[] = { "in", "not in", "subset of", NULL };
	static const char *const what[] = { "`in`", "`not in`", "`subset of`" };
	static const enum policy_control meaning[] = { POLICY_CONTROL_IN, POLICY_CONTROL_NOT_IN,
						       POLICY_CONTROL_SUBSET };
	char name[32];
	size_t i;

	if (!node)
		return 0;
	if (node->kind != YAML_MAP)
		return keys_fail(&reader->file, node,
				 "`%s` is a set, so say how it is compared: {subset of: ...} when all of it must be listed (an allow), {in: ...} when one suffices (a denial), {not in: ...} when none may be",
				 key->name);
	snprintf(name, sizeof(name), "`%s`", key->name);
	if (keys_known(&reader->file, node, name, keys))
		return -1;
	if (node->count != 2)
		return keys_fail(&reader->file, node, "%s needs one of `in`, `not in` and `subset of`", name);
	for (i = 0; strcmp(keys[i], node->child[0]->text); i++)
		;
	key->how = meaning[i];
	return controls_read_set(reader, node->child[1], what[i], key);
}

static int controls_read_control(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule)
{
	struct controls_key control = { .name = "control", .set = &rule->controllers };
	struct controls_key registered = { .name = "registered", .set = &rule->registrars };

	if (controls_read_key(reader, yaml_get(node, "control"), &control) ||
	    controls_read_key(reader, yaml_get(node, "registered"), &registered))
		return -1;
	rule->control = control.how;
	rule->registered = registered.how;
	return 0;
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

/* Tiers of before, that name nobody, and what they are. */
static const struct {
	const char *name, *what;
} controls_nobody[] = {
	{ "rir", "where its holder is registered" },
	{ "as", "a country in an AS database" },
	{ "location", "where it is" },
};

static int controls_read_tier(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule)
{
	int tier;

	if (!node)
		return 0;
	if (keys_kind(&reader->file, node, YAML_SCALAR, "`min_tier`"))
		return -1;
	for (size_t i = 0; i < sizeof(controls_nobody) / sizeof(controls_nobody[0]); i++)
		if (!strcmp(node->text, controls_nobody[i].name))
			return keys_fail(&reader->file, node,
					 "tier '%s' is %s, which names nobody who could be compelled; write override, prefix, feed, operator or holder",
					 node->text, controls_nobody[i].what);
	tier = control_tier_parse(node->text);
	if (tier < 0)
		return keys_fail(&reader->file, node,
				 "unknown tier '%s'; from strong to weak they are override, prefix, feed, operator, holder",
				 node->text);
	if (!policy_rule_lets_go(rule))
		return keys_fail(&reader->file, node,
				 "`min_tier` is the weakest evidence that an allow accepts; a refusal that asks for it would let weak evidence pass");
	rule->min_tier = (enum control_tier)tier;
	rule->has_min_tier = true;
	return 0;
}

static int controls_read_uncontradicted(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule)
{
	if (!node)
		return 0;
	if (keys_kind(&reader->file, node, YAML_SCALAR, "`uncontradicted`"))
		return -1;
	if (strcmp(node->text, "true") && strcmp(node->text, "false"))
		return keys_fail(&reader->file, node, "`uncontradicted` must be true or false, not '%s'", node->text);
	rule->uncontradicted = !strcmp(node->text, "true");
	if (!rule->uncontradicted)
		return 0;
	if (rule->control != POLICY_CONTROL_SUBSET)
		return keys_fail(&reader->file, node,
				 "`uncontradicted` is about the set that `control: {subset of: ...}` names, and there is none");
	if (!policy_rule_lets_go(rule))
		return keys_fail(&reader->file, node,
				 "`uncontradicted` is for what lets something go; a refusal that asks for it would let pass what is in doubt");
	return 0;
}

int controls_read(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule)
{
	if (controls_read_control(reader, node, rule) ||
	    controls_read_operator(reader, yaml_get(node, "operator"), rule) ||
	    controls_read_tier(reader, yaml_get(node, "min_tier"), rule))
		return -1;
	return controls_read_uncontradicted(reader, yaml_get(node, "uncontradicted"), rule);
}

void controls_warn(struct reader *reader, const struct policy_rule *rule)
{
	if (!policy_rule_lets_go(rule) || rule->exception)
		return;
	if (rule->control == POLICY_CONTROL_SUBSET && !rule->has_min_tier)
		rule_warn(reader, rule,
			  "rule '%s' lets go by who controls a place and does not say on what evidence: `min_tier` is %s", rule->id,
			  control_tier_name(POLICY_MIN_TIER));
	if (rule->verdict == RESID_V_ALLOW &&
	    (rule->control == POLICY_CONTROL_IN || rule->control == POLICY_CONTROL_NOT_IN))
		rule_warn(reader, rule,
			  "rule '%s' allows by `control: {%s: ...}`, which more evidence can loosen; an allow says {subset of: ...}",
			  rule->id, rule->control == POLICY_CONTROL_IN ? "in" : "not in");
	if (rule->verdict == RESID_V_ALLOW && rule->registered != POLICY_CONTROL_ANY &&
	    rule->control == POLICY_CONTROL_ANY)
		rule_warn(reader, rule,
			  "rule '%s' allows by where a holder is registered, which says nothing of who controls it", rule->id);
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
