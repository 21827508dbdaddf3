// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <stdio.h>
#include <string.h>

#include "node/report.h"
#include "residctl/output.h"
#include "util/jsonw.h"
#include "residctl/snapshots.h"
#include "util/hex.h"
#include "util/rfc3339.h"
#include "residctl/window.h"

/* What a control source supplies, and what is said where it was not there. */
static const struct {
	const char *tier, *sentence;
} policy_show_tiers[] = {
	{ "feed", "no ranges that operators publish (--feed): that tier of control says nothing" },
	{ "operator", "no AS database (--asn): curated operators are not known by AS" },
	{ "rir", "no holders of the registries (--rir): that tier of control says nothing" },
};

static bool policy_show_has_tier(const struct snapshot *snapshot, const char *tier)
{
	size_t i;

	for (i = 0; i < snapshot_source_count(snapshot); i++)
		if (!strcmp(snapshot_source_at(snapshot, i).tier, tier))
			return true;
	return false;
}

static void policy_show_json_data(struct jsonw *json, const struct snapshot *snapshot)
{
	char ends[RFC3339_TEXT];
	size_t i;

	report_sources(json, "sources", snapshot);
	jsonw_array(json, "tiers_without_source");
	for (i = 0; i < sizeof(policy_show_tiers) / sizeof(policy_show_tiers[0]); i++)
		if (!policy_show_has_tier(snapshot, policy_show_tiers[i].tier))
			jsonw_string(json, NULL, policy_show_tiers[i].tier);
	jsonw_array_end(json);
	jsonw_array(json, "sets");
	for (i = 0; i < snapshot_set_count(snapshot); i++) {
		struct snapshot_set set = snapshot_set_at(snapshot, i);

		jsonw_object(json, NULL);
		jsonw_string(json, "set", set.name);
		jsonw_string(json, "date", set.date);
		jsonw_string(json, "source", set.source);
		jsonw_string(json, "members", set.members);
		if (set.ends) {
			rfc3339_format(set.ends, ends);
			jsonw_string(json, "ends", ends);
		}
		jsonw_object_end(json);
	}
	jsonw_array_end(json);
}

static void policy_show_json(const struct snapshot *snapshot)
{
	_cleanup_(jsonw_fini) struct jsonw json = { 0 };
	char stale[RFC3339_TEXT];
	size_t i;

	jsonw_object(&json, NULL);
	jsonw_hex(&json, "generation", snapshot_generation(snapshot), RESID_DIGEST_LEN);
	jsonw_string(&json, "policy", snapshot_policy_name(snapshot));
	report_classes(&json, "classes", snapshot, NULL);
	jsonw_array(&json, "rules");
	for (i = 0; i < snapshot_rule_count(snapshot); i++) {
		struct snapshot_rule rule = snapshot_rule_at(snapshot, i);

		jsonw_object(&json, NULL);
		jsonw_string(&json, "id", rule.id);
		jsonw_string(&json, "verdict", output_verdict(rule.verdict));
		jsonw_string(&json, "reason", rule.reason);
		if (*rule.clause)
			jsonw_string(&json, "clause", rule.clause);
		if (*rule.justification)
			jsonw_string(&json, "justification", rule.justification);
		window_json(&json, &rule);
		jsonw_object_end(&json);
	}
	jsonw_array_end(&json);
	policy_show_json_data(&json, snapshot);
	if (snapshot_stale_at(snapshot)) {
		rfc3339_format(snapshot_stale_at(snapshot), stale);
		jsonw_string(&json, "stale_at", stale);
	}
	jsonw_u64(&json, "zones", snapshot_zone_count(snapshot));
	jsonw_u64(&json, "groups", snapshot_table(snapshot)->core->group_count);
	jsonw_u64(&json, "ranges", snapshot_range_count(snapshot));
	jsonw_string(&json, "text", snapshot_policy_text(snapshot));
	jsonw_object_end(&json);
	output_json(&json);
}

static void policy_show_text(const struct snapshot *snapshot)
{
	char hex[2 * RESID_DIGEST_LEN + 1], stale[RFC3339_TEXT];
	const char *text = snapshot_policy_text(snapshot);
	size_t i;

	hex_format(snapshot_generation(snapshot), RESID_DIGEST_LEN, hex);
	printf("# policy      %s\n# generation  %s\n", snapshot_policy_name(snapshot), hex);
	for (i = 0; i < snapshot_source_count(snapshot); i++) {
		struct snapshot_source source = snapshot_source_at(snapshot, i);

		if (*source.file)
			printf("# data        %s, %s, of %s\n", source.name, source.file,
			       *source.date ? source.date : "unknown date");
		if (*source.accepted)
			printf("# accepted    %s %s\n", source.name, source.accepted);
	}
	if (snapshot_stale_at(snapshot)) {
		rfc3339_format(snapshot_stale_at(snapshot), stale);
		printf("# stale       from %s on\n", stale);
	}
	for (i = 0; i < sizeof(policy_show_tiers) / sizeof(policy_show_tiers[0]); i++)
		if (!policy_show_has_tier(snapshot, policy_show_tiers[i].tier))
			printf("# no opinion  %s\n", policy_show_tiers[i].sentence);
	for (i = 0; i < snapshot_set_count(snapshot); i++) {
		struct snapshot_set set = snapshot_set_at(snapshot, i);

		printf("# set         %s %s: %s\n", set.name, set.date, set.members);
	}
	printf("\n%s", text);
	if (*text && text[strlen(text) - 1] != '\n')
		putchar('\n');
}

static int policy_show_run(const struct call *call, struct resid_error *err)
{
	return snapshots_show(call, policy_show_json, policy_show_text, err);
}

const struct command command_policy_show = {
	.name = "policy show",
	.args = "",
	.summary = "show the policy and the data that it was compiled with",
	.detail = "The text is the policy as it was compiled, below comments that name its generation, the data and the "
		  "country sets with their dates.",
	.min_args = 0,
	.max_args = 0,
	.options = snapshots_show_options,
	.run = policy_show_run,
};
