// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "spool/spool.h"
#include "residctl/events.h"
#include "node/report.h"
#include "util/address.h"
#include "util/rfc3339.h"

#define SECOND_NS	1000000000u

DEFINE_CLEANUP(spool, struct spool *, spool_free);
DEFINE_CLEANUP(cursor, struct spool_cursor *, spool_cursor_free);

struct query {
	uint64_t since, until;	/* wall, ns; inclusive, exclusive */
	const char *class_name, *tenant, *rule, *operator, *location, *verdict;
	bool has_to;
	struct prefix to;
};

struct query_sum {
	uint64_t records, packets, bytes;
};

/* RFC 3339, or how long ago: 90s, 15m, 24h, 7d. */
static int query_time(const char *option, const char *text, uint64_t *out, struct resid_error *err)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	const char *wrong;
	int64_t when;
	char *end;
	unsigned long long ago = strtoull(text, &end, 10);

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (end == text || end[0] != units[i].unit || end[1] || ago > 36500)
			continue;
		*out = ((uint64_t)time(NULL) - ago * units[i].seconds) * SECOND_NS;
		return 0;
	}
	wrong = rfc3339_parse(text, &when);
	if (wrong)
		return resid_fail(err, RESID_EXIT_USAGE, "--%s takes a time, or how long ago (24h, 7d): `%.80s` %s", option,
				  text, wrong);
	*out = (uint64_t)when * SECOND_NS;
	return 0;
}

static int query_read(const struct call *call, struct query *query, struct resid_error *err)
{
	const char *since = call_option(call, "since"), *until = call_option(call, "until");
	const char *to = call_option(call, "to"), *wrong;

	*query = (struct query){
		.until = UINT64_MAX,
		.class_name = call_option(call, "class"),
		.tenant = call_option(call, "tenant"),
		.rule = call_option(call, "rule"),
		.operator = call_option(call, "operator"),
		.location = call_option(call, "location"),
		.verdict = call_option(call, "verdict"),
		.has_to = to,
	};
	if ((since && query_time("since", since, &query->since, err)) ||
	    (until && query_time("until", until, &query->until, err)))
		return -1;
	if (query->since >= query->until)
		return resid_fail(err, RESID_EXIT_USAGE, "--until is not after --since: nothing can be between them");
	if (query->verdict && strcmp(query->verdict, "audit") && strcmp(query->verdict, "reject") &&
	    strcmp(query->verdict, "drop"))
		return resid_fail(err, RESID_EXIT_USAGE, "--verdict takes audit, reject or drop, not `%.80s`", query->verdict);
	wrong = to ? prefix_parse(to, &query->to) : NULL;
	if (wrong)
		return resid_fail(err, RESID_EXIT_USAGE, "--to: `%.80s` %s", to, wrong);
	return 0;
}

static bool query_text(const char *wanted, const char *have)
{
	return !wanted || (have && !strcmp(wanted, have));
}

static bool query_to(const struct query *query, const struct audit_event *event)
{
	u128 key;

	if (!query->has_to)
		return true;
	if (event->family != query->to.family ||
	    (event->dst.state != AUDIT_ADDRESS_WHOLE && event->dst.state != AUDIT_ADDRESS_TRUNCATED))
		return false;
	/* Of a truncated address the bits that are left must fit. */
	key = address_key(event->family, event->dst.bytes);
	if (event->dst.length < query->to.length)
		return (query->to.first & prefix_mask(event->dst.length)) == key;
	return (key & prefix_mask(query->to.length)) == query->to.first;
}

static bool query_fits(const struct query *query, const struct audit_event *event)
{
	bool plain = !query->class_name && !query->tenant && !query->rule && !query->operator && !query->location &&
		     !query->verdict && !query->has_to;

	if (event->last_wall_ns < query->since || event->first_wall_ns >= query->until)
		return false;
	/* Gaps and notices concern whoever asks for all. */
	if (event->kind != AUDIT_KIND_EGRESS)
		return plain && event->kind != AUDIT_KIND_HEAD;
	return query_text(query->class_name, event->class_name) && query_text(query->tenant, event->tenant) &&
	       query_text(query->rule, event->rule) && query_text(query->operator, event->operator) &&
	       query_text(query->location, event->location) &&
	       query_text(query->verdict, report_verdict(event->verdict)) && query_to(query, event);
}

