// SPDX-License-Identifier: Apache-2.0
#include "policy/describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/memory.h"
#include "util/proto.h"
#include "util/rfc3339.h"

struct describe {
	const struct policy *policy;
	struct describe_field field;
	describe_found *found;
	void *context;
	FILE *out;
	size_t items; /* of the list that is being written */
};

struct describe_row {
	const char *key; /* NULL: it says nothing by itself */
	size_t at; /* of the member, in its struct */
	void (*write)(struct describe *describe, const void *member);
	bool list;
};

/* A member with its key; a member that another row speaks for, or that only says where something stands. */
#define ROW(type, member, key, write) \
	{ \
		key, offsetof(struct type, member), describe_##write, false \
	}
#define LIST(type, member, key, write) \
	{ \
		key, offsetof(struct type, member), describe_##write, true \
	}
#define SILENT(type, member) \
	{ \
		NULL, offsetof(struct type, member), NULL, false \
	}

/* The struct that a member is in. */
#define OWNER(type, field) \
	((const struct type *)(const void *)((const char *)member - offsetof(struct type, field)))

static void describe_item(struct describe *describe, const char *text)
{
	fprintf(describe->out, "%s%s", describe->items++ ? ", " : "", text);
}

static void describe_text(struct describe *describe, const void *member)
{
	const char *text = *(const char *const *)member;

	fputs(text ? text : "", describe->out);
}

static void describe_id(struct describe *describe, const void *member)
{
	fprintf(describe->out, "%u", *(const uint8_t *)member);
}

static void describe_verdict(struct describe *describe, const void *member)
{
	fputs(policy_verdict_name(*(const enum resid_verdict *)member), describe->out);
}

static void describe_permissive(struct describe *describe, const void *member)
{
	fputs(*(const bool *)member ? "permissive" : "enforcing", describe->out);
}

static void describe_on_loss(struct describe *describe, const void *member)
{
	fputs(*(const bool *)member ? "deny" : "count", describe->out);
}

static void describe_on_unknown(struct describe *describe, const void *member)
{
	const struct policy_class *class = OWNER(policy_class, on_unknown);

	describe_verdict(describe, class->has_on_unknown ? &class->on_unknown : &class->fallback);
}

static void describe_on_stale(struct describe *describe, const void *member)
{
	if (*(const enum resid_verdict *)member == RESID_V_ALLOW)
		fputs("keep", describe->out);
	else
		describe_verdict(describe, member);
}

/* The index of a class. */
static void describe_class(struct describe *describe, const void *member)
{
	fputs(describe->policy->class[*(const size_t *)member].name, describe->out);
}

static void describe_class_id(struct describe *describe, const void *member)
{
	const struct policy *policy = describe->policy;

	for (size_t i = 0; i < policy->class_count; i++)
		if (policy->class[i].id == *(const uint8_t *)member)
			fputs(policy->class[i].name, describe->out);
}

static void describe_classes(struct describe *describe, const void *member)
{
	const struct policy_rule *rule = OWNER(policy_rule, classes);
	const struct policy *policy = describe->policy;

	/* whether it leaves `class` out, and so also holds for the classes to come */
	if (policy_rule_has_class(rule, RESID_CLASS_UNLABELLED)) {
		describe_item(describe, "all classes");
		return;
	}
	for (size_t i = 0; i < policy->class_count; i++)
		if (policy_rule_has_class(rule, policy->class[i].id))
			describe_item(describe, policy->class[i].name);
}

static void describe_set(struct describe *describe, const void *member)
{
	for (unsigned int location = 0; location < LOCATION_COUNT; location++)
		if (location_set_has(member, location))
			describe_item(describe, location_name(location));
}

static void describe_location(struct describe *describe, const void *member)
{
	if (OWNER(policy_rule, locations)->any_location)
		describe_item(describe, "anywhere");
	else
		describe_set(describe, member);
}

static void describe_prefix(struct describe *describe, const struct prefix *prefix)
{
	char text[ADDRESS_TEXT];

	prefix_format(prefix, text);
	describe_item(describe, text);
}

static void describe_prefixes(struct describe *describe, const struct prefix *prefix, size_t count)
{
	for (size_t i = 0; i < count; i++)
		describe_prefix(describe, &prefix[i]);
}

