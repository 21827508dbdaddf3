// SPDX-License-Identifier: Apache-2.0
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "node/report.h"
#include "util/hex.h"
#include "util/utf8.h"

#define METRICS_PUT(out, literal) jsonw_raw(out, literal, sizeof(literal) - 1)

static void metrics_text(struct jsonw *out, const char *text)
{
	jsonw_raw(out, text, strlen(text));
}

/* The help and type that begin a family. */
static void metrics_family(struct jsonw *out, const char *name, const char *type, const char *help)
{
	METRICS_PUT(out, "# HELP ");
	metrics_text(out, name);
	METRICS_PUT(out, " ");
	metrics_text(out, help);
	METRICS_PUT(out, "\n# TYPE ");
	metrics_text(out, name);
	METRICS_PUT(out, " ");
	metrics_text(out, type);
	METRICS_PUT(out, "\n");
}

static void metrics_value(struct jsonw *out, uint64_t value)
{
	METRICS_PUT(out, " ");
	jsonw_raw_u64(out, value);
	METRICS_PUT(out, "\n");
}

/* A family of one sample. */
static void metrics_one(struct jsonw *out, const char *name, const char *type, const char *help, uint64_t value)
{
	metrics_family(out, name, type, help);
	metrics_text(out, name);
	metrics_value(out, value);
}

static void metrics_label(struct jsonw *out, char before, const char *name, const char *value)
{
	jsonw_raw(out, &before, 1);
	metrics_text(out, name);
	METRICS_PUT(out, "=\"");
	for (const char *at = value; *at;) {
		size_t length = utf8_length(at);

		if (*at == '\n')
			METRICS_PUT(out, "\\n");
		else if (!length)
			METRICS_PUT(out, "\xef\xbf\xbd");
		else if (*at == '"' || *at == '\\')
			jsonw_raw(out, (const char[]){ '\\', *at }, 2);
		else
			jsonw_raw(out, at, length);
		at += length ?: 1;
	}
	METRICS_PUT(out, "\"");
}

/* ---- the module ------------------------------------------------------------------------------------------- */

static void metrics_counter(struct jsonw *out, const char *name, const struct metrics_facts *facts,
			    const struct resid_nl_counter *counter, uint64_t value)
{
	char unknown[32], class_name[16];

	snprintf(class_name, sizeof(class_name), "class-%u", counter->class_id);
	metrics_text(out, name);
	metrics_label(out, '{', "class",
		      facts->snapshot ? snapshot_class_name(facts->snapshot, counter->class_id) : class_name);
	metrics_label(out, ',', "verdict", report_verdict(counter->verdict));
	metrics_label(out, ',', "rule", report_rule(facts->snapshot, counter->rule, unknown));
	METRICS_PUT(out, "}");
	metrics_value(out, value);
}

static void metrics_counters(struct jsonw *out, const struct metrics_facts *facts)
{
	if (!facts->counter_count)
		return;
	metrics_family(out, "resid_verdict_packets_total", "counter",
		       "Packets refused or recorded, by class, verdict and rule, since the module was loaded.");
	for (size_t i = 0; i < facts->counter_count; i++)
		metrics_counter(out, "resid_verdict_packets_total", facts, &facts->counters[i], facts->counters[i].packets);
	metrics_family(out, "resid_verdict_bytes_total", "counter", "Their bytes, from the IP header on.");
	for (size_t i = 0; i < facts->counter_count; i++)
		metrics_counter(out, "resid_verdict_bytes_total", facts, &facts->counters[i], facts->counters[i].bytes);
}

static void metrics_audit(struct jsonw *out, const struct resid_nl_status *status)
{
	metrics_one(out, "resid_audit_slots", "gauge", "Slots of the kernel's audit table, a CPU.", status->audit_slots);
	metrics_one(out, "resid_audit_used_slots", "gauge", "Slots in use, all CPUs.", status->audit_used);
	metrics_one(out, "resid_audit_waiting_batches", "gauge", "Batches that wait for their acknowledgement.",
		    status->audit_batch != 0);
	metrics_one(out, "resid_audit_acknowledged_batches_total", "counter", "Batches that the spool has.",
		    status->audit_acked);
	metrics_one(out, "resid_audit_folded_packets_total", "counter",
		    "Packets recorded under a coarser key, because the table was full.", status->audit_folded);
}

