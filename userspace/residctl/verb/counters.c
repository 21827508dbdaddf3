// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nl/nl.h"
#include "node/report.h"
#include "node/store.h"
#include "residctl/output.h"

static int counters_compare(const void *a, const void *b)
{
	const struct resid_nl_counter *left = a, *right = b;

	if (left->class_id != right->class_id)
		return left->class_id - right->class_id;
	if (left->verdict != right->verdict)
		return (int)right->verdict - (int)left->verdict;
	return (left->rule > right->rule) - (left->rule < right->rule);
}

static void counters_print(const struct resid_nl_counter *counters, size_t count, const struct snapshot *snapshot)
{
	printf("%-14s %-8s %-32s %14s %16s\n", "CLASS", "VERDICT", "RULE", "PACKETS", "BYTES");
	for (size_t i = 0; i < count; i++) {
		char unknown[32], number[16];

		if (!counters[i].packets)
			continue;
		snprintf(number, sizeof(number), "class-%u", counters[i].class_id);
		printf("%-14s %-8s %-32s %14" PRIu64 " %16" PRIu64 "\n",
		       snapshot ? snapshot_class_name(snapshot, counters[i].class_id) : number,
		       report_verdict(counters[i].verdict), report_rule(snapshot, counters[i].rule, unknown),
		       counters[i].packets, counters[i].bytes);
	}
}

static int counters_run(const struct call *call, struct resid_error *err)
{
	_cleanup_free_ struct resid_nl_counter *counters = NULL;
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	_cleanup_(cleanup_nl) struct resid_nl *nl = NULL;
	struct resid_error ignored;
	struct jsonw json = { 0 };
	size_t count = 0;

	if (resid_nl_open(&nl, err) || resid_nl_counters(nl, &counters, &count, err))
		return -1;
	if (store_open_current(&snapshot, &ignored))
		snapshot = NULL;
	if (count)
		qsort(counters, count, sizeof(*counters), counters_compare);
	if (!call_option(call, "json")) {
		counters_print(counters, count, snapshot);
		return RESID_EXIT_OK;
	}
	jsonw_object(&json, NULL);
	jsonw_array(&json, "counters");
	report_counters(&json, counters, count, snapshot);
	jsonw_array_end(&json);
	jsonw_object_end(&json);
	output_json(&json);
	return RESID_EXIT_OK;
}

static const struct command_option counters_options[] = {
	{ "json", NULL, "one JSON object" },
	{ NULL },
};

const struct command command_counters = {
	.name = "counters",
	.args = "",
	.summary = "packets and bytes by class, verdict and rule",
	.detail = "They count since the module was loaded; a policy load resets nothing, and what has counted nothing is only in "
		  "--json. In permissive mode the verdict is the one that would have been carried out. A rule that the policy "
		  "in force no longer has is shown by its key; beyond 65536 of them the oldest become one line for their class "
		  "and verdict, past-rules.",
	.min_args = 0,
	.max_args = 0,
	.options = counters_options,
	.run = counters_run,
};
