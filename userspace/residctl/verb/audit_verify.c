// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "spool/verify.h"
#include "residctl/output.h"
#include "util/jsonw.h"

struct audit_verify {
	struct jsonw json;
	bool as_json;
};

static void verify_print(void *context, bool proven, uint64_t segment, uint64_t sequence, const char *text)
{
	struct audit_verify *verify = context;

	if (verify->as_json) {
		jsonw_object(&verify->json, NULL);
		jsonw_bool(&verify->json, "before_anchor", proven);
		jsonw_u64(&verify->json, "segment", segment);
		if (sequence)
			jsonw_u64(&verify->json, "record", sequence);
		jsonw_string(&verify->json, "fault", text);
		jsonw_object_end(&verify->json);
		return;
	}
	printf("%s%s%s segment %" PRIu64, proven ? output_verdict_colour(RESID_V_DROP) : "",
	       proven ? "FAULT" : "fault in the unproven tail:", proven ? output_plain() : "", segment);
	if (sequence)
		printf(", record %" PRIu64, sequence);
	printf(": %s\n", text);
}

static void verify_json(struct jsonw *json, const struct verify_report *report, bool good)
{
	jsonw_array_end(json);
	jsonw_bool(json, "proven", good);
	jsonw_u64(json, "anchor_segment", report->anchor);
	jsonw_bool(json, "anchor_given", report->anchored);
	jsonw_u64(json, "first_segment", report->first_segment);
	jsonw_u64(json, "first_record", report->first_sequence);
	jsonw_u64(json, "segments", report->segments);
	jsonw_u64(json, "records", report->records);
	jsonw_u64(json, "faults", report->faults);
	jsonw_u64(json, "tail_segments", report->tail_segments);
	jsonw_u64(json, "tail_records", report->tail_records);
	jsonw_u64(json, "tail_faults", report->tail_faults);
	jsonw_u64(json, "unsigned_heads", report->unsigned_heads);
	jsonw_object_end(json);
	jsonw_line(json);
	fwrite(json->text, 1, json->length, stdout);
}

static void verify_text(const struct verify_report *report, bool with_key)
{
	if (report->anchor && !report->faults)
		printf("proven: %" PRIu64 " records in %" PRIu64 " segments, from record %" PRIu64 " to the head of segment %"
		       PRIu64 "%s\n", report->records, report->segments, report->first_sequence, report->anchor,
		       report->anchored ? ", which is the anchor's" : "");
	else if (!report->anchor)
		printf("proven: nothing, for no segment has been closed%s yet\n", with_key ? " and signed" : "");
	printf("unproven tail: %" PRIu64 " records in %" PRIu64 " segments\n", report->tail_records, report->tail_segments);
	if (report->unsigned_heads)
		printf("%" PRIu64 " heads are not signed\n", report->unsigned_heads);
	if (!with_key)
		printf("no key was given, so no signature was looked at\n");
	if (report->anchor && !report->anchored && !report->faults)
		printf("without --anchor this does not prove that nothing was cut off behind segment %" PRIu64 "\n",
		       report->anchor);
}

/* The public half that was named, or the node's own if there is one. */
static int verify_key(const struct call *call, struct head_key **key, struct resid_error *err)
{
	struct path own = paths_in(paths_conf_dir(), "audit.pub");
	const char *file = call_option(call, "key");

	if (!file && access(own.text, R_OK))
		return 0;
	return head_key_open(file ? file : own.text, key, err);
}

static int audit_verify_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_(cleanup_head_key) struct head_key *key = NULL;
	struct audit_verify verify = { .as_json = (view->output.form == VIEW_FORM_JSON) };
	const char *text = call_option(call, "anchor");
	struct verify_anchor anchor;
	struct verify_report report;
	bool good;

	if ((text && head_parse(text, &anchor.number, anchor.hash, err)) || verify_key(call, &key, err))
		return -1;
	if (verify.as_json) {
		jsonw_object(&verify.json, NULL);
		jsonw_array(&verify.json, "faults_found");
	}
	if (verify_spool(call_option(call, "spool"), text ? &anchor : NULL, key, verify_print, &verify, &report, err)) {
		jsonw_fini(&verify.json);
		return -1;
	}
	good = !report.faults && (!text || report.anchored);
	if (verify.as_json)
		verify_json(&verify.json, &report, good && report.anchor);
	else
		verify_text(&report, key);
	jsonw_fini(&verify.json);
	return good ? RESID_EXIT_OK : RESID_EXIT_EXPECT;
}

static const struct command_option audit_verify_options[] = {
	{ "anchor", "HEAD", "NUMBER-HASH of a head that was kept elsewhere, or its whole line" },
	{ "spool", "DIR", "another spool than this node's" },
	{ "key", "FILE", "public key in PEM (default /etc/resid/audit.pub)" },
	{ NULL },
};

const struct command command_audit_verify = {
	.name = "audit verify",
	.args = "",
	.summary = "prove that no record was altered, removed or moved",
	.detail = "Reads the whole spool and holds it against its signed heads. Whatever was changed up to the anchor is a "
		  "fault, and the exit status 4. What is behind it is the unproven tail.\n\n"
		  "An anchor is a head that left the node before, by `audit heads` or as a record to the SIEM: it proves also "
		  "against somebody who has the node's key. Without one, the last head that the key signed stands in.",
	.json = "one object",
	.min_args = 0,
	.max_args = 0,
	.options = audit_verify_options,
	.run = audit_verify_run,
};
