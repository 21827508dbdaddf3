// SPDX-License-Identifier: Apache-2.0
#include "explain.h"

#include <stdio.h>
#include <string.h>

#include "explain_kernel.h"
#include "explain_tag.h"
#include "output.h"
#include "util/jsonw.h"
#include "window.h"

static void explain_json_evidence(struct jsonw *json, const char *of, const char *source, const char *date,
				  const char *citation)
{
	jsonw_object(json, NULL);
	jsonw_string(json, "of", of);
	jsonw_string(json, "source", source);
	if (*date)
		jsonw_string(json, "date", date);
	if (*citation)
		jsonw_string(json, "citation", citation);
	jsonw_object_end(json);
}

static void explain_json_control(struct jsonw *json, const struct snapshot_place *place)
{
	jsonw_countries(json, "control", place->control);
	if (*place->operator) {
		jsonw_string(json, "operator", place->operator);
		jsonw_string(json, "operator_name", place->operator_name);
		jsonw_string(json, "operator_parent", place->operator_parent);
	}
	jsonw_string(json, "tier", place->tier);
	jsonw_array(json, "evidence");
	explain_json_evidence(json, "location", place->source, place->source_date, "");
	if (*place->control)
		explain_json_evidence(json, "control", place->control_source, place->control_date, "");
	if (*place->operator)
		explain_json_evidence(json, "operator", "operators", place->reviewed, place->citation);
	jsonw_array_end(json);
}

static void explain_json_rule(struct jsonw *json, const struct snapshot_rule *rule)
{
	jsonw_string(json, "rule", rule->id);
	jsonw_string(json, "reason", rule->reason);
	if (*rule->clause)
		jsonw_string(json, "clause", rule->clause);
	if (*rule->justification)
		jsonw_string(json, "justification", rule->justification);
	window_json(json, rule);
	jsonw_string(json, "verdict", output_verdict(rule->verdict));
}

static void explain_json_place(struct jsonw *json, const struct explain *explain, const struct destination_place *place)
{
	struct snapshot_rule rule = snapshot_rule_at(explain->snapshot, place->rule);

	jsonw_string(json, "address", place->text);
	jsonw_string(json, "prefix", place->place.prefix);
	jsonw_string(json, "location", place->place.location);
	jsonw_string(json, "source", place->place.source);
	if (*place->place.source_date)
		jsonw_string(json, "date", place->place.source_date);
	explain_json_control(json, &place->place);
	explain_json_rule(json, &rule);
}

static const char *const explain_directions[] = { "unknown", "original", "reply" };

static const enum resid_direction explain_ways[] = { RESID_DIR_ORIGINAL, RESID_DIR_REPLY };

/* The rule that holds for packets of this direction. */
static struct snapshot_rule explain_way(const struct explain *explain, enum resid_direction way)
{
	struct destination to = explain->to;

	to.flow.direction = way;
	to.decided = 0;
	destination_judge(&to, explain->snapshot, explain->class_id);
	return snapshot_rule_at(explain->snapshot, to.place[to.decided].rule);
}

/* Nobody said a direction, and it matters. */
static bool explain_ways_differ(const struct explain *explain)
{
	return !explain->to.flow.direction && !explain->to.link &&
	       strcmp(explain_way(explain, RESID_DIR_ORIGINAL).id, explain_way(explain, RESID_DIR_REPLY).id);
}

static void explain_json_ways(struct jsonw *json, const struct explain *explain)
{
	size_t i;

	jsonw_object(json, "by_direction");
	for (i = 0; i < 2; i++) {
		struct snapshot_rule rule = explain_way(explain, explain_ways[i]);

		jsonw_object(json, explain_directions[explain_ways[i]]);
		jsonw_string(json, "rule", rule.id);
		jsonw_string(json, "verdict", output_verdict(rule.verdict));
		jsonw_object_end(json);
	}
	jsonw_object_end(json);
}

static void explain_text_ways(const struct explain *explain)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		struct snapshot_rule rule = explain_way(explain, explain_ways[i]);

		printf("  %-10s %s%s%s by %s: %s\n", explain_directions[explain_ways[i]],
		       output_verdict_colour(rule.verdict), output_verdict(rule.verdict), output_plain(), rule.id,
		       rule.reason);
	}
}

