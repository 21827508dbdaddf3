// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <string.h>

#include "node/report.h"
#include "residctl/classes.h"
#include "residctl/snapshots.h"
#include "residctl/window.h"

/* What a control source supplies, and what is said where it was not there. */
static const struct {
	const char *tier, *sentence;
} policy_show_sentences[] = {
	{ "feed", "no ranges that operators publish (--feed): that tier of control says nothing" },
	{ "operator", "no AS database (--asn): curated operators are not known by AS" },
	{ "registered", "no holders of the registries (--rir): where they are registered is not known, and contradicts nothing" },
};

static bool policy_show_has_tier(const struct snapshot *snapshot, const char *tier)
{
	for (size_t i = 0; i < snapshot_source_count(snapshot); i++)
		if (!strcmp(snapshot_source_at(snapshot, i).tier, tier))
			return true;
	return false;
}

static void policy_show_rules(struct view *view, const struct snapshot *snapshot)
{
	view_table(view, "rules", NULL, NULL);
	for (size_t i = 0; i < snapshot_rule_count(snapshot); i++) {
		struct snapshot_rule rule = snapshot_rule_at(snapshot, i);

		view_row(view);
		view_text(view, "id", NULL, rule.id);
		view_verdict(view, "verdict", NULL, rule.verdict);
		view_text(view, "reason", NULL, rule.reason);
		view_known(view, "clause", NULL, rule.clause);
		view_known(view, "justification", NULL, rule.justification);
		window_view(view, &rule);
		view_end(view);
	}
	view_end(view);
}

static void policy_show_sources(struct view *view, const struct snapshot *snapshot)
{
	_cleanup_(jsonw_fini) struct jsonw json = { 0 };

	for (size_t i = 0; i < snapshot_source_count(snapshot); i++) {
		struct snapshot_source source = snapshot_source_at(snapshot, i);

		if (*source.file)
			view_format(view, NULL, "data", "%s, %s, of %s", source.name, source.file,
				    *source.date ? source.date : "unknown date");
		if (*source.accepted)
			view_format(view, NULL, "accepted", "%s %s", source.name, source.accepted);
	}
	report_sources(&json, NULL, snapshot);
	view_raw(view, "sources", NULL, json.text, json.length);
}

static void policy_show_tiers(struct view *view, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < sizeof(policy_show_sentences) / sizeof(*policy_show_sentences); i++)
		if (!policy_show_has_tier(snapshot, policy_show_sentences[i].tier))
			view_text(view, NULL, "no opinion", policy_show_sentences[i].sentence);
	view_list(view, "tiers_without_source", NULL);
	for (size_t i = 0; i < sizeof(policy_show_sentences) / sizeof(*policy_show_sentences); i++)
		if (!policy_show_has_tier(snapshot, policy_show_sentences[i].tier))
			view_text(view, NULL, NULL, policy_show_sentences[i].tier);
	view_end(view);
}

static void policy_show_sets(struct view *view, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot_set_count(snapshot); i++) {
		struct snapshot_set set = snapshot_set_at(snapshot, i);

		view_format(view, NULL, "set", "%s %s: %s", set.name, set.date, set.members);
	}
	view_table(view, "sets", NULL, NULL);
	for (size_t i = 0; i < snapshot_set_count(snapshot); i++) {
		struct snapshot_set set = snapshot_set_at(snapshot, i);

		view_row(view);
		view_text(view, "set", NULL, set.name);
		view_text(view, "date", NULL, set.date);
		view_text(view, "source", NULL, set.source);
		view_text(view, "members", NULL, set.members);
		if (set.ends)
			view_time(view, "ends", NULL, set.ends);
		view_end(view);
	}
	view_end(view);
}

/* As text a policy that can be loaded: what is known of it stands in comments above. */
static int policy_show_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;

	if (snapshots_open(call, &snapshot, err))
		return -1;
	view->comment = true;
	view_hex(view, "generation", "generation", snapshot_generation(snapshot), RESID_DIGEST_LEN);
	view_text(view, "policy", "policy", snapshot_policy_name(snapshot));
	view_table(view, "classes", NULL, classes_columns);
	classes_view(view, snapshot, NULL);
	view_end(view);
	policy_show_rules(view, snapshot);
	policy_show_sources(view, snapshot);
	if (snapshot_stale_at(snapshot)) {
		view_time(view, "stale_at", "stale", snapshot_stale_at(snapshot));
		view_note(view, " and after");
	}
	policy_show_tiers(view, snapshot);
	policy_show_sets(view, snapshot);
	view_number(view, "zones", NULL, snapshot_zone_count(snapshot));
	view_number(view, "groups", NULL, snapshot_table(snapshot)->core->group_count);
	view_number(view, "ranges", NULL, snapshot_range_count(snapshot));
	view_block(view, "text", "text", snapshot_policy_text(snapshot));
	return RESID_EXIT_OK;
}

static const struct command_option policy_show_options[] = { SNAPSHOTS_ONE_OPTION, { NULL, NULL, NULL } };

const struct command command_policy_show = {
	.name = "policy show",
	.args = "",
	.summary = "show the policy and the data that it was compiled with",
	.detail = "The text is the policy as it was compiled, below comments that name its generation, the data and the "
		  "country sets with their dates.",
	.json = "one object",
	.min_args = 0,
	.max_args = 0,
	.options = policy_show_options,
	.run = policy_show_run,
};