static void metrics_module(struct jsonw *out, const struct metrics_facts *facts)
{
	const struct resid_nl_status *status = facts->status;

	metrics_one(out, "resid_module_loaded", "gauge", "Whether resid.ko is there.", status != NULL);
	if (!status)
		return;
	metrics_one(out, "resid_armed", "gauge", "Whether a policy is in force.", status->has_generation);
	metrics_one(out, "resid_enforcing", "gauge", "Whether the node refuses: 0 is permissive, which only records.",
		    status->mode == RESID_MODE_ENFORCING);
	metrics_one(out, "resid_boot_closed", "gauge", "Whether nothing leaves before a policy is loaded.",
		    status->boot == RESID_BOOT_CLOSED);
	metrics_one(out, "resid_tagger_loaded", "gauge", "Whether the module holds a tagger; without one all is unlabelled.",
		    status->tagger != 0);
	metrics_one(out, "resid_hooked_devices", "gauge", "Devices that are hooked, in all network namespaces.",
		    status->devices);
	metrics_one(out, "resid_hooked_network_namespaces", "gauge", "Network namespaces that are hooked.", status->netns);
	/* what is not known is not there: a zero would say that all is well */
	if (facts->unhooked_known)
		metrics_one(out, "resid_unhooked_devices", "gauge",
			    "Devices of the initial network namespace, but loopback, that are not hooked.",
			    facts->unhooked);
	metrics_audit(out, status);
	if (facts->counters_known)
		metrics_counters(out, facts);
}

/* ---- the policy ------------------------------------------------------------------------------------------- */

/* Midnight, UTC, of "2026-06-25"; 0: no date. */
static uint64_t metrics_day(const char *date)
{
	struct tm tm = { 0 };
	const char *end = strptime(date, "%Y-%m-%d", &tm);

	return end && !*end ? (uint64_t)timegm(&tm) : 0;
}

static void metrics_source(struct jsonw *out, const char *name, const struct snapshot_source *source, uint64_t value)
{
	metrics_text(out, name);
	metrics_label(out, '{', "source", source->name);
	metrics_label(out, ',', "file", source->file);
	METRICS_PUT(out, "}");
	metrics_value(out, value);
}

static void metrics_sources(struct jsonw *out, const struct snapshot *snapshot)
{
	metrics_family(out, "resid_source_prefixes", "gauge", "Prefixes that a source of the policy's data has.");
	for (size_t i = 0; i < snapshot_source_count(snapshot); i++) {
		struct snapshot_source source = snapshot_source_at(snapshot, i);

		metrics_source(out, "resid_source_prefixes", &source, source.prefixes);
	}
	metrics_family(out, "resid_source_timestamp_seconds", "gauge", "The day that a source says it is of.");
	for (size_t i = 0; i < snapshot_source_count(snapshot); i++) {
		struct snapshot_source source = snapshot_source_at(snapshot, i);

		if (metrics_day(source.date))
			metrics_source(out, "resid_source_timestamp_seconds", &source, metrics_day(source.date));
	}
}

static void metrics_classes(struct jsonw *out, const struct snapshot *snapshot)
{
	metrics_family(out, "resid_class_enforcing", "gauge", "Whether a class is refused anything: 0 is permissive.");
	for (size_t i = 0; i < snapshot_class_count(snapshot); i++) {
		struct snapshot_class class = snapshot_class_at(snapshot, i);

		if (class.judged_as)
			continue;
		METRICS_PUT(out, "resid_class_enforcing");
		metrics_label(out, '{', "class", class.name);
		METRICS_PUT(out, "}");
		metrics_value(out, !class.permissive);
	}
}

