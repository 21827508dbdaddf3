// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <stdio.h>

#include "residctl/loading.h"
#include "node/store.h"

static int policy_confirm_run(const struct call *call, struct view *view, struct resid_error *err)
{
	const struct load_request request = { .action = "confirm" };
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	_cleanup_(cleanup_nl) struct resid_nl *nl = NULL;
	struct resid_nl_status status = { 0 };

	if (resid_nl_open(&nl, err) || resid_nl_status(nl, &status, err))
		return -1;
	if (!status.policy_confirm)
		return resid_fail(err, RESID_EXIT_INPUT, "no policy is on trial: it was confirmed, or the kernel went back; "
							 "`residctl policy history` says");
	if (snapshot_open(store_generation(status.generation).text, &snapshot, err))
		return -1;
	return loading_apply(nl, snapshot, &request, err);
}

static const struct command_option policy_confirm_options[] = { { NULL } };

const struct command command_policy_confirm = {
	.name = "policy confirm",
	.args = "",
	.summary = "keep the policy that is on trial",
	.detail = "After `residctl policy load --confirm SECONDS`: the policy in force stays, and is what the daemon restores at "
		  "start.",
	.min_args = 0,
	.max_args = 0,
	.options = policy_confirm_options,
	.run = policy_confirm_run,
};
