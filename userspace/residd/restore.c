// SPDX-License-Identifier: Apache-2.0
#include "daemon.h"

#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "node/history.h"
#include "util/hex.h"

void restore_reopen(struct daemon *daemon)
{
	struct path current = store_current();
	struct snapshot *snapshot = NULL;
	struct resid_error err;

	if (access(current.text, F_OK))
		return;
	if (store_open_current(&snapshot, &err)) {
		daemon_trouble(daemon, TROUBLE_POLICY, err.text);
		return;
	}
	if (daemon->snapshot)
		snapshot_free(daemon->snapshot);
	daemon->snapshot = snapshot;
	daemon->publish = true;
	policy_check_age(daemon);
}

static void restore_wrong(void *context, const char *text)
{
	daemon_say(SD_ERR, "%s", text);
}

/* What came of it: a trouble unless a generation is in force. */
static void restore_note(struct daemon *daemon, const struct restore_report *report)
{
	bool armed = report->outcome == RESTORE_ARMED;
	char text[sizeof(daemon->trouble[TROUBLE_ARMED])];

	daemon->restored = *report;
	restore_describe(report, text, sizeof(text));
	if (armed && !report->adopted)
		daemon_say(SD_NOTICE, "%s", text);
	daemon_trouble(daemon, TROUBLE_ARMED, armed && !report->earlier ? NULL : text);
	if (report->outcome != RESTORE_FRESH)
		daemon_trouble(daemon, TROUBLE_POLICY, *report->wrong ? report->wrong : NULL);
}

/* The module is gone, or was never there: what the node enforced is not to leave meanwhile. Asked again and again. */
static void restore_absent(struct daemon *daemon, const char *why, bool again)
{
	struct restore_report report;
	char text[sizeof(daemon->trouble[TROUBLE_ARMED])];
	bool there = daemon->shut && absent_is_there();

	daemon_trouble(daemon, TROUBLE_MODULE, why);
	if (load_is_undone()) {
		daemon_trouble(daemon, TROUBLE_ARMED, "nothing judges and everything leaves: the node was disarmed");
		return;
	}
	if (there && !again)
		return;
	restore_shut(why, daemon->absent ? NULL : restore_wrong, daemon, &report);
	daemon->absent = true;
	if (daemon->shut && !there)
		daemon_say(SD_WARNING, "somebody took the table " ABSENT_TABLE " away, as `nft flush ruleset` does; it is back");
	daemon->shut = report.outcome == RESTORE_SHUT;
	daemon->restored = report;
	restore_describe(&report, text, sizeof(text));
	daemon_trouble(daemon, TROUBLE_ARMED, text);
}

void restore_again(struct daemon *daemon, bool devices)
{
	if (!daemon->nl && daemon->shut)
		restore_absent(daemon, daemon->trouble[TROUBLE_MODULE], devices);
}

static void restore_policy(struct daemon *daemon)
{
	struct restore_report report;

	restore_arm(daemon->nl, restore_wrong, daemon, &report);
	restore_note(daemon, &report);
}

static void restore_changed(struct daemon *daemon, const struct resid_nl_status *status)
{
	if (status->has_generation || !load_is_undone()) {
		if (status->has_generation || daemon->restored.outcome == RESTORE_ARMED)
			restore_policy(daemon);
		return;
	}
	daemon->restored.outcome = RESTORE_OPEN;
	daemon_trouble(daemon, TROUBLE_ARMED,
		       "nothing judges and everything leaves: the node was disarmed; `residctl policy load`, or a restart of "
		       "residd, arms it");
}

void restore_follow(struct daemon *daemon, const struct resid_nl_status *status)
{
	struct path file = store_generation(status->generation);
	struct snapshot *snapshot = NULL;
	struct resid_error ignored;

	/*
	 * Somebody loaded a policy where there was none; or took it away; or it was on trial, the first, and that is
	 * over.
	 */
	if (status->has_generation != (daemon->restored.outcome == RESTORE_ARMED))
		restore_changed(daemon, status);

	history_settle(status);
	if (!status->has_generation ||
	    (daemon->snapshot &&
	     !memcmp(snapshot_generation(daemon->snapshot), status->generation, RESID_DIGEST_LEN)) ||
	    snapshot_open(file.text, &snapshot, &ignored))
		return;
	snapshot_free(daemon->snapshot);
	daemon->snapshot = snapshot;
	watch_soon(daemon);
}

bool restore_is_well(const struct daemon *daemon)
{
	return daemon->restored.outcome == RESTORE_ARMED || daemon->restored.outcome == RESTORE_FRESH ||
	       load_is_undone();
}

static void restore_tagger(struct daemon *daemon)
{
	struct resid_error err;
	bool loaded;

	tagger_free(TAKE(daemon->tagger));
	if (tagger_ensure(daemon->nl, false, &daemon->tagger, &loaded, &err)) {
		daemon->tagger = NULL;
		daemon_trouble(daemon, TROUBLE_TAGGER, err.text);
		return;
	}
	daemon_trouble(daemon, TROUBLE_TAGGER, NULL);
	if (loaded && !daemon->tagger->tracing)
		daemon_say(SD_WARNING, "new cgroups wait for residd to be labelled, and removed ones stay in the class map: %s", daemon->tagger->tracing_note);
}

/* Without it records lack the process, and nothing else. */
void restore_who(struct daemon *daemon)
{
	struct resid_error err;

	if (daemon->who && who_is_there())
		return;
	who_free(TAKE(daemon->who));
	daemon->drain.enricher.who = NULL;
	if (who_ensure("/", &daemon->who, &err)) {
		daemon->who = NULL;
		daemon_say(SD_WARNING, "records do not name the process: %s", err.text);
		return;
	}
	daemon->drain.enricher.who = daemon->who;
	if (!daemon->who->packet)
		daemon_say(SD_NOTICE, "records do not name the process of a packet socket: %s", daemon->who->packet_note);
}

bool restore_connect(struct daemon *daemon)
{
	struct resid_nl_status status;
	struct resid_error err;

	if (daemon->nl)
		return true;
	if (resid_nl_open(&daemon->nl, &err)) {
		daemon->nl = NULL;
		restore_absent(daemon, err.text, false);
		return false;
	}
	if (resid_nl_status(daemon->nl, &status, &err)) {
		restore_disconnect(daemon);
		restore_absent(daemon, err.text, false);
		return false;
	}
	daemon_trouble(daemon, TROUBLE_MODULE, NULL);
	daemon->shut = daemon->absent = false;
	/* The mode and the snapshot before anything else. Of a module that we knew, somebody took the policy. */
	if (status.has_generation || memcmp(daemon->instance, status.instance, sizeof(status.instance)))
		restore_policy(daemon);
	restore_reopen(daemon);
	restore_tagger(daemon);
	if (memcmp(daemon->instance, status.instance, sizeof(status.instance))) {
		drain_fini(&daemon->drain);
		drain_init(&daemon->drain, status.instance, &daemon->config.privacy);
		daemon->drain.enricher.who = daemon->who;
		memcpy(daemon->instance, status.instance, sizeof(status.instance));
		outage_resume(daemon);
	}
	restore_who(daemon);
	collect_listen(daemon);
	watch_soon(daemon);
	return true;
}

void restore_disconnect(struct daemon *daemon)
{
	daemon->wake = sd_event_source_disable_unref(daemon->wake);
	resid_nl_free(TAKE(daemon->nl));
	daemon->publish = true;
}
