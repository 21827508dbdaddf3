// SPDX-License-Identifier: Apache-2.0
#include "node/load.h"

#include <string.h>
#include <unistd.h>

#include "bpf/guard.h"
#include "bpf/who.h"
#include "node/absent.h"
#include "node/history.h"
#include "node/store.h"
#include "util/file.h"
#include "util/paths.h"

int load_assignments(const struct tagger *tagger, struct resid_nl *nl, const struct snapshot *snapshot,
		     const struct load_hooks *hooks, struct reconcile_report *report, struct resid_error *err)
{
	struct assign_list list = { 0 };
	struct resid_error wrong;
	int unread = assign_read_most(&list, &wrong), result;

	assign_add_policy(&list, snapshot);
	result = reconcile(tagger, nl, &list, snapshot, hooks ? hooks->note : NULL, hooks ? hooks->context : NULL,
			   report, err);
	assign_list_fini(&list);
	if (unread && !result)
		*err = wrong;
	return unread || result ? -1 : 0;
}

/*
 * Before the first generation: the mode that the node had, or permissive when it never had one. That is written down
 * before there is a generation, so that a node which has one and no mode is known to have lost it.
 */
static int load_mode(struct resid_nl *nl, const struct resid_nl_status *status, struct load_report *report,
		     struct resid_error *err)
{
	struct resid_error why;
	enum resid_mode mode;

	report->mode = status->mode;
	if (status->has_generation)
		return 0;
	if (store_mode_read(&mode, &why) == STORE_MODE_NONE) {
		report->first = status->boot == RESID_BOOT_OPEN && !status->closed;
		if (!report->first)
			mode = status->mode;
		if (store_mode_write(mode, err))
			return -1;
	}
	if (mode == status->mode)
		return 0;
	if (resid_nl_mode_set(nl, mode, 0, err))
		return -1;
	report->mode = mode;
	return 0;
}

static struct path load_undone_mark(void)
{
	return paths_in(paths_run_dir(), "disarmed");
}

bool load_is_undone(void)
{
	return !access(load_undone_mark().text, F_OK);
}

void load_armed(void)
{
	struct resid_error ignored;

	unlink(load_undone_mark().text);
	absent_lift(&ignored);
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
	    load_mode(nl, &status, report, err) || store_save(snapshot, request->confirm, err))
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
	if (!request->confirm && store_accept(generation, err))
		return -1;
	load_armed();
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
	struct resid_error ignored;

	if (nl && resid_nl_disarm(nl, err))
		return -1;
	if (!paths_make_dir(paths_run_dir(), 0755, &ignored))
		file_write(load_undone_mark().text, "", 0, 0644, FILE_OWN_GROUP, &ignored);
	if (absent_lift(err))
		return -1;
	if (nl)
		load_undo_devices(nl);
	guard_remove();
	tagger_remove();
	who_remove();
	rmdir(paths_bpf_dir());
	return 0;
}