static void metrics_policy(struct jsonw *out, const struct snapshot *snapshot)
{
	char generation[2 * RESID_DIGEST_LEN + 1];

	if (!snapshot)
		return;
	hex_format(snapshot_generation(snapshot), RESID_DIGEST_LEN, generation);
	metrics_family(out, "resid_generation_info", "gauge", "The generation on disk, which the node restores.");
	METRICS_PUT(out, "resid_generation_info");
	metrics_label(out, '{', "generation", generation);
	metrics_label(out, ',', "policy", snapshot_policy_name(snapshot));
	METRICS_PUT(out, "}");
	metrics_value(out, 1);
	metrics_one(out, "resid_table_ranges", "gauge", "Ranges of the generation's full table.",
		    snapshot_range_count(snapshot));
	metrics_one(out, "resid_table_zones", "gauge", "Zones of the generation's full table.",
		    snapshot_zone_count(snapshot));
	if (snapshot_stale_at(snapshot) > 0)
		metrics_one(out, "resid_data_stale_timestamp_seconds", "gauge",
			    "From then on a source is older than the policy lets it be.",
			    (uint64_t)snapshot_stale_at(snapshot));
	metrics_sources(out, snapshot);
	metrics_classes(out, snapshot);
}

/* ---- records ---------------------------------------------------------------------------------------------- */

static void metrics_spool(struct jsonw *out, const struct metrics_facts *facts)
{
	if (!facts->spool)
		return;
	metrics_one(out, "resid_spool_bytes", "gauge", "Bytes of all segments.", facts->spool->bytes);
	metrics_one(out, "resid_spool_segments", "gauge", "Segments of the spool.", facts->spool->segments);
	metrics_one(out, "resid_spool_room_bytes", "gauge", "Bytes that the spool may still grow by.", facts->spool->room);
	metrics_one(out, "resid_spool_records_total", "counter", "Records ever written.", facts->spool->records);
	metrics_one(out, "resid_spool_writable", "gauge", "Whether the last batch could be written.",
		    facts->spool_writable);
	metrics_one(out, "resid_spool_small", "gauge", "Whether there is less room than the retention needs.",
		    facts->spool->small);
}

static void metrics_sink(struct jsonw *out, const struct metrics_facts *facts, const char *name, const char *type,
			 const char *help, uint64_t value(const struct sink_status *sink))
{
	if (!facts->sink_count)
		return;
	metrics_family(out, name, type, help);
	for (size_t i = 0; i < facts->sink_count; i++) {
		metrics_text(out, name);
		metrics_label(out, '{', "sink", facts->sinks[i].name);
		metrics_label(out, ',', "transport", facts->sinks[i].transport);
		METRICS_PUT(out, "}");
		metrics_value(out, value(&facts->sinks[i]));
	}
}

static uint64_t sink_up(const struct sink_status *sink)
{
	return sink->state == SINK_UP;
}

static uint64_t sink_lag(const struct sink_status *sink)
{
	return sink->lag;
}

static uint64_t sink_delivered(const struct sink_status *sink)
{
	return sink->delivered;
}

static uint64_t sink_failures(const struct sink_status *sink)
{
	return sink->failures;
}

static uint64_t sink_parked(const struct sink_status *sink)
{
	return sink->parked;
}

static void metrics_sinks(struct jsonw *out, const struct metrics_facts *facts)
{
	metrics_sink(out, facts, "resid_sink_up", "gauge", "Whether the last delivery succeeded.", sink_up);
	metrics_sink(out, facts, "resid_sink_lag_records", "gauge", "Records that the receiver does not have yet.", sink_lag);
	metrics_sink(out, facts, "resid_sink_delivered_records_total", "counter", "Records delivered since the start.",
		     sink_delivered);
	metrics_sink(out, facts, "resid_sink_failures_total", "counter", "Attempts that failed since the start.",
		     sink_failures);
	metrics_sink(out, facts, "resid_sink_parked_records_total", "counter",
		     "Records that the receiver refuses for ever, kept aside, since the start.", sink_parked);
}

void metrics_write(struct jsonw *out, const struct metrics_facts *facts)
{
	metrics_one(out, "resid_daemon_start_time_seconds", "gauge", "When residd was started.", facts->started);
	metrics_one(out, "resid_daemon_troubles", "gauge", "What is wrong now, as residctl status says it.",
		    facts->troubles);
	metrics_one(out, "resid_clock_synchronised", "gauge", "Whether the kernel says that the clock is synchronised.",
		    facts->clock_synchronised);
	metrics_module(out, facts);
	metrics_policy(out, facts->snapshot);
	metrics_spool(out, facts);
	metrics_sinks(out, facts);
}
