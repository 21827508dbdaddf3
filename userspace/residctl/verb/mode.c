// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <stdio.h>
#include <string.h>

#include "nl/nl.h"
#include "node/load.h"
#include "node/store.h"
#include "residctl/output.h"
#include "util/jsonw.h"

static int mode_show(struct resid_nl *nl, bool as_json, struct resid_error *err)
{
	_cleanup_(jsonw_fini) struct jsonw json = { 0 };
	struct resid_nl_status status;

	if (resid_nl_status(nl, &status, err))
		return -1;
	if (as_json) {
		jsonw_object(&json, NULL);
		jsonw_string(&json, "mode", store_mode_name(status.mode));
		if (status.confirm)
			jsonw_u64(&json, "mode_confirm_seconds", status.confirm);
		jsonw_object_end(&json);
		output_json(&json);
		return RESID_EXIT_OK;
	}
	if (status.confirm)
		printf("%s (goes back in %u s unless `residctl mode %s` confirms)\n", store_mode_name(status.mode),
		       status.confirm, store_mode_name(status.mode));
	else
		printf("%s\n", store_mode_name(status.mode));
	return RESID_EXIT_OK;
}

/* A word that refuses nothing would be believed. */
static int mode_check_armed(struct resid_nl *nl, enum resid_mode mode, struct resid_error *err)
{
	struct resid_nl_status status;

	if (mode != RESID_MODE_ENFORCING)
		return 0;
	if (resid_nl_status(nl, &status, err))
		return -1;
	if (status.has_generation || status.closed)
		return 0;
	return resid_fail(err, RESID_EXIT_SYSTEM,
			  "nothing to enforce: no policy is in force and everything leaves; arm the node first, with `residctl "
			  "policy load` or `systemctl restart resid-restore`");
}

static int mode_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_(cleanup_nl) struct resid_nl *nl = NULL;
	const char *confirm = call_option(call, "confirm");
	bool as_json = view->output.form == VIEW_FORM_JSON;
	enum resid_mode mode = RESID_MODE_PERMISSIVE;
	struct resid_error unguarded;
	uint32_t seconds = 0;

	if (call->argc && !strcmp(call->argv[0], "enforcing"))
		mode = RESID_MODE_ENFORCING;
	else if (call->argc && strcmp(call->argv[0], "permissive"))
		return resid_fail(err, RESID_EXIT_USAGE, "a mode is permissive or enforcing, not `%s`", call->argv[0]);
	if (as_json && call->argc)
		return resid_fail(err, RESID_EXIT_USAGE, "mode: --json is for showing the mode, not for setting it");
	if (confirm && !call->argc)
		return resid_fail(err, RESID_EXIT_USAGE, "--confirm needs a mode");
	if (call_confirm(call, &seconds, err))
		return -1;
	if (resid_nl_open(&nl, err))
		return -1;
	if (!call->argc)
		return mode_show(nl, as_json, err);
	if (mode_check_armed(nl, mode, err) || resid_nl_mode_set(nl, mode, seconds, err))
		return -1;
	load_guard(nl, &unguarded);
	if (seconds) {
		printf("%s for %u s; confirm with `residctl mode %s`, or it goes back by itself\n", store_mode_name(mode),
		       seconds, store_mode_name(mode));
		return RESID_EXIT_OK;
	}
	if (store_mode_write(mode, err))
		return -1;
	printf("%s\n", store_mode_name(mode));
	return RESID_EXIT_OK;
}

static const struct command_option mode_options[] = {
	{ "confirm", "SECONDS", "go back by itself unless the command is given again without this" },
	{ NULL },
};

const struct command command_mode = {
	.name = "mode",
	.args = "[permissive|enforcing]",
	.summary = "show or set whether refusals are carried out",
	.detail = "Permissive judges, counts and records and refuses nothing. With --confirm the kernel itself goes back after "
		  "that time, whatever has become of the session that asked: nobody is locked out of a node by one "
		  "command. Without a policy in force there is nothing to enforce, and it is refused. A mode that stays is kept "
		  "in /var/lib/resid/mode and restored at start.",
	.json = "one object",
	.min_args = 0,
	.max_args = 1,
	.options = mode_options,
	.run = mode_run,
};
