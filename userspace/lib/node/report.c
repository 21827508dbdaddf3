// SPDX-License-Identifier: Apache-2.0
#include "node/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "node/store.h"
#include "util/rfc3339.h"

static const char *const report_verdicts[] = { "allow", "audit", "reject", "drop" };
_Static_assert(sizeof(report_verdicts) / sizeof(*report_verdicts) == RESID_V_COUNT, "a name for each verdict");

const char *report_verdict(enum resid_verdict verdict)
{
	return (unsigned int)verdict < RESID_V_COUNT ? report_verdicts[verdict] : "unknown";
}

const char *report_rule(const struct snapshot *snapshot, uint64_t key, char unknown[32])
{
	for (size_t i = 0; snapshot && i < snapshot_rule_count(snapshot); i++) {
		struct snapshot_rule rule = snapshot_rule_at(snapshot, i);

		if (rule.key == key)
			return rule.id;
	}
	if (key == RESID_KEY_NO_POLICY)
		return "no-policy";	/* booted closed, before the first one */
	if (key == RESID_KEY_GONE)
		return "past-rules";
	snprintf(unknown, 32, "key-%016" PRIx64, key);
	return unknown;
}

void report_time(uint64_t wall_ns, char out[REPORT_TIME])
{
	time_t seconds = (time_t)(wall_ns / 1000000000u);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	snprintf(out, REPORT_TIME, "%04d-%02d-%02dT%02d:%02d:%02d.%09uZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		 tm.tm_hour, tm.tm_min, tm.tm_sec, (unsigned int)(wall_ns % 1000000000u));
}

static bool report_has_direction(const struct snapshot *snapshot)
{
	const struct resid_table *table = snapshot_table(snapshot);

	for (size_t i = 0; i < table->core->step_count; i++)
		if (table->step[i].flags & (RESID_STEP_F_ORIGINAL | RESID_STEP_F_REPLY))
			return true;
	return false;
}

void report_direction(const struct resid_nl_status *status, const struct snapshot *snapshot,
		      char out[REPORT_DIRECTION])
{
	static const char *const family[] = { "", " for IPv4", " for IPv6", "" };
	uint32_t others = status->untracked - !!status->untracked_own;
	char where[128] = "", more[64] = "";

	*out = '\0';
	if (!status->untracked || !report_has_direction(snapshot))
		return;
	if (status->untracked_own)
		snprintf(where, sizeof(where), "the initial network namespace%s", family[status->untracked_own & 3]);
	if (others)
		snprintf(more, sizeof(more), "%s%" PRIu32 " of %" PRIu32 " other network namespaces", *where ? " and " : "", others,
			 status->netns - 1);
	snprintf(out, REPORT_DIRECTION,
		 "the policy has rules with a direction, and conntrack is off in %s%s: there each packet takes the stricter "
		 "of the verdicts for original and reply, until `nft 'table inet direction { chain c { type filter hook "
		 "output priority 0; ct state new; }; }'` in the namespace switches it on", where, more);
}

void report_status(struct jsonw *json, const struct resid_nl_status *status, const struct snapshot *snapshot)
{
	bool same = snapshot && status->has_generation &&
		    !memcmp(snapshot_generation(snapshot), status->generation, RESID_DIGEST_LEN);
	char mask[16], stale_at[RFC3339_TEXT], direction[REPORT_DIRECTION];
	int64_t ended_at;
	const char *ended;

	jsonw_bool(json, "armed", status->has_generation);
	if (!status->has_generation)
		jsonw_bool(json, "closed", status->closed);
	jsonw_string(json, "mode", store_mode_name(status->mode));
	if (status->confirm)
		jsonw_u64(json, "mode_confirm_seconds", status->confirm);
	jsonw_string(json, "boot", status->boot == RESID_BOOT_CLOSED ? "closed" : "open");
	if (status->has_generation)
		jsonw_hex(json, "generation", status->generation, RESID_DIGEST_LEN);
	if (status->policy_confirm)
		jsonw_u64(json, "policy_confirm_seconds", status->policy_confirm);
	if (same)
		jsonw_string(json, "policy", snapshot_policy_name(snapshot));
	if (same && snapshot_stale_at(snapshot)) {
		rfc3339_format(snapshot_stale_at(snapshot), stale_at);
		jsonw_string(json, "data_stale_at", stale_at);
		jsonw_bool(json, "data_stale", time(NULL) >= snapshot_stale_at(snapshot));
	}
	ended = same ? snapshot_set_ended(snapshot, time(NULL), &ended_at) : NULL;
	if (ended) {
		rfc3339_format(ended_at, stale_at);
		jsonw_string(json, "set_ended", ended);
		jsonw_string(json, "set_ended_at", stale_at);
	}
	jsonw_bool(json, "tagger_loaded", status->tagger);
	if (status->tagger)
		jsonw_u64(json, "tagger", status->tagger);
	snprintf(mask, sizeof(mask), "0x%08" PRIx32, status->mark_mask);
	jsonw_string(json, "mark_mask", mask);
	jsonw_u64(json, "devices", status->devices);
	jsonw_u64(json, "network_namespaces", status->netns);
	jsonw_u64(json, "network_namespaces_untracked", status->untracked);
	jsonw_bool(json, "untracked_ipv4", status->untracked_own & RESID_UNTRACKED_IPV4);
	jsonw_bool(json, "untracked_ipv6", status->untracked_own & RESID_UNTRACKED_IPV6);
	if (same) {
		jsonw_bool(json, "direction_rules", report_has_direction(snapshot));
		report_direction(status, snapshot, direction);
		if (*direction)
			jsonw_string(json, "direction_unknown", direction);
	}
	jsonw_hex(json, "instance", status->instance, sizeof(status->instance));
	jsonw_object(json, "audit");
	jsonw_u64(json, "slots_per_cpu", status->audit_slots);
	jsonw_u64(json, "slots_used", status->audit_used);
	if (status->audit_batch)
		jsonw_u64(json, "batch_waiting", status->audit_batch);
	jsonw_u64(json, "batch_acknowledged", status->audit_acked);
	jsonw_u64(json, "packets_folded", status->audit_folded);
	jsonw_u64(json, "packets_denied", status->audit_denied);
	jsonw_object_end(json);
}

void report_sources(struct jsonw *json, const char *key, const struct snapshot *snapshot)
{
	size_t i;

	jsonw_array(json, key);
	for (i = 0; i < snapshot_source_count(snapshot); i++) {
		struct snapshot_source source = snapshot_source_at(snapshot, i);

		if (!*source.file)
			continue;
		jsonw_object(json, NULL);
		jsonw_string(json, "source", source.name);
		jsonw_string(json, "file", source.file);
		jsonw_string(json, "date", source.date);
		jsonw_string(json, "tier", source.tier);
		jsonw_u64(json, "prefixes", source.prefixes);
		jsonw_u64(json, "addresses", source.v4);
		jsonw_u64(json, "slash64", source.v6);
		jsonw_hex(json, "sha256", source.sha256, RESID_DIGEST_LEN);
		if (*source.accepted)
			jsonw_string(json, "accepted", source.accepted);
		jsonw_object_end(json);
	}
	jsonw_array_end(json);
}
