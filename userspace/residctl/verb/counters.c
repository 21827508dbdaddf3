// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <stdio.h>
#include <stdlib.h>

#include "nl/nl.h"
#include "node/report.h"
#include "node/store.h"
#include "residctl/view_sort.h"

static int counters_compare(const void *a, const void *b)
{
	const struct resid_nl_counter *left = a, *right = b;

	if (left->class_id != right->class_id)
		return left->class_id - right->class_id;
	if (left->verdict != right->verdict)
		return (int)right->verdict - (int)left->verdict;
	return (left->rule > right->rule) - (left->rule < right->rule);
}

static void counters_row(struct view *view, const struct resid_nl_counter *counter, const struct snapshot *snapshot)
{
	char unknown[32], number[16];

	snprintf(number, sizeof(number), "class-%u", counter->class_id);
	view_row(view);
	view_text(view, "class", "class", snapshot ? snapshot_class_name(snapshot, counter->class_id) : number);
	view_verdict(view, "verdict", "verdict", counter->verdict);
	view_text(view, "rule", "rule", report_rule(snapshot, counter->rule, unknown));
	view_count(view, "packets", "packets", counter->packets);
	view_count(view, "bytes", "bytes", counter->bytes);
	view_end(view);
}

static const struct view_column counters_columns[] = {
	{ .label = "class" }, { .label = "verdict" }, { .label = "rule" }, { .label = "packets", .right = true },
	{ .label = "bytes", .right = true }, { NULL },
};

static int counters_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_free_ struct resid_nl_counter *counters = NULL;
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	_cleanup_(cleanup_nl) struct resid_nl *nl = NULL;
	struct resid_error ignored;
	size_t count = 0;

	if (resid_nl_open(&nl, err) || resid_nl_counters(nl, &counters, &count, err))
		return -1;
	if (store_open_current(&snapshot, &ignored))
		snapshot = NULL;
	if (count)
		qsort(counters, count, sizeof(*counters), counters_compare);
	view_table(view, "counters", "", counters_columns);
	for (size_t i = 0; i < count; i++)
		if (counters[i].packets || view->output.form == VIEW_FORM_JSON)
			counters_row(view, &counters[i], snapshot);
	view_end(view);
	return RESID_EXIT_OK;
}

static const struct command_option counters_options[] = { VIEW_SORT_OPTION, { NULL, NULL, NULL } };

const struct command command_counters = {
	.name = "counters",
	.args = "",
	.summary = "packets and bytes by class, verdict and rule",
	.detail = "They count since the module was loaded; a policy load resets nothing, and what has counted nothing is only in "
		  "--json. In permissive mode the verdict is the one that would have been carried out. A rule that the policy "
		  "in force no longer has is shown by its key; beyond 65536 of them the oldest become one line for their class "
		  "and verdict, past-rules.",
	.json = "one object",
	.min_args = 0,
	.max_args = 0,
	.options = counters_options,
	.run = counters_run,
};
