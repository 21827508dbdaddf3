// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/absent.h"
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

/* The module is not there, and nftables stands in for it. */
static int disarm_shut(const struct call *call, struct resid_error *err)
{
	if (!call_option(call, "yes") && !disarm_confirmed())
		return resid_fail(err, RESID_EXIT_USAGE, "not opened; say --yes to let everything leave this node");
	if (load_undo(NULL, err))
		return -1;
	printf("opened: resid.ko is not there and nothing is judged, until the next boot or `systemctl restart "
	       "resid-restore`\n");
	return RESID_EXIT_OK;
}

static int disarm_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_(cleanup_nl) struct resid_nl *nl = NULL;
	struct resid_nl_status status;

	if (resid_nl_open(&nl, err))
		return absent_is_there() ? disarm_shut(call, err) : -1;
	if (resid_nl_status(nl, &status, err))
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
	.detail = "Everything leaves the node afterwards, also where the module is not there and nftables shuts the node in its "
		  "place. The daemon does not arm it again until it is restarted or told to "
		  "reload. The BPF programs and maps are taken down as well: after this and `rmmod resid`, with the daemon "
		  "stopped, nothing of Resid is left in the kernel.",
	.min_args = 0,
	.max_args = 0,
	.options = disarm_options,
	.run = disarm_run,
};
