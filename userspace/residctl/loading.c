// SPDX-License-Identifier: Apache-2.0
#include "loading.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/report.h"
#include "node/store.h"
#include "say.h"
#include "util/hex.h"

static void loading_progress(void *context, size_t done, size_t total)
{
	if (done < total)
		say_progress("uploading: %zu %%", done * 100 / total);
	else
		say_progress_end();
}

static void loading_note(void *context, const struct assignment *item, const char *text)
{
	char target[4200];

	/* The policy's own units need not exist on every node. */
	if (!item || strcmp(item->origin, "policy") == 0)
		return;
	assign_format_target(&item->target, target, sizeof(target));
	say_note("%s: %s: %s", item->origin, target, text);
}

static void loading_say_mode(const struct load_report *report)
{
	if (report->first)
		printf("This is the first policy on this node, so it is permissive: everything leaves, and what would have "
		       "been refused is\ncounted (`residctl counters`) and recorded (`residctl log`). "
		       "When that is as it should be, enforce with:\n\n"
		       "    residctl mode enforcing --confirm 60\n\n"
		       "The node goes back by itself unless `residctl mode enforcing` confirms within the 60 seconds.\n");
	else
		printf("mode: %s\n", store_mode_name(report->mode));
}

/* What is said of the kernel that has just taken it; a status that cannot be read is no failure of the load. */
static void loading_say_direction(struct resid_nl *nl, const struct snapshot *snapshot)
{
	char text[REPORT_DIRECTION] = "";
	struct resid_nl_status status;
	struct resid_error ignored;

	if (!resid_nl_status(nl, &status, &ignored))
		report_direction(&status, snapshot, text);
	if (*text)
		say_warning("%s", text);
}

int loading_apply(struct resid_nl *nl, const struct snapshot *snapshot, const struct load_request *request,
		  struct resid_error *err)
{
	const struct load_hooks hooks = { .progress = loading_progress, .note = loading_note };
	char hex[2 * RESID_DIGEST_LEN + 1];
	struct load_report report;

	if (load_snapshot(nl, snapshot, request, &hooks, &report, err))
		return -1;
	hex_format(snapshot_generation(snapshot), RESID_DIGEST_LEN, hex);
	if (report.tagger_loaded)
		printf("loaded the tagger\n");
	printf("%s %s: generation %s, %zu rules\n", report.unchanged ? "in force already:" : "loaded", snapshot_policy_name(snapshot),
	       hex, snapshot_rule_count(snapshot));
	printf("assignments: %zu applied, %zu wait for their target\n", report.assignments.applied,
	       report.assignments.pending);
	loading_say_mode(&report);
	loading_say_direction(nl, snapshot);
	if (request->confirm && report.unchanged)
		printf("nothing is on trial: the same policy with the same data is in force already\n");
	else if (request->confirm)
		printf("on trial for %u s; confirm with `residctl policy confirm`, or the kernel goes back by itself\n",
		       request->confirm);
	if (*report.unguarded.text)
		say_warning("AF_XDP sockets and programs that redirect packets are not guarded: %s",
			    report.unguarded.text);
	if (*report.unassigned.text) {
		*err = report.unassigned;
		return -1;
	}
	return RESID_EXIT_OK;
}
