// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpf/load.h"
#include "nl/store.h"
#include "snapshots.h"
#include "util/hex.h"

static void policy_load_progress(void *context, size_t done, size_t total)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\ruploading: %zu %%%s", done * 100 / total, done == total ? "\r\033[K" : "");
}

static void policy_load_note(void *context, const struct assignment *item, const char *text)
{
	char target[4200];

	/* The policy's own units need not exist on every node. */
	if (!item || strcmp(item->origin, "policy") == 0)
		return;
	assign_format_target(&item->target, target, sizeof(target));
	fprintf(stderr, "note: %s: %s: %s\n", item->origin, target, text);
}

static int policy_load_read(const struct call *call, struct snapshot **out, struct resid_error *err)
{
	struct build_inputs inputs;
	struct path own;

	if (snapshots_inputs(call, call->argc ? call->argv[0] : snapshots_own_policy(&own), &inputs, err))
		return -1;
	snapshots_guard(call, &inputs);
	return snapshots_read(&inputs, out, err);
}

static void policy_load_say_mode(const struct load_report *report)
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

static int policy_load_run(const struct call *call, struct resid_error *err)
{
	const struct load_hooks hooks = { .progress = policy_load_progress, .note = policy_load_note };
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	_cleanup_(cleanup_nl) struct resid_nl *nl = NULL;
	char hex[2 * RESID_DIGEST_LEN + 1];
	struct load_report report;

	/* The policy first: what is wrong with it can be read without root and without the module. */
	if (policy_load_read(call, &snapshot, err) || resid_nl_open(&nl, err) ||
	    load_snapshot(nl, snapshot, &hooks, &report, err))
		return -1;
	hex_format(snapshot_generation(snapshot), RESID_DIGEST_LEN, hex);
	if (report.tagger_loaded)
		printf("loaded the tagger\n");
	printf("%s %s: generation %s, %zu rules\n", report.unchanged ? "kept" : "loaded", snapshot_policy_name(snapshot),
	       hex, snapshot_rule_count(snapshot));
	printf("assignments: %zu applied, %zu wait for their target\n", report.assignments.applied,
	       report.assignments.pending);
	policy_load_say_mode(&report);
	if (*report.unassigned.text) {
		*err = report.unassigned;
		return -1;
	}
	return RESID_EXIT_OK;
}

static const struct command_option policy_load_options[] = {
	SNAPSHOTS_DATA_OPTIONS,
	SNAPSHOTS_ACCEPT_OPTION,
	{ NULL },
};

const struct command command_policy_load = {
	.name = "policy load",
	.args = "[FILE]",
	.summary = "compile a policy and put it in force",
	.detail = "FILE is a policy, or a snapshot that `residctl policy compile` made (its name ends in .rsnap). Without "
		  "FILE it is /etc/resid/policy.yaml, or the built-in default if there is none.\n\n"
		  "The new generation replaces the old one at once and for every packet; when anything is refused, the old "
		  "one stays. The snapshot is kept in /var/lib/resid/generations and is what the daemon restores at "
		  "start.\n\n"
		  "The very first load on a node that was not booted closed is permissive.",
	.min_args = 0,
	.max_args = 1,
	.options = policy_load_options,
	.run = policy_load_run,
};