/* The outer address leads; rule and verdict are those that hold, wherever they come from. */
void explain_json(const struct explain *explain, const struct resid_answer *answer)
{
	const struct destination_place *outer = &explain->to.place[0];
	const struct destination_place *decided = &explain->to.place[explain->to.decided];
	struct snapshot_rule rule = snapshot_rule_at(explain->snapshot, decided->rule);
	_cleanup_(jsonw_fini) struct jsonw json = { 0 };
	size_t i;

	jsonw_object(&json, NULL);
	jsonw_string(&json, "class", explain->class_name);
	jsonw_u64(&json, "class_id", explain->class_id);
	if (explain->tag)
		explain_tag_json(&json, explain->tag);
	jsonw_string(&json, "address", outer->text);
	if (explain->to.flow.has_port)
		jsonw_u64(&json, "port", explain->to.flow.dport);
	if (explain->to.flow.proto_known)
		jsonw_u64(&json, "proto", explain->to.flow.proto);
	jsonw_string(&json, "prefix", outer->place.prefix);
	jsonw_string(&json, "location", outer->place.location);
	jsonw_string(&json, "source", outer->place.source);
	if (*outer->place.source_date)
		jsonw_string(&json, "date", outer->place.source_date);
	explain_json_control(&json, &outer->place);
	if (explain->to.count > 1) {
		jsonw_array(&json, "embedded");
		for (i = 1; i < explain->to.count; i++) {
			jsonw_object(&json, NULL);
			explain_json_place(&json, explain, &explain->to.place[i]);
			jsonw_object_end(&json);
		}
		jsonw_array_end(&json);
		jsonw_string(&json, "decided_by", decided->text);
	}
	if (explain->to.link)
		jsonw_bool(&json, "link", true);
	if (explain->to.flow.direction)
		jsonw_string(&json, "direction", explain_directions[explain->to.flow.direction]);
	explain_json_rule(&json, &rule);
	if (explain_ways_differ(explain))
		explain_json_ways(&json, explain);
	if (answer)
		explain_kernel_json(&json, explain, answer);
	jsonw_string(&json, "policy", snapshot_policy_name(explain->snapshot));
	jsonw_hex(&json, "generation", snapshot_generation(explain->snapshot), RESID_DIGEST_LEN);
	jsonw_object_end(&json);
	output_json(&json);
}

static void explain_text_class(const struct explain *explain)
{
	size_t i;

	printf("class        %s (%u)", explain->class_name, explain->class_id);
	for (i = 0; i < snapshot_class_count(explain->snapshot); i++) {
		struct snapshot_class class = snapshot_class_at(explain->snapshot, i);

		if (class.id == explain->class_id && class.judged_as)
			printf(", judged as %s", class.judged_as);
		if (class.id == explain->class_id && class.permissive)
			printf(", permissive: recorded, not refused");
	}
	putchar('\n');
}

static void explain_text_control(const struct snapshot_place *place)
{
	if (!*place->control) {
		puts("control      unknown");
		return;
	}
	printf("control      %s%s%s (by %s: %s%s%s)\n", output_bold(), place->control, output_plain(), place->tier,
	       place->control_source, *place->control_date ? " of " : "", place->control_date);
	if (!*place->operator)
		return;
	printf("operator     %s, of %s\n", place->operator_name, place->operator_parent);
	printf("             %s (reviewed %s)\n", place->citation, place->reviewed);
}

void explain_text(const struct explain *explain, const struct resid_answer *answer)
{
	const struct destination_place *outer = &explain->to.place[0];
	size_t i;

	explain_text_class(explain);
	if (explain->tag)
		explain_tag_text(explain->tag);
	printf("destination  %s", outer->text);
	if (explain->to.flow.has_port)
		printf(" port %u", explain->to.flow.dport);
	if (explain->to.proto_name)
		printf(" protocol %s", explain->to.proto_name);
	if (explain->to.flow.direction)
		printf(", %s", explain->to.flow.direction == RESID_DIR_REPLY ? "a reply" : "of a flow that began here");
	putchar('\n');
	if (explain->to.link)
		puts("link         it never leaves the link, so it passes whatever the policy says");
	for (i = 0; i < explain->to.count; i++) {
		const struct destination_place *place = &explain->to.place[i];
		struct snapshot_rule rule = snapshot_rule_at(explain->snapshot, place->rule);

		if (i)
			printf("carries      %s\n", place->text);
		printf("prefix       %s\nlocation     %s%s%s (%s%s%s)\n", place->place.prefix, output_bold(),
		       place->place.location, output_plain(), place->place.source, *place->place.source_date ? " of " : "",
		       place->place.source_date);
		explain_text_control(&place->place);
		printf("rule         %s: %s\n", rule.id, rule.reason);
		if (*rule.clause)
			printf("clause       %s\n", rule.clause);
		if (*rule.justification)
			printf("justified    %s\n", rule.justification);
		window_text(&rule);
		printf("verdict      %s%s%s%s\n",
		       output_verdict_colour(rule.verdict), output_verdict(rule.verdict), output_plain(),
		       explain->to.count > 1 && i == explain->to.decided ? " (the strictest, so it holds)" : "");
	}
	if (explain_ways_differ(explain))
		explain_text_ways(explain);
	if (answer)
		explain_kernel_text(explain, answer);
}

void explain_brief(const struct explain *explain, const struct resid_answer *answer)
{
	const struct destination_place *decided = &explain->to.place[explain->to.decided];
	struct snapshot_rule rule = snapshot_rule_at(explain->snapshot, decided->rule);

	printf("%s %s %s %s\n", explain->class_name, explain->to.place[0].text,
	       explain->to.link ? "link" : output_verdict(rule.verdict), rule.id);
	if (answer && !explain_kernel_agrees(explain, answer))
		explain_kernel_text(explain, answer);
}
