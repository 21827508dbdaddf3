// SPDX-License-Identifier: Apache-2.0
#include "node/restore.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nl/module.h"
#include "node/absent.h"
#include "node/history.h"
#include "node/load.h"
#include "node/store.h"
#include "util/hex.h"

struct restore {
	restore_say *say;
	void *context;
	struct restore_report *report;
	struct path *files;	/* that may be restored, best first */
	size_t count, next;
	struct snapshot *snapshot;	/* the sound one before `next`; NULL: there is none any more */
};

static void restore_wrong(struct restore *restore, const char *text)
{
	struct restore_report *report = restore->report;

	if (!*report->wrong)
		snprintf(report->wrong, sizeof(report->wrong), "%s", text);
	if (restore->say)
		restore->say(restore->context, text);
}

static void restore_fini(struct restore *restore)
{
	snapshot_free(restore->snapshot);
	free(restore->files);
}

/* The next that is sound. */
static void restore_next(struct restore *restore)
{
	struct resid_error err;

	snapshot_free(TAKE(restore->snapshot));
	while (!restore->snapshot && restore->next < restore->count)
		if (snapshot_open(restore->files[restore->next++].text, &restore->snapshot, &err)) {
			restore->snapshot = NULL;
			restore_wrong(restore, err.text);
		}
}

/* What the node had: its mode, and the best generation that is sound. False: it never had any. */
static bool restore_begin(struct restore *restore)
{
	struct resid_error why;
	struct path current = store_current();

	restore->report->outcome = RESTORE_FRESH;
	switch (store_mode_read(&restore->report->mode, &why)) {
	case STORE_MODE_NONE:
		return false;
	case STORE_MODE_LOST:
		restore_wrong(restore, why.text);
		break;
	case STORE_MODE_KEPT:
		break;
	}
	store_accepted(&restore->files, &restore->count);
	/* The first was on trial, and that is over. */
	if (!restore->count && restore->report->mode == RESID_MODE_PERMISSIVE)
		return false;
	if (!restore->count || strcmp(restore->files[0].text, current.text)) {
		resid_fail(&why, RESID_EXIT_INPUT, "%s: it leads to no file, and was to name the policy in force", current.text);
		restore_wrong(restore, why.text);
	}
	restore_next(restore);
	return true;
}

/* ---- with the module -------------------------------------------------------------------------------------- */

/*
 * The kernel judges already, as after a restart of residd, by a mode that people with rights gave it: only a file that
 * says enforcing is more than that. A mode on trial is the kernel's business.
 */
static void restore_adopt(struct resid_nl *nl, const struct resid_nl_status *status, struct restore *restore)
{
	struct restore_report *report = restore->report;
	enum resid_mode kept;
	struct resid_error err;

	report->outcome = RESTORE_ARMED;
	report->adopted = true;
	memcpy(report->generation, status->generation, RESID_DIGEST_LEN);
	report->mode = status->mode;
	if (store_mode_read(&kept, &err) == STORE_MODE_LOST)
		restore_wrong(restore, err.text);
	else if (kept == RESID_MODE_ENFORCING && status->mode == RESID_MODE_PERMISSIVE && !status->confirm) {
		if (resid_nl_mode_set(nl, kept, 0, &err))
			restore_wrong(restore, err.text);
		else
			report->mode = kept;
	}
	load_armed();
}

/* As far as they can be had: what has no label is judged as unlabelled. */
static void restore_labels(struct resid_nl *nl, struct restore *restore, bool last)
{
	_cleanup_(cleanup_tagger) struct tagger *tagger = NULL;
	struct reconcile_report assignments;
	struct resid_error err;
	bool loaded;

	if ((tagger_ensure(nl, false, &tagger, &loaded, &err) ||
	     load_assignments(tagger, nl, restore->snapshot, NULL, &assignments, &err)) && last)
		restore_wrong(restore, err.text);
}

static bool restore_upload(struct resid_nl *nl, const struct resid_nl_status *status, struct restore *restore)
{
	struct restore_report *report = restore->report;
	struct resid_error err;
	size_t length;
	const void *bytes = snapshot_kernel_part(restore->snapshot, &length);

	/* There before the first packet is judged. */
	restore_labels(nl, restore, false);
	if (resid_nl_upload(nl, bytes, length, status->generation, 0, NULL, NULL, &err)) {
		restore_wrong(restore, err.text);
		return false;
	}
	report->outcome = RESTORE_ARMED;
	report->earlier = restore->next > 1 || strcmp(restore->files[0].text, store_current().text);
	memcpy(report->generation, snapshot_generation(restore->snapshot), RESID_DIGEST_LEN);
	history_add("restore", 0, status, restore->snapshot);
	return true;
}

/* The mode comes first: no packet is judged in another. */
static bool restore_mode(struct resid_nl *nl, const struct resid_nl_status *status, struct restore *restore)
{
	struct resid_error err;

	if (restore->report->mode == status->mode)
		return true;
	if (!resid_nl_mode_set(nl, restore->report->mode, 0, &err))
		return true;
	restore_wrong(restore, err.text);
	/* a node that booted closed stays enforcing */
	return status->mode == RESID_MODE_ENFORCING;
}

