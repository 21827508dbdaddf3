// SPDX-License-Identifier: Apache-2.0
/* The key `rules`: an ordered list, of which the first that matches decides. */
#include "policy/rules.h"

#include <stdlib.h>
#include <string.h>

#include "kmod/verdict.h"
#include "policy/controls.h"
#include "policy/include.h"
#include "policy/sets.h"
#include "util/memory.h"

int rules_read_id(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule)
{
	const struct policy *policy = reader->policy;
	const struct policy_rule *other;

	if (keys_name(&reader->file, node, "rule id"))
		return -1;
	if (!strncmp(node->text, "default-", 8) || !strncmp(node->text, "unknown-", 8) ||
	    !strncmp(node->text, "stale-", 6) || !strcmp(node->text, "non-ip") || !strcmp(node->text, "unparsable") ||
	    !strcmp(node->text, "bootstrap"))
		return keys_fail(&reader->file, node, "rule id '%s' is one that Resid gives itself; choose another",
				 node->text);
	for (other = policy->rule; other < policy->rule + policy->rule_count; other++)
		if (other != rule && !strcmp(other->id, node->text))
			return keys_fail(&reader->file, node, "rule id '%s' stands twice, first in line %zu%s", node->text,
					 other->mark->line, reader_of_file(reader->file.name, other->file).text);
	rule->id = node->text;
	return 0;
}

static int rules_read_classes(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule)
{
	const struct policy *policy = reader->policy;
	const struct yaml_node *const *items;
	size_t count, index, i;

	if (!node) {
		memset(rule->classes, 0xff, sizeof(rule->classes));
		return 0;
	}
	if (keys_items(&reader->file, &node, "`class`", &items, &count))
		return -1;
	for (i = 0; i < count; i++) {
		uint8_t id;

		if (items[i]->kind == YAML_SCALAR &&
		    (!strcmp(items[i]->text, "unlabelled") || !strcmp(items[i]->text, "kernel")))
			return keys_fail(&reader->file, items[i],
					 "'%s' has no rules of its own: the key `%s` names the class that it is judged as",
					 items[i]->text, items[i]->text);
		if (reader_class(reader, items[i], &index))
			return -1;
		id = policy->class[index].id;
		if (policy_rule_has_class(rule, id))
			return keys_fail(&reader->file, items[i], "class '%s' stands twice", items[i]->text);
		rule->classes[id / 64] |= 1ull << id % 64;
	}
	return 0;
}

static int rules_add_locations(struct reader *reader, const struct yaml_node *node, const char *what,
			       struct location_set *out)
{
	const struct yaml_node *const *items;
	size_t count, i;

	if (keys_items(&reader->file, &node, what, &items, &count))
		return -1;
	for (i = 0; i < count; i++)
		if (sets_add_location(reader, items[i], out))
			return -1;
	return 0;
}

/*
 * `not in` speaks of countries. What is no country (local, special, ..., unknown) is matched by name alone, or a rule
 * that allows "all but these" would let through what nobody could place. `unknown: true` adds unknown and the codes
 * of data that are no country: region-EU, region-AP, AN, CS, ....
 */
static int rules_complement(struct reader *reader, const struct yaml_node *node, bool unknown,
			    struct policy_rule *rule)
{
	const struct location_set *named = &rule->locations;
	struct location_set out = { 0 };
	unsigned int location;
	bool any = false;

	for (location = 0; location < LOCATION_COUNT; location++) {
		if (location_set_has(named, location))
			continue;
		if (!location_is_country(location) && !(unknown && location_is_geographic(location)))
			continue;
		location_set_add(&out, location);
		any = true;
	}
	if (!any)
		return keys_fail(&reader->file, node, "`not in` names every country, so the rule matches nothing");
	rule->locations = out;
	return 0;
}

static int rules_read_location(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule)
{
	static const char *const keys[] = { "in", "not in", "unknown", NULL };
	const struct yaml_node *in, *not_in, *unknown;

	if (!node) {
		rule->any_location = true;
		return 0;
	}
	if (node->kind != YAML_MAP)
		return rules_add_locations(reader, node, "`location`", &rule->locations);
	if (keys_known(&reader->file, node, "`location`", keys))
		return -1;
	in = yaml_get(node, "in");
	not_in = yaml_get(node, "not in");
	unknown = yaml_get(node, "unknown");
	if (!in == !not_in)
		return keys_fail(&reader->file, node, "`location` needs one of `in` and `not in`");
	if (in) {
		if (unknown)
			return keys_fail(&reader->file, unknown, "`unknown` belongs to `not in`; in `in`, list unknown");
		return rules_add_locations(reader, in, "`in`", &rule->locations);
	}
	if (unknown && (keys_kind(&reader->file, unknown, YAML_SCALAR, "`unknown`")))
		return -1;
	if (unknown && strcmp(unknown->text, "true") && strcmp(unknown->text, "false"))
		return keys_fail(&reader->file, unknown, "`unknown` must be true or false, not '%s'", unknown->text);
	if (rules_add_locations(reader, not_in, "`not in`", &rule->locations))
		return -1;
	return rules_complement(reader, not_in, unknown && !strcmp(unknown->text, "true"), rule);
}

