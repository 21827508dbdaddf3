// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <stdio.h>
#include <unistd.h>

#include "spool/head.h"

static int audit_key_run(const struct call *call, struct view *view, struct resid_error *err)
{
	struct path private = head_key_default(), public = paths_in(paths_conf_dir(), "audit.pub");
	_cleanup_(cleanup_head_key) struct head_key *key = NULL;

	if (call_option(call, "make") && head_key_make(private.text, err))
		return -1;
	if (access(public.text, F_OK))
		return resid_fail(err, RESID_EXIT_SYSTEM, "there is no key yet; make one with `residctl audit key --make`");
	if (head_key_open(public.text, &key, err) || head_key_print(key, stdout))
		return -1;
	return RESID_EXIT_OK;
}

static const struct command_option audit_key_options[] = {
	{ "make", NULL, "first make the pair, /etc/resid/audit.key (0600) and audit.pub, unless it is there" },
	{ NULL },
};

const struct command command_audit_key = {
	.name = "audit key",
	.args = "",
	.summary = "print the public key that signs the heads",
	.detail = "PEM, Ed25519, for `audit verify --key` on another machine. The daemon makes the pair when it first starts.",
	.min_args = 0,
	.max_args = 0,
	.options = audit_key_options,
	.run = audit_key_run,
};
