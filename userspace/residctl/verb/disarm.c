// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/load.h"

static bool disarm_confirmed(void)
{
	char line[16] = "";

	if (!isatty(STDIN_FILENO))
		return false;
	printf("After this nothing is judged and everything leaves the node. Disarm? [y/N] ");
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) && (*line == 'y' || *line == 'Y');
}

static int disarm_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_(cleanup_nl) struct resid_nl *nl = NULL;
	struct resid_nl_status status;

	if (resid_nl_open(&nl, err) || resid_nl_status(nl, &status, err))
		return -1;
	if (!call_option(call, "yes") && !disarm_confirmed())
		return resid_fail(err, RESID_EXIT_USAGE, "not disarmed; say --yes to let everything leave this node");
	if (load_undo(nl, err) || resid_nl_status(nl, &status, err))
		return -1;
	printf("disarmed: nothing is judged until `residctl policy load`, or a restart of residd\n");
	if (status.audit_used || status.audit_batch)
		printf("audit records wait in the kernel (%" PRIu32 " slots); residd still collects them, unloading the "
		       "module loses them\n", status.audit_used);
	return RESID_EXIT_OK;
}

static const struct command_option disarm_options[] = {
	{ "yes", NULL, "do not ask" },
	{ NULL },
};

const struct command command_disarm = {
	.name = "disarm",
	.args = "",
	.summary = "stop judging; needed before the module can be unloaded",
	.detail = "Everything leaves the node afterwards. The daemon does not arm it again until it is restarted or told to "
		  "reload. The BPF programs and maps are taken down as well: after this and `rmmod resid`, with the daemon "
		  "stopped, nothing of Resid is left in the kernel.",
	.min_args = 0,
	.max_args = 0,
	.options = disarm_options,
	.run = disarm_run,
};
