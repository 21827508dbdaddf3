// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include "residctl/loading.h"
#include "residctl/snapshots.h"

static int policy_load_read(const struct call *call, struct snapshot **out, struct resid_error *err)
{
	struct build_inputs inputs;
	struct path own;

	if (snapshots_inputs(call, call->argc ? call->argv[0] : snapshots_own_policy(&own), &inputs, err))
		return -1;
	snapshots_guard(call, &inputs);
	return snapshots_read(&inputs, out, err);
}

static int policy_load_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	_cleanup_(cleanup_nl) struct resid_nl *nl = NULL;
	struct load_request request = { .action = "load" };

	/* The policy first: what is wrong with it can be read without root and without the module. */
	if (call_confirm(call, &request.confirm, err) || policy_load_read(call, &snapshot, err) ||
	    resid_nl_open(&nl, err))
		return -1;
	return loading_apply(nl, snapshot, &request, err);
}

static const struct command_option policy_load_options[] = {
	{ "confirm", "SECONDS", "on trial: the kernel goes back by itself unless `residctl policy confirm` follows" },
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
		  "With --confirm the policy is on trial: unless `residctl policy confirm` or another load follows in time, the "
		  "kernel itself goes back to what was in force before, or to no policy if this is the first, whatever has "
		  "become of the session that asked, of the daemon and of this command. A reboot meanwhile restores the one "
		  "before.\n\n"
		  "The very first load on a node that was not booted closed is permissive.",
	.min_args = 0,
	.max_args = 1,
	.options = policy_load_options,
	.run = policy_load_run,
};
