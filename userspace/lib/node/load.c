// SPDX-License-Identifier: Apache-2.0
#include "node/load.h"

#include <string.h>
#include <unistd.h>

#include "bpf/guard.h"
#include "bpf/who.h"
#include "node/history.h"
#include "node/store.h"
#include "util/paths.h"

int load_assignments(const struct tagger *tagger, struct resid_nl *nl, const struct snapshot *snapshot,
		     const struct load_hooks *hooks, struct reconcile_report *report, struct resid_error *err)
{
	struct assign_list list = { 0 };
	int result = assign_read(&list, err);

	if (!result) {
		assign_add_policy(&list, snapshot);
		result = reconcile(tagger, nl, &list, snapshot, hooks ? hooks->note : NULL,
				   hooks ? hooks->context : NULL, report, err);
	}
	assign_list_fini(&list);
	return result;
}

/* Before the first generation: the mode that the node had, or permissive when it never had one. */
static int load_mode(struct resid_nl *nl, const struct resid_nl_status *status, struct load_report *report,
		     struct resid_error *err)
{
	enum resid_mode mode = status->mode;
	bool known;

	if (store_mode_read(&mode, &known, err))
		return -1;
	if (!known && status->boot == RESID_BOOT_OPEN) {
		mode = RESID_MODE_PERMISSIVE;
		report->first = true;
	}
	report->mode = status->mode;
	if ((status->has_generation && !report->first) || mode == status->mode)
		return 0;
	if (resid_nl_mode_set(nl, mode, 0, err))
		return -1;
	report->mode = mode;
	return 0;
}

int load_guard(struct resid_nl *nl, struct resid_error *err)
{
	_cleanup_(cleanup_guard) struct guard *guard = NULL;
	struct resid_nl_status status;

	if (guard_ensure(&guard, err) || resid_nl_status(nl, &status, err))
		return -1;
	/* a mode that goes back by itself loosens nothing here */
	return guard_set(guard, status.mode != RESID_MODE_PERMISSIVE || status.confirm, err);
}

int load_snapshot(struct resid_nl *nl, const struct snapshot *snapshot, const struct load_request *request,
		  const struct load_hooks *hooks, struct load_report *report, struct resid_error *err)
{
	_cleanup_(cleanup_tagger) struct tagger *tagger = NULL;
	const uint8_t *generation = snapshot_generation(snapshot);
	struct resid_nl_status status;
	size_t length;
	const void *bytes = snapshot_kernel_part(snapshot, &length);

	*report = (struct load_report){ 0 };
	if (resid_nl_status(nl, &status, err) || tagger_ensure(nl, false, &tagger, &report->tagger_loaded, err) ||
	    load_mode(nl, &status, report, err) || store_save(snapshot, err))
		return -1;
	load_guard(nl, &report->unguarded);
	history_settle(&status);
	/* what is on trial is sent again: that confirms it */
	report->unchanged = status.has_generation && !status.policy_confirm &&
			    !memcmp(status.generation, generation, RESID_DIGEST_LEN);
	/* With nothing in force yet, the labels are there before the first packet is judged. */
	if (!status.has_generation)
		load_assignments(tagger, nl, snapshot, NULL, &report->assignments, &report->unassigned);
	if (!report->unchanged &&
	    resid_nl_upload(nl, bytes, length, status.generation, request->confirm, hooks->progress, hooks->context,
			    err))
		return -1;
	if (!report->unchanged)
		history_add(request->action ? request->action : "load", request->confirm, &status, snapshot);
	if (!request->confirm && store_set_current(generation, err))
		return -1;
	if (report->first && store_mode_write(RESID_MODE_PERMISSIVE, err))
		return -1;
	report->unassigned.text[0] = '\0';
	load_assignments(tagger, nl, snapshot, hooks, &report->assignments, &report->unassigned);
	return 0;
}

/* Whoever is to be inside again is declared again. */
static void load_undo_devices(struct resid_nl *nl)
{
	_cleanup_free_ struct resid_nl_device *devices = NULL;
	struct resid_error ignored;
	size_t count = 0;

	if (resid_nl_devices(nl, &devices, &count, &ignored))
		return;
	for (size_t i = 0; i < count; i++)
		if (devices[i].inside)
			resid_nl_device_set(nl, devices[i].ifindex, false, &ignored);
}

int load_undo(struct resid_nl *nl, struct resid_error *err)
{
	if (resid_nl_disarm(nl, err))
		return -1;
	load_undo_devices(nl);
	guard_remove();
	tagger_remove();
	who_remove();
	rmdir(paths_bpf_dir());
	return 0;
}
