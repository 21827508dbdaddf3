// SPDX-License-Identifier: Apache-2.0
#include "assigning.h"

#include <stdio.h>
#include <string.h>

#include "node/load.h"
#include "say.h"
#include "util/paths.h"

static void assigning_note(void *context, const struct assignment *item, const char *text)
{
	const struct assign_target *target = context;

	if (!item)
		say_note("%s", text);
	else if (target && item->target.kind == target->kind && !strcmp(item->target.name, target->name))
		say_note("%s; residd applies the class when that changes", text);
}

int assigning_apply(const struct snapshot *snapshot, const struct assign_target *target, struct resid_error *err)
{
	const struct load_hooks hooks = { .note = assigning_note, .context = (void *)target };
	_cleanup_(cleanup_tagger) struct tagger *tagger = NULL;
	_cleanup_(cleanup_nl) struct resid_nl *nl = NULL;
	struct reconcile_report report;
	struct resid_error why;
	bool loaded;

	if (resid_nl_open(&nl, &why) || tagger_ensure(nl, false, &tagger, &loaded, &why)) {
		say_note("kept in %s/assign.d, not applied now: %s", paths_conf_dir(), why.text);
		return RESID_EXIT_OK;
	}
	return load_assignments(tagger, nl, snapshot, &hooks, &report, err) ? -1 : RESID_EXIT_OK;
}
