// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <stdio.h>
#include <sys/resource.h>

#include "residctl/say.h"
#include "residctl/snapshots.h"
#include "util/file.h"
#include "util/hex.h"

static double policy_compile_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void policy_compile_report(const struct snapshot *snapshot, size_t length)
{
	const struct resid_table *table = snapshot_table(snapshot);
	char hex[2 * RESID_DIGEST_LEN + 1];

	hex_format(snapshot_generation(snapshot), RESID_DIGEST_LEN, hex);
	printf("generation %s: %zu classes, %zu rules, %zu zones, %u groups, %zu ranges, %zu bytes\n", hex,
	       snapshot_class_count(snapshot) - 2, snapshot_rule_count(snapshot), snapshot_zone_count(snapshot),
	       table->core->group_count, snapshot_range_count(snapshot), length);
	/* not with the rest: what standard output has is the same on every run */
	say_note("compiled in %.2f s of processor time", policy_compile_seconds());
}

static int policy_compile_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	const char *output = call_option(call, "output");
	struct build_inputs inputs;
	const void *bytes;
	size_t length;

	if (!output)
		return resid_fail(err, RESID_EXIT_USAGE, "policy compile: say with -o where the snapshot goes");
	if (snapshots_inputs(call, call->argv[0], &inputs, err))
		return -1;
	snapshots_guard(call, &inputs);
	if (snapshot_build(&inputs, snapshots_warn, NULL, &snapshot, err))
		return -1;
	bytes = snapshot_bytes(snapshot, &length);
	if (file_write(output, bytes, length, 0644, FILE_OWN_GROUP, err))
		return -1;
	policy_compile_report(snapshot, length);
	return RESID_EXIT_OK;
}

static const struct command_option policy_compile_options[] = {
	{ "output", "FILE", "the snapshot to write, by custom NAME.rsnap (needed)" },
	SNAPSHOTS_DATA_OPTIONS,
	SNAPSHOTS_ACCEPT_OPTION,
	{ NULL, NULL, NULL },
};

const struct command command_policy_compile = {
	.name = "policy compile",
	.args = "FILE",
	.summary = "make a snapshot of a policy and the location data",
	.detail = "A snapshot holds all that decides. The same policy and the same data give the same bytes, on every machine "
		  "and at any time; its generation is their fingerprint. `residctl policy load` takes it as it is.\n\n"
		  "Who controls an address comes from published ranges (--feed, NAME as in operators.yaml: aws=ip-ranges.json), "
		  "the registries' holders (--rir) and the AS database (--asn), or from the files that the policy names under "
		  "`sources`. What is not named has no opinion, and `residctl policy show` says so.\n\n"
		  "The file is replaced as a whole or not at all.",
	.min_args = 1,
	.max_args = 1,
	.options = policy_compile_options,
	.run = policy_compile_run,
};
