// SPDX-License-Identifier: Apache-2.0
#include "explain_view.h"

#include <stdio.h>
#include <string.h>

#include "explain_kernel.h"
#include "explain_tag.h"
#include "place.h"
#include "window.h"

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
	return !explain->to.flow.direction &&
	       strcmp(explain_way(explain, RESID_DIR_ORIGINAL).id, explain_way(explain, RESID_DIR_REPLY).id);
}

static void explain_by_direction(struct view *view, const struct explain *explain)
{
	if (!explain_ways_differ(explain))
		return;
	view_object(view, "by_direction", "by direction");
	for (size_t i = 0; i < 2; i++) {
		const char *name = explain_directions[explain_ways[i]];
		struct snapshot_rule rule = explain_way(explain, explain_ways[i]);

		view_verdict(view, NULL, name, rule.verdict);
		view_note(view, " by %s: %s", rule.id, rule.reason);
		view_object(view, name, NULL);
		view_text(view, "rule", NULL, rule.id);
		view_verdict(view, "verdict", NULL, rule.verdict);
		view_end(view);
	}
	view_end(view);
}

static void explain_class(struct view *view, const struct explain *explain)
{
	const char *judged_as = NULL;
	bool permissive = false;

	for (size_t i = 0; i < snapshot_class_count(explain->snapshot); i++) {
		struct snapshot_class class = snapshot_class_at(explain->snapshot, i);

		if (class.id != explain->class_id)
			continue;
		judged_as = class.judged_as;
		permissive = class.permissive;
	}
	view_text(view, "class", "class", explain->class_name);
	view_note(view, " (%u)%s%s%s", explain->class_id, judged_as ? ", judged as " : "", judged_as ?: "",
		  permissive ? ", permissive: recorded, not refused" : "");
	view_number(view, "class_id", NULL, explain->class_id);
}

static void explain_destination(struct view *view, const struct explain *explain)
{
	static const char *const way[] = { "", ", of a flow that began here", ", a reply" };
	const struct resid_flow *flow = &explain->to.flow;
	char port[16] = "";

	if (flow->has_port)
		snprintf(port, sizeof(port), " port %u", flow->dport);
	view_prefix(view, "address", "destination", explain->to.place[0].text);
	view_note(view, "%s%s%s%s", port, explain->to.proto_name ? " protocol " : "", explain->to.proto_name ?: "",
		  way[flow->direction]);
	if (flow->has_port)
		view_number(view, "port", NULL, flow->dport);
	if (flow->proto_known)
		view_number(view, "proto", NULL, flow->proto);
}

static void explain_place(struct view *view, const struct explain *explain, const struct destination_place *at)
{
	const struct place place = { explain->snapshot, &at->place, at->family, at->address };

	place_view(view, &place);
	place_view_opinions(view, &place);
}

static void explain_rule(struct view *view, const struct snapshot_rule *rule)
{
	view_text(view, "rule", "rule", rule->id);
	view_note(view, ": %s", rule->reason);
	view_text(view, "reason", NULL, rule->reason);
	view_known(view, "clause", "clause", rule->clause);
	view_known(view, "justification", "justified", rule->justification);
	window_view(view, rule);
	view_verdict(view, "verdict", "verdict", rule->verdict);
}

/* What an IPv6 address carries is judged as well. */
static void explain_embedded(struct view *view, const struct explain *explain)
{
	const struct destination *to = &explain->to;

	if (to->count < 2)
		return;
	view_table(view, "embedded", "", NULL);
	for (size_t i = 1; i < to->count; i++) {
		const struct destination_place *place = &to->place[i];
		struct snapshot_rule rule = snapshot_rule_at(explain->snapshot, place->rule);

		view_row(view);
		view_prefix(view, "address", "carries", place->text);
		explain_place(view, explain, place);
		explain_rule(view, &rule);
		view_end(view);
	}
	view_end(view);
	view_prefix(view, "decided_by", "decided by", to->place[to->decided].text);
	view_note(view, ", whose verdict is the strictest");
}

/* The outer address leads; rule and verdict are those that hold, wherever they come from. */
void explain_view(struct view *view, const struct explain *explain, const struct resid_answer *answer)
{
	const struct destination *to = &explain->to;
	struct snapshot_rule rule = snapshot_rule_at(explain->snapshot, to->place[to->decided].rule);

	explain_class(view, explain);
	if (explain->tag)
		explain_tag_view(view, explain->tag);
	explain_destination(view, explain);
	explain_place(view, explain, &to->place[0]);
	explain_embedded(view, explain);
	if (to->link) {
		view_bool(view, "link", NULL, true);
		view_text(view, NULL, "link", "it never leaves the link");
	}
	if (to->flow.direction)
		view_text(view, "direction", NULL, explain_directions[to->flow.direction]);
	explain_rule(view, &rule);
	explain_by_direction(view, explain);
	if (answer)
		explain_kernel_view(view, explain, answer);
	view_text(view, "policy", NULL, snapshot_policy_name(explain->snapshot));
	view_hex(view, "generation", NULL, snapshot_generation(explain->snapshot), RESID_DIGEST_LEN);
}

const struct view_column explain_columns[] = {
	{ .label = "class" }, { .label = "address" }, { .label = "verdict" }, { .label = "rule" }, { NULL },
};

void explain_brief(struct view *view, const struct explain *explain, const struct resid_answer *answer)
{
	const struct destination *to = &explain->to;
	struct snapshot_rule rule = snapshot_rule_at(explain->snapshot, to->place[to->decided].rule);

	view_text(view, NULL, "class", explain->class_name);
	view_prefix(view, NULL, "address", to->place[0].text);
	view_verdict(view, NULL, "verdict", rule.verdict);
	view_text(view, NULL, "rule", rule.id);
	if (answer && !explain_kernel_agrees(explain, answer))
		view_more(view, "%s", explain_kernel_says(explain, answer).text);
}