static void describe_rule_prefixes(struct describe *describe, const void *member)
{
	const struct policy_rule *rule = OWNER(policy_rule, prefix);

	describe_prefixes(describe, rule->prefix, rule->prefix_count);
}

static void describe_local(struct describe *describe, const void *member)
{
	const struct policy *policy = OWNER(policy, local);

	describe_prefixes(describe, policy->local, policy->local_count);
}

static void describe_nat64(struct describe *describe, const void *member)
{
	const struct policy *policy = OWNER(policy, nat64);

	describe_prefixes(describe, policy->nat64, policy->nat64_count);
}

static void describe_protos(struct describe *describe, const void *member)
{
	const struct policy_rule *rule = OWNER(policy_rule, proto);
	char number[4];

	for (size_t i = 0; i < rule->proto_count; i++)
		describe_item(describe, proto_name(rule->proto[i], number));
}

static void describe_ports(struct describe *describe, const void *member)
{
	const struct policy_rule *rule = OWNER(policy_rule, ports);

	for (size_t i = 0; i < rule->ports_count; i++) {
		const struct policy_ports *ports = &rule->ports[i];
		_cleanup_free_ char *text = ports->first == ports->last ?
						    mem_format("%u", ports->first) :
						    mem_format("%u-%u", ports->first, ports->last);

		describe_item(describe, text);
	}
}

static void describe_control(struct describe *describe, const void *member)
{
	static const char *const names[] = { "", "in", "not in", "subset of" };

	fputs(names[*(const enum policy_control *)member], describe->out);
}

static void describe_operators(struct describe *describe, const void *member)
{
	const struct policy_rule *rule = OWNER(policy_rule, operator);

	for (size_t i = 0; i < rule->operator_count; i++) {
		_cleanup_free_ char *text = mem_format("%s%s", rule->operator_not ? "not " : "", rule->operator[i]->text);

		describe_item(describe, text);
	}
}

/* It means something where an allow leans on who controls a place, be it written there or not. */
static void describe_tier(struct describe *describe, const void *member)
{
	const struct policy_rule *rule = OWNER(policy_rule, min_tier);

	if (policy_rule_lets_go(rule) && policy_rule_asks_control(rule))
		fputs(control_tier_name(rule->min_tier), describe->out);
}

static void describe_true(struct describe *describe, const void *member)
{
	fputs(*(const bool *)member ? "true" : "", describe->out);
}

static void describe_direction(struct describe *describe, const void *member)
{
	const uint8_t direction = *(const uint8_t *)member;

	fputs(!direction ? "" : direction == RESID_STEP_F_REPLY ? "reply" :
								  "original",
	      describe->out);
}

/* Neither a beginning nor an end that is not there is a time. */
static void describe_time(struct describe *describe, const void *member)
{
	const int64_t seconds = *(const int64_t *)member;
	char text[RFC3339_TEXT];

	if (seconds == POLICY_BEGINNING || seconds == POLICY_NEVER || !seconds)
		return;
	rfc3339_format(seconds, text);
	fputs(text, describe->out);
}

static void describe_duration(struct describe *describe, const void *member)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };
	const int64_t seconds = *(const int64_t *)member;
	size_t i = 0;

	while (seconds % units[i].seconds)
		i++;
	fprintf(describe->out, "%lld%c", (long long)(seconds / units[i].seconds), units[i].unit);
}

static void describe_days(struct describe *describe, const void *member)
{
	if (*(const unsigned int *)member)
		fprintf(describe->out, "%ud", *(const unsigned int *)member);
}

static void describe_share(struct describe *describe, const void *member)
{
	const unsigned int share = *(const unsigned int *)member;

	if (share != POLICY_ANY_SHARE)
		fprintf(describe->out, "%u.%u%%", share / 10, share % 10);
}

static void describe_place(struct describe *describe, const void *member)
{
	if (*(const int *)member >= 0)
		fputs(location_name((unsigned int)*(const int *)member), describe->out);
}

static void describe_operator(struct describe *describe, const void *member)
{
	const struct yaml_node *node = *(const struct yaml_node *const *)member;

	fputs(node ? node->text : "", describe->out);
}

static void describe_override_control(struct describe *describe, const void *member)
{
	const struct policy_override *override = OWNER(policy_override, control);

	if (override->controlled && location_set_is_empty(member))
		describe_item(describe, "of the operator");
	else
		describe_set(describe, member);
}