static void restore_close(struct resid_nl *nl, struct restore *restore)
{
	struct restore_report *report = restore->report;
	struct resid_nl_status status;
	struct resid_error err;

	/* Another loader was first. */
	if (!resid_nl_status(nl, &status, &err) && status.has_generation) {
		restore_adopt(nl, &status, restore);
		return;
	}
	report->outcome = RESTORE_OPEN;
	if (report->mode == RESID_MODE_PERMISSIVE) {
		restore_wrong(restore, "no policy that is kept can be restored, and the node was permissive: everything leaves");
		return;
	}
	if (!resid_nl_close(nl, &err)) {
		report->outcome = RESTORE_CLOSED;
		return;
	}
	restore_wrong(restore, err.text);
	if (!absent_shut(NULL, &err)) {
		report->outcome = RESTORE_SHUT;
		return;
	}
	restore_wrong(restore, err.text);
}

void restore_arm(struct resid_nl *nl, restore_say *say, void *context, struct restore_report *report)
{
	_cleanup_(restore_fini) struct restore restore = { .say = say, .context = context, .report = report };
	struct resid_nl_status status;
	struct resid_error err;
	bool set;

	*report = (struct restore_report){ 0 };
	if (resid_nl_status(nl, &status, &err)) {
		restore_shut(err.text, say, context, report);
		return;
	}
	if (status.has_generation) {
		restore_adopt(nl, &status, &restore);
		return;
	}
	if (!restore_begin(&restore))
		return;
	set = restore_mode(nl, &status, &restore);
	for (; set && restore.snapshot; restore_next(&restore))
		if (restore_upload(nl, &status, &restore))
			break;
	if (report->outcome != RESTORE_ARMED)
		restore_close(nl, &restore);
	else
		restore_labels(nl, &restore, true);
	/* Whoever sees to the guard, sees to what is wrong with it: a kernel need not have it. */
	load_guard(nl, &err);
	if (report->outcome == RESTORE_ARMED || report->outcome == RESTORE_CLOSED)
		load_armed();
}

/* ---- without it ------------------------------------------------------------------------------------------- */

void restore_shut(const char *absence, restore_say *say, void *context, struct restore_report *report)
{
	_cleanup_(restore_fini) struct restore restore = { .say = say, .context = context, .report = report };
	struct resid_error err;

	*report = (struct restore_report){ 0 };
	if (!restore_begin(&restore))
		return;
	restore_wrong(&restore, absence);
	report->outcome = RESTORE_OPEN;
	if (!absent_is_wanted(absent_setting(), report->mode))
		return;
	if (absent_shut(restore.snapshot, &err))
		restore_wrong(&restore, err.text);
	else
		report->outcome = RESTORE_SHUT;
}

/* In force before anything is tried, so that whatever fails afterwards leaves the node shut. */
static void restore_shut_first(restore_say *say, void *context)
{
	struct restore_report ignored = { 0 };
	_cleanup_(restore_fini) struct restore restore = { .report = &ignored };
	struct resid_error err;

	if (!restore_begin(&restore) || !absent_is_wanted(absent_setting(), ignored.mode))
		return;
	if (absent_shut(restore.snapshot, &err))
		say(context, err.text);
}

static bool restore_is_armed(struct resid_nl *nl)
{
	struct resid_nl_status status;
	struct resid_error ignored;

	return !resid_nl_status(nl, &status, &ignored) && (status.has_generation || status.closed);
}

void restore_boot(restore_say *say, void *context, struct restore_report *report)
{
	_cleanup_(cleanup_nl) struct resid_nl *nl = NULL;
	struct resid_error err;

	if (resid_nl_open(&nl, &err))
		nl = NULL;
	if (!nl || !restore_is_armed(nl))
		restore_shut_first(say, context);
	if (!nl && (module_load(&err) || resid_nl_open(&nl, &err))) {
		nl = NULL;
		restore_shut(err.text, say, context, report);
		return;
	}
	restore_arm(nl, say, context, report);
}

void restore_describe(const struct restore_report *report, char *out, size_t size)
{
	const char *mode = report->mode == RESID_MODE_ENFORCING ? "enforcing" : "permissive";
	char hex[2 * RESID_DIGEST_LEN + 1];

	hex_format(report->generation, RESID_DIGEST_LEN, hex);
	switch (report->outcome) {
	case RESTORE_FRESH:
		snprintf(out, size, "no policy was loaded on this node yet; load one with `residctl policy load`");
		break;
	case RESTORE_ARMED:
		snprintf(out, size, "%s generation %s, %s%s", report->adopted ? "in force already:" : "restored", hex, mode,
			 report->earlier ? ": the newest that is sound; `residctl policy load` makes a new one" : "");
		break;
	case RESTORE_CLOSED:
		snprintf(out, size, "closed: only link, local and bootstrap destinations leave, until `residctl policy load`");
		break;
	case RESTORE_SHUT:
		snprintf(out, size,
			 "shut by nftables: only loopback, link and bootstrap traffic leaves, until resid.ko is there and "
			 "`systemctl restart resid-restore` has armed it; `residctl disarm --yes` opens the node without it");
		break;
	case RESTORE_OPEN:
		snprintf(out, size, "OPEN: nothing judges and everything leaves (%s)",
			 report->mode == RESID_MODE_ENFORCING ? "when_absent = open, or nftables refused" : "the node was permissive");
		break;
	}
}
