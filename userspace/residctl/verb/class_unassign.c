// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include "residctl/assigning.h"
#include "node/store.h"

static int class_unassign_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	struct assign_target target;
	bool found;

	if (assign_parse_target(call->argv[0], &target, err) || assign_remove(&target, &found, err))
		return -1;
	if (!found)
		return resid_fail(err, RESID_EXIT_INPUT, "%s has no assignment", call->argv[0]);
	if (store_open_current(&snapshot, err))
		return -1;
	return assigning_apply(snapshot, NULL, err);
}

static const struct command_option class_unassign_options[] = { { NULL } };

const struct command command_class_unassign = {
	.name = "class unassign",
	.args = "TARGET",
	.summary = "take a workload's class away",
	.detail = "The workload's packets are unlabelled from the next one on, and judged as the class that the policy names "
		  "for that.",
	.min_args = 1,
	.max_args = 1,
	.options = class_unassign_options,
	.run = class_unassign_run,
};