static const struct describe_row describe_policy_rows[] = {
	SILENT(policy, name),
	SILENT(policy, text),
	SILENT(policy, root),
	SILENT(policy, included),
	SILENT(policy, class),
	SILENT(policy, set),
	SILENT(policy, rule),
	SILENT(policy, assignment),
	SILENT(policy, sources),
	LIST(policy, home, "home", set),
	ROW(policy, unlabelled, "unlabelled", class),
	ROW(policy, kernel, "kernel", class),
	LIST(policy, local, "local", local),
	LIST(policy, nat64, "nat64", nat64),
	ROW(policy, non_ip, "non_ip", verdict),
	ROW(policy, unparsable, "unparsable", verdict),
	ROW(policy, max_exception, "max_exception", duration),
};

static const struct describe_row describe_class_rows[] = {
	SILENT(policy_class, name),
	SILENT(policy_class, has_on_unknown),
	ROW(policy_class, id, "id", id),
	ROW(policy_class, fallback, "default", verdict),
	ROW(policy_class, permissive, "mode", permissive),
	ROW(policy_class, on_unknown, "on_unknown", on_unknown),
	ROW(policy_class, on_stale, "on_stale", on_stale),
	ROW(policy_class, deny_on_loss, "on_loss", on_loss),
};

static const struct describe_row describe_set_rows[] = {
	SILENT(policy_set, name),
	LIST(policy_set, members, "members", set),
	ROW(policy_set, date, "date", text),
	ROW(policy_set, source, "source", text),
	ROW(policy_set, ends, "valid_until", time),
};

static const struct describe_row describe_rule_rows[] = {
	SILENT(policy_rule, id),
	SILENT(policy_rule, mark),
	SILENT(policy_rule, file),
	SILENT(policy_rule, document),
	SILENT(policy_rule, any_location),
	SILENT(policy_rule, operator_not),
	SILENT(policy_rule, has_min_tier),
	SILENT(policy_rule, exception),
	LIST(policy_rule, classes, "class", classes),
	LIST(policy_rule, locations, "location", location),
	ROW(policy_rule, control, "control", control),
	LIST(policy_rule, controllers, "controllers", set),
	LIST(policy_rule, operator, "operator", operators),
	ROW(policy_rule, min_tier, "min_tier", tier),
	ROW(policy_rule, uncontradicted, "uncontradicted", true),
	ROW(policy_rule, registered, "registered", control),
	LIST(policy_rule, registrars, "registrars", set),
	LIST(policy_rule, prefix, "prefix", rule_prefixes),
	LIST(policy_rule, proto, "proto", protos),
	LIST(policy_rule, ports, "port", ports),
	ROW(policy_rule, direction, "direction", direction),
	ROW(policy_rule, from, "from", time),
	ROW(policy_rule, until, "until", time),
	ROW(policy_rule, verdict, "verdict", verdict),
	ROW(policy_rule, reason, "reason", text),
	ROW(policy_rule, clause, "clause", text),
	ROW(policy_rule, justification, "justification", text),
	ROW(policy_rule, owner, "owner", text),
	ROW(policy_rule, ticket, "ticket", text),
};

static const struct describe_row describe_assignment_rows[] = {
	SILENT(policy_assignment, target),
	ROW(policy_assignment, class_id, "class", class_id),
};

static const struct describe_row describe_source_rows[] = {
	SILENT(policy_source, name),
	SILENT(policy_source, guard),
	ROW(policy_source, path, "path", text),
};

static const struct describe_row describe_guard_rows[] = {
	SILENT(policy_guard, mark),
	ROW(policy_guard, date, "date", text),
	ROW(policy_guard, max_age, "max_age", days),
	ROW(policy_guard, max_shrink, "max_shrink", share),
	ROW(policy_guard, max_bad, "max_bad", share),
	ROW(policy_guard, max_unknown, "max_unknown", share),
	ROW(policy_guard, sha256, "sha256", text),
};

static const struct describe_row describe_override_rows[] = {
	SILENT(policy_override, mark),
	SILENT(policy_override, prefix),
	SILENT(policy_override, controlled),
	ROW(policy_override, location, "location", place),
	ROW(policy_override, operator, "operator", operator),
	LIST(policy_override, control, "control", override_control),
	ROW(policy_override, until, "until", time),
};