static int query_walk(const struct query *query, const char *dir, struct events *events, struct query_sum *sum,
		      struct resid_error *err)
{
	_cleanup_(cleanup_spool) struct spool *spool = NULL;
	_cleanup_(cleanup_cursor) struct spool_cursor *cursor = NULL;
	struct audit_event event;
	int result;

	if (spool_open_read(dir, &spool, err) || spool_cursor_open(spool, NULL, &cursor, err) ||
	    spool_cursor_seek_time(cursor, query->since, err))
		return -1;
	while ((result = spool_cursor_next(cursor, &event, err)) > 0) {
		if (!query_fits(query, &event))
			continue;
		events_print(events, &event);
		sum->records++;
		sum->packets += event.packets;
		sum->bytes += event.bytes;
		if (ferror(stdout))
			break;
	}
	return result;
}

static int query_do(const struct call *call, const struct query *query, enum events_form form, struct resid_error *err)
{
	_cleanup_(cleanup_events) struct events *events = NULL;
	struct query_sum sum = { 0 };

	if (events_new(form, &events, err) || query_walk(query, call_option(call, "spool"), events, &sum, err) < 0)
		return -1;
	if (form == EVENTS_TABLE)
		printf("%" PRIu64 " records, %" PRIu64 " packets, %" PRIu64 " bytes\n", sum.records, sum.packets, sum.bytes);
	return RESID_EXIT_OK;
}

static int audit_query_run(const struct call *call, struct view *view, struct resid_error *err)
{
	bool as_json = (view->output.form == VIEW_FORM_JSON), as_csv = call_option(call, "csv");
	struct query query;

	if (as_json && as_csv)
		return resid_fail(err, RESID_EXIT_USAGE, "--json and --csv exclude each other");
	if (query_read(call, &query, err))
		return -1;
	return query_do(call, &query, as_json ? EVENTS_JSON : as_csv ? EVENTS_CSV : EVENTS_TABLE, err);
}

static int audit_export_run(const struct call *call, struct view *view, struct resid_error *err)
{
	struct query query;

	if (!call_option(call, "tenant"))
		return resid_fail(err, RESID_EXIT_USAGE, "audit export: --tenant is missing; `audit query --json` gives all");
	if (query_read(call, &query, err))
		return -1;
	return query_do(call, &query, call_option(call, "csv") ? EVENTS_CSV : EVENTS_JSON, err);
}

static const struct command_option audit_query_options[] = {
	{ "since", "TIME", "what was seen at or after: 2026-03-01T00:00:00Z, or an age like 24h" },
	{ "until", "TIME", "what began before" },
	{ "class", "CLASS", "whose data" },
	{ "tenant", "TENANT", "of this tenant" },
	{ "rule", "ID", "judged by this rule" },
	{ "to", "PREFIX", "destinations in it" },
	{ "location", "CC", "destinations there" },
	{ "operator", "ID", "destinations of this operator" },
	{ "verdict", "VERDICT", "audit, reject or drop" },
	{ "spool", "DIR", "another spool than this node's" },
	{ "csv", NULL, "RFC 4180" },
	{ NULL },
};

const struct command command_audit_query = {
	.name = "audit query",
	.args = "",
	.summary = "find records in the spool",
	.detail = "All conditions must hold. A verdict in brackets was not carried out: mode or class were permissive. The table "
		  "ends with the sums of packets and bytes.",
	.json = "an object a record, a line each",
	.min_args = 0,
	.max_args = 0,
	.options = audit_query_options,
	.run = audit_query_run,
};

static const struct command_option audit_export_options[] = {
	{ "tenant", "TENANT", "whose records" },
	{ "since", "TIME", "what was seen at or after: 2026-03-01T00:00:00Z, or an age like 24h" },
	{ "until", "TIME", "what began before" },
	{ "spool", "DIR", "another spool than this node's" },
	{ "csv", NULL, "RFC 4180 instead of one JSON object a line" },
	{ NULL },
};

const struct command command_audit_export = {
	.name = "audit export",
	.args = "",
	.summary = "give a tenant its own records",
	.detail = "Records whose workload assign.d gave to that tenant, and nothing of anybody else.",
	.json = "an object a record, a line each",
	.min_args = 0,
	.max_args = 0,
	.options = audit_export_options,
	.run = audit_export_run,
};
