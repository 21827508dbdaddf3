// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <stdio.h>

#include "node/load.h"
#include "node/store.h"
#include "residctl/say.h"

static int tagger_load_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	_cleanup_(cleanup_tagger) struct tagger *tagger = NULL;
	_cleanup_(cleanup_nl) struct resid_nl *nl = NULL;
	struct reconcile_report report;
	struct resid_error none;
	bool loaded;

	if (resid_nl_open(&nl, err) || tagger_ensure(nl, true, &tagger, &loaded, err))
		return -1;
	printf("loaded the tagger: resid_class is program %u, resid_stamp is program %u\n", tagger->class_id,
	       tagger->stamp_id);
	if (!tagger->tracing)
		say_note("new cgroups wait for residd to be labelled, and removed ones stay in the class map: %s",
			 tagger->tracing_note);
	/* The devices' stamps are the old program's until they are attached again. */
	if (!store_open_current(&snapshot, &none) && load_assignments(tagger, nl, snapshot, NULL, &report, err))
		return -1;
	return RESID_EXIT_OK;
}

static const struct command_option tagger_load_options[] = { { NULL } };

const struct command command_tagger_load = {
	.name = "tagger load",
	.args = "",
	.summary = "load the eBPF tagger and hand it to the module",
	.detail = "The class maps are kept. `policy load` and the daemon do this by themselves when the module has no tagger; "
		  "without one every packet is unlabelled.",
	.min_args = 0,
	.max_args = 0,
	.options = tagger_load_options,
	.run = tagger_load_run,
};
