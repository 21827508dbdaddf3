// SPDX-License-Identifier: Apache-2.0
/*
 * The keys `exceptions` and `max_exception`. An exception is a rule that stands before all others, has a beginning and
 * an end, and somebody who answers for it. Its verdict is always `audit`: it is on record from the first packet to the
 * last.
 */
#include "policy/exceptions.h"

#include <string.h>

#include "policy/include.h"
#include "policy/rules.h"
#include "util/rfc3339.h"

#define EXCEPTIONS_DAY 86400
#define EXCEPTIONS_MAX_DAYS 90

static bool exceptions_is_narrow(const struct policy_rule *rule)
{
	size_t i;

	if (!rule->any_location || rule->operator_count || rule->control != POLICY_CONTROL_ANY)
		return true;
	for (i = 0; i < rule->prefix_count; i++)
		if (!rule->prefix[i].length)
			return false;
	return rule->prefix_count;
}

static int exceptions_check(struct reader *reader, const struct yaml_node *node, const struct policy_rule *rule)
{
	int64_t latest = rule->from + reader->policy->max_exception;
	char text[RFC3339_TEXT];

	if (!exceptions_is_narrow(rule))
		return keys_fail(&reader->file, node,
				 "exception '%s' opens every destination; name them by prefix, location, operator or control",
				 rule->id);
	if (rule->until <= latest)
		return 0;
	rfc3339_format(latest, text);
	return keys_fail(&reader->file, yaml_get(node, "until"),
			 "exception '%s' lasts longer than `max_exception`, which ends it on %s; end it by then", rule->id,
			 text);
}

static int exceptions_read_one(struct reader *reader, const struct yaml_node *node)
{
	static const char *const keys[] = { "id",	  "class",    "location", "control",   "registered", "operator",
					    "min_tier",	  "prefix",   "proto",	  "port",      "from",	     "until",
					    "direction",  "owner",    "ticket",	  "reason",    "clause",     "justification",
					    NULL };
	static const char *const needed[] = { "id", "class", "owner", "ticket", "justification", "from", "until", "reason" };
	const struct yaml_node *value;
	struct policy_rule *rule;
	size_t i;

	if (keys_known(&reader->file, node, "an exception", keys))
		return -1;
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (keys_get(&reader->file, node, needed[i], true, &value))
			return -1;
	if (rules_add(reader, node, &rule))
		return -1;
	rule->exception = true;
	rule->verdict = RESID_V_AUDIT;
	if (rules_read_id(reader, yaml_get(node, "id"), rule) || rules_read_common(reader, node, rule) ||
	    rules_read_text(reader, node, "owner", rule, &rule->owner) ||
	    rules_read_text(reader, node, "ticket", rule, &rule->ticket))
		return -1;
	return exceptions_check(reader, node, rule);
}

int exceptions_read(struct reader *reader)
{
	const struct yaml_node *max = yaml_get(reader->policy->root, "max_exception");
	const struct yaml_node *list = yaml_get(reader->policy->root, "exceptions");

	reader->policy->max_exception = (int64_t)EXCEPTIONS_MAX_DAYS * EXCEPTIONS_DAY;
	if (max && keys_duration(&reader->file, max, "`max_exception`", &reader->policy->max_exception))
		return -1;
	return list ? include_list(reader, list, "exceptions", exceptions_read_one) : 0;
}

void exceptions_warn(struct reader *reader)
{
	const struct policy *policy = reader->policy;
	char text[RFC3339_TEXT];
	size_t i;

	for (i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rule[i];

		if (rule->until > reader->options->now)
			continue;
		rfc3339_format(rule->until, text);
		rule_warn(reader, rule, "%s '%s' ended on %s and does nothing any more; take it out",
			  rule->exception ? "exception" : "rule", rule->id, text);
	}
}