static int rules_read_prefixes(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule)
{
	const struct yaml_node *const *items;
	size_t count, i;

	if (!node)
		return 0;
	if (keys_items(&reader->file, &node, "`prefix`", &items, &count))
		return -1;
	for (i = 0; i < count; i++)
		if (keys_prefix(&reader->file, items[i],
				MEM_PUSH(rule->prefix, rule->prefix_count, rule->prefix_capacity)))
			return -1;
	return 0;
}

static int rules_read_protos(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule)
{
	static const struct {
		const char *name;
		uint8_t number;
	} known[] = { { "tcp", 6 }, { "udp", 17 }, { "icmp", 1 }, { "icmpv6", 58 }, { "sctp", 132 } };
	const struct yaml_node *const *items;
	size_t count, i, j;

	if (!node)
		return 0;
	if (keys_items(&reader->file, &node, "`proto`", &items, &count))
		return -1;
	for (i = 0; i < count; i++) {
		unsigned int number = 256;

		if (keys_kind(&reader->file, items[i], YAML_SCALAR, "a protocol"))
			return -1;
		for (j = 0; j < sizeof(known) / sizeof(known[0]); j++)
			if (!strcmp(items[i]->text, known[j].name))
				number = known[j].number;
		if (number == 256 && (items[i]->text[0] < '0' || items[i]->text[0] > '9'))
			return keys_fail(&reader->file, items[i],
					 "unknown protocol '%s'; write tcp, udp, icmp, icmpv6, sctp or a number",
					 items[i]->text);
		if (number == 256 && keys_number(&reader->file, items[i], "protocol", 0, 255, &number))
			return -1;
		for (j = 0; j < rule->proto_count; j++)
			if (rule->proto[j] == number)
				return keys_fail(&reader->file, items[i], "protocol '%s' stands twice", items[i]->text);
		*MEM_PUSH(rule->proto, rule->proto_count, rule->proto_capacity) = (uint8_t)number;
	}
	return 0;
}

static int rules_read_port(struct reader *reader, const struct yaml_node *node, struct policy_ports *out)
{
	char first[8] = "", last[8] = "";
	struct yaml_node half = *node;
	unsigned int low, high;
	const char *dash;

	if (keys_kind(&reader->file, node, YAML_SCALAR, "a port"))
		return -1;
	dash = strchr(node->text, '-');
	if (!dash) {
		if (keys_number(&reader->file, node, "port", 0, 65535, &low))
			return -1;
		high = low;
	} else {
		if (strlen(node->text) >= 2 * sizeof(first) || (size_t)(dash - node->text) >= sizeof(first) ||
		    strlen(dash + 1) >= sizeof(last))
			return keys_fail(&reader->file, node, "port range '%s' must be written FIRST-LAST", node->text);
		memcpy(first, node->text, (size_t)(dash - node->text));
		memcpy(last, dash + 1, strlen(dash + 1));
		half.text = first;
		if (keys_number(&reader->file, &half, "first port", 0, 65535, &low))
			return -1;
		half.text = last;
		if (keys_number(&reader->file, &half, "last port", 0, 65535, &high))
			return -1;
		if (low > high)
			return keys_fail(&reader->file, node, "port range '%s' ends before it begins", node->text);
	}
	out->first = (uint16_t)low;
	out->last = (uint16_t)high;
	return 0;
}

static int rules_read_ports(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule)
{
	const struct yaml_node *const *items;
	size_t count, i;

	if (!node)
		return 0;
	if (keys_items(&reader->file, &node, "`port`", &items, &count))
		return -1;
	for (i = 0; i < rule->proto_count; i++)
		if (!resid_verdict_has_ports(rule->proto[i]))
			return keys_fail(&reader->file, node, "`port` with protocol %u, which has no ports; use a rule of its own",
					 rule->proto[i]);
	for (i = 0; i < count; i++)
		if (rules_read_port(reader, items[i], MEM_PUSH(rule->ports, rule->ports_count, rule->ports_capacity)))
			return -1;
	return 0;
}