static void describe_row(struct describe *describe, const struct describe_row *row, const void *owner)
{
	_cleanup_free_ char *value = NULL;
	size_t length;

	if (!row->key)
		return;
	describe->out = open_memstream(&value, &length);
	describe->items = 0;
	row->write(describe, (const char *)owner + row->at);
	fclose(describe->out);
	describe->field.key = row->key;
	describe->field.value = value;
	describe->field.list = row->list;
	describe->found(describe->context, &describe->field);
}

#define DESCRIBE(describe, of_kind, of_name, rows, owner) \
	do { \
		(describe)->field.kind = (of_kind); \
		(describe)->field.name = (of_name); \
		for (size_t row_index = 0; row_index < sizeof(rows) / sizeof(*(rows)); row_index++) \
			describe_row((describe), &(rows)[row_index], (owner)); \
	} while (0)

static void describe_source(struct describe *describe, const char *name, const struct policy_source *source)
{
	DESCRIBE(describe, DESCRIBE_SOURCE, name, describe_source_rows, source);
	DESCRIBE(describe, DESCRIBE_SOURCE, name, describe_guard_rows, &source->guard);
}

static void describe_named_sources(struct describe *describe, const char *key, const struct policy_source *source,
				   size_t count)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *name = mem_format("%s %s", key, source[i].name);

		describe_source(describe, name, &source[i]);
	}
}

static const struct {
	const char *key;
	size_t at;
} describe_single_sources[] = {
	{ "geoip", offsetof(struct policy_sources, geoip4) },
	{ "geoip6", offsetof(struct policy_sources, geoip6) },
	{ "mmdb", offsetof(struct policy_sources, mmdb) },
	{ "rir", offsetof(struct policy_sources, rir) },
	{ "asn", offsetof(struct policy_sources, asn) },
	{ "operators", offsetof(struct policy_sources, operators) },
};

static void describe_sources(struct describe *describe, const struct policy_sources *sources)
{
	char prefix[ADDRESS_TEXT];

	for (size_t i = 0; i < sizeof(describe_single_sources) / sizeof(*describe_single_sources); i++)
		describe_source(describe, describe_single_sources[i].key,
				(const void *)((const char *)sources + describe_single_sources[i].at));
	describe_named_sources(describe, "feed", sources->feed, sources->feed_count);
	describe_named_sources(describe, "geofeed", sources->geofeed, sources->geofeed_count);
	for (size_t i = 0; i < sources->override_count; i++) {
		prefix_format(&sources->override[i].prefix, prefix);
		DESCRIBE(describe, DESCRIBE_OVERRIDE, prefix, describe_override_rows, &sources->override[i]);
	}
}

void describe_policy(const struct policy *policy, describe_found *found, void *context)
{
	struct describe describe = { .policy = policy, .found = found, .context = context };

	DESCRIBE(&describe, DESCRIBE_POLICY, "", describe_policy_rows, policy);
	for (size_t i = 0; i < policy->class_count; i++)
		DESCRIBE(&describe, DESCRIBE_CLASS, policy->class[i].name, describe_class_rows, &policy->class[i]);
	for (size_t i = 0; i < policy->set_count; i++)
		DESCRIBE(&describe, DESCRIBE_SET, policy->set[i].name, describe_set_rows, &policy->set[i]);
	describe_sources(&describe, &policy->sources);
	for (size_t i = 0; i < policy->assignment_count; i++)
		DESCRIBE(&describe, DESCRIBE_ASSIGNMENT, policy->assignment[i].target, describe_assignment_rows,
			 &policy->assignment[i]);
	for (size_t i = 0; i < policy->rule_count; i++)
		DESCRIBE(&describe, policy->rule[i].exception ? DESCRIBE_EXCEPTION : DESCRIBE_RULE, policy->rule[i].id,
			 describe_rule_rows, &policy->rule[i]);
}

const char *describe_kind_name(enum describe_kind kind)
{
	static const char *const names[] = {
		[DESCRIBE_POLICY] = "",
		[DESCRIBE_CLASS] = "class",
		[DESCRIBE_SET] = "set",
		[DESCRIBE_SOURCE] = "source",
		[DESCRIBE_OVERRIDE] = "override",
		[DESCRIBE_ASSIGNMENT] = "assignment",
		[DESCRIBE_RULE] = "rule",
		[DESCRIBE_EXCEPTION] = "exception",
	};

	return names[kind];
}
