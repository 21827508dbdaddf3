// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <stdio.h>
#include <string.h>

#include "residctl/assigning.h"
#include "node/store.h"

static int class_assign_run(const struct call *call, struct view *view, struct resid_error *err)
{
	const char *class_name = call->argv[0];
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	struct assign_target target;
	int id;

	if (assign_parse_target(call->argv[1], &target, err) || store_open_current(&snapshot, err))
		return -1;
	id = snapshot_class_find(snapshot, class_name);
	if (id <= RESID_CLASS_UNLABELLED || id >= RESID_CLASS_KERNEL)
		return resid_fail(err, RESID_EXIT_INPUT, "the policy in force has no class `%s` to assign; `residctl class "
							 "list` names them", class_name);
	if (assign_write(&target, class_name, call_option(call, "tenant"), err))
		return -1;
	return assigning_apply(snapshot, &target, err);
}

static const struct command_option class_assign_options[] = {
	{ "tenant", "NAME", "whose workload it is; kept beside the assignment" },
	{ NULL },
};

const struct command command_class_assign = {
	.name = "class assign",
	.args = "CLASS TARGET",
	.summary = "give the data of a workload a class",
	.detail = "TARGET is cgroup:PATH (relative to the cgroup v2 tree), unit:NAME (a systemd unit), netns:NAME (as `ip "
		  "netns` has it) or dev:NAME (a device towards a tenant). A cgroup's class is that of the nearest cgroup "
		  "above it that has one. A device, and the host's end of a namespace's veth, becomes an inside device: "
		  "what comes in there carries the class.\n\n"
		  "The assignment is kept in /etc/resid/assign.d and applied at once; a target that does not exist yet "
		  "gets its class from the daemon when it appears.",
	.min_args = 2,
	.max_args = 2,
	.options = class_assign_options,
	.run = class_assign_run,
};