static int rules_read_direction(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule)
{
	if (!node)
		return 0;
	if (keys_kind(&reader->file, node, YAML_SCALAR, "`direction`"))
		return -1;
	if (!strcmp(node->text, "original"))
		rule->direction = RESID_STEP_F_ORIGINAL;
	else if (!strcmp(node->text, "reply"))
		rule->direction = RESID_STEP_F_REPLY;
	else
		return keys_fail(&reader->file, node, "unknown direction '%s'; write original or reply", node->text);
	return 0;
}

int rules_read_text(struct reader *reader, const struct yaml_node *node, const char *key,
		    const struct policy_rule *rule, const char **out)
{
	const struct yaml_node *text = yaml_get(node, key);

	*out = "";
	if (!text)
		return 0;
	if (keys_kind(&reader->file, text, YAML_SCALAR, key))
		return -1;
	if (!text->text[strspn(text->text, " \t")] || strpbrk(text->text, "\n\r"))
		return keys_fail(&reader->file, text, "the %s of %s '%s' must be one sentence on one line", key,
				 rule->exception ? "exception" : "rule", rule->id);
	*out = text->text;
	return 0;
}

static int rules_read_window(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule)
{
	const struct yaml_node *from = yaml_get(node, "from"), *until = yaml_get(node, "until");

	if ((from && keys_time(&reader->file, from, "`from`", &rule->from)) ||
	    (until && keys_time(&reader->file, until, "`until`", &rule->until)))
		return -1;
	if (rule->from >= rule->until)
		return keys_fail(&reader->file, until, "%s '%s' ends before it begins; `until` must be later than `from`",
				 rule->exception ? "exception" : "rule", rule->id);
	return 0;
}

int rules_add(struct reader *reader, const struct yaml_node *node, struct policy_rule **out)
{
	struct policy *policy = reader->policy;
	struct policy_rule *rule;

	/* what the compiler adds: four for each class at most, non-ip and unparsable */
	if (policy->rule_count >= RESID_CELL_INDEX - 4 * RESID_CLASS_COUNT - 2)
		return keys_fail(&reader->file, node, "more than %zu rules", policy->rule_count);
	rule = MEM_PUSH(policy->rule, policy->rule_count, policy->rule_capacity);
	*rule = (struct policy_rule){
		.id = "",
		.reason = "",
		.clause = "",
		.justification = "",
		.owner = "",
		.ticket = "",
		.mark = node,
		.file = reader->file.name,
		.document = reader->document,
		.min_tier = POLICY_MIN_TIER,
		.from = POLICY_BEGINNING,
		.until = POLICY_NEVER,
	};
	*out = rule;
	return 0;
}

int rules_read_common(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule)
{
	if (rules_read_classes(reader, yaml_get(node, "class"), rule) ||
	    rules_read_location(reader, yaml_get(node, "location"), rule) ||
	    rules_read_prefixes(reader, yaml_get(node, "prefix"), rule) ||
	    rules_read_protos(reader, yaml_get(node, "proto"), rule) ||
	    rules_read_ports(reader, yaml_get(node, "port"), rule) ||
	    rules_read_direction(reader, yaml_get(node, "direction"), rule) || rules_read_window(reader, node, rule))
		return -1;
	if (rules_read_text(reader, node, "reason", rule, &rule->reason) ||
	    rules_read_text(reader, node, "clause", rule, &rule->clause) ||
	    rules_read_text(reader, node, "justification", rule, &rule->justification))
		return -1;
	return controls_read(reader, node, rule);
}

static int rules_read_one(struct reader *reader, const struct yaml_node *node)
{
	static const char *const keys[] = { "id",     "class",	"location", "control", "registered",	"operator",
					    "min_tier", "uncontradicted",
					    "prefix", "proto",	"port",	    "from",    "until",		"direction",
					    "verdict", "reason", "clause",   "justification", NULL };
	const struct yaml_node *id, *verdict, *reason;
	struct policy_rule *rule;

	if (keys_known(&reader->file, node, "a rule", keys) || keys_get(&reader->file, node, "id", true, &id) ||
	    keys_get(&reader->file, node, "verdict", true, &verdict) ||
	    keys_get(&reader->file, node, "reason", true, &reason))
		return -1;
	if (rules_add(reader, node, &rule) || rules_read_id(reader, id, rule) ||
	    reader_verdict(&reader->file, verdict, &rule->verdict))
		return -1;
	return rules_read_common(reader, node, rule);
}

int rules_read(struct reader *reader, const struct yaml_node *node)
{
	return include_list(reader, node, "rules", rules_read_one);
}
