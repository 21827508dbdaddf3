// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "spool/head.h"
#include "node/report.h"
#include "residctl/output.h"
#include "util/jsonw.h"

/* The head of a segment; false when it is open, or cannot be read. */
static bool heads_read(const char *dir, uint64_t number, struct segment_head *head)
{
	_cleanup_(cleanup_segment) struct segment_reader *reader = NULL;
	struct segment_frame frame;
	struct resid_error ignored;
	enum segment_result result;
	const uint8_t *bytes;
	bool found;

	if (segment_open(dir, number, &found, &reader, &ignored) || !found)
		return false;
	do
		result = segment_next(reader, &frame, &bytes, NULL);
	while (result == SEGMENT_DAMAGED || (result == SEGMENT_FRAME && frame.type != SEGMENT_HEAD));
	if (result != SEGMENT_FRAME || frame.length != sizeof(*head))
		return false;
	memcpy(head, bytes, sizeof(*head));
	return true;
}

static void heads_json(const struct segment_head *head, const char *line)
{
	char anchor[HEAD_ANCHOR], time[REPORT_TIME];
	struct jsonw json = { 0 };

	head_anchor(head, anchor);
	jsonw_object(&json, NULL);
	jsonw_string(&json, "anchor", anchor);
	jsonw_u64(&json, "segment", head->number);
	jsonw_u64(&json, "first_record", head->first_sequence);
	jsonw_u64(&json, "records", head->records);
	jsonw_u64(&json, "oldest_segment", head->oldest);
	report_time(head->opened_ns, time);
	jsonw_string(&json, "opened", time);
	report_time(head->closed_ns, time);
	jsonw_string(&json, "closed", time);
	jsonw_bool(&json, "signed", head_is_signed(head));
	jsonw_string(&json, "line", line);
	jsonw_object_end(&json);
	output_json(&json);
}

static int audit_heads_run(const struct call *call, struct view *view, struct resid_error *err)
{
	struct path standard = paths_in(paths_state_dir(), "spool");
	const char *dir = call_option(call, "spool") ?: standard.text;
	_cleanup_free_ struct segment_file *files = NULL;
	bool last = call_option(call, "last"), done = false;
	struct segment_head head;
	char line[HEAD_LINE];
	size_t count;

	if (segment_list(dir, &files, &count, err))
		return -1;
	for (size_t i = 0; i < count && !done; i++) {
		if (!heads_read(dir, files[last ? count - 1 - i : i].number, &head))
			continue;
		head_line(&head, line);
		if ((view->output.form == VIEW_FORM_JSON))
			heads_json(&head, line);
		else
			puts(line);
		done = last;
	}
	return RESID_EXIT_OK;
}

static const struct command_option audit_heads_options[] = {
	{ "last", NULL, "only the newest" },
	{ "spool", "DIR", "another spool than this node's" },
	{ NULL },
};

const struct command command_audit_heads = {
	.name = "audit heads",
	.args = "",
	.summary = "print the signed heads of the spool's segments",
	.detail = "A line each: NUMBER-HASH, which is an anchor for `audit verify`, and the head itself with its signature. Keep "
		  "them on another machine.",
	.json = "an object a head, a line each",
	.min_args = 0,
	.max_args = 0,
	.options = audit_heads_options,
	.run = audit_heads_run,
};
