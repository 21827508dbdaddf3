// SPDX-License-Identifier: Apache-2.0
#include "daemon.h"

#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "node/history.h"
#include "util/hex.h"

static void restore_note(void *context, const struct assignment *item, const char *text)
{
}

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

void restore_follow(struct daemon *daemon, const struct resid_nl_status *status)
{
	struct path file = store_generation(status->generation);
	struct snapshot *snapshot = NULL;
	struct resid_error ignored;

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

/* The kernel judges already, as after a restart of residd: its generation is in force, whatever the link says. */
static void restore_adopt(struct daemon *daemon, const struct resid_nl_status *status)
{
	struct path file = store_generation(status->generation);
	enum resid_mode mode;
	struct resid_error err;
	bool known;

	/* A policy on trial is what a reboot must not restore. */
	if (!status->policy_confirm && daemon->snapshot &&
	    memcmp(snapshot_generation(daemon->snapshot), status->generation, RESID_DIGEST_LEN) &&
	    !access(file.text, F_OK))
		store_set_current(status->generation, &err);
	restore_follow(daemon, status);
	/* A mode that waits for its confirmation is the kernel's business. */
	if (status->confirm || store_mode_read(&mode, &known, &err) || !known || mode == status->mode)
		return;
	if (resid_nl_mode_set(daemon->nl, mode, 0, &err))
		daemon_trouble(daemon, TROUBLE_POLICY, err.text);
}

static void restore_load(struct daemon *daemon)
{
	const struct load_request request = { .action = "restore" };
	const struct load_hooks hooks = { .note = restore_note };
	char hex[2 * RESID_DIGEST_LEN + 1];
	struct load_report report;
	struct resid_error err;

	if (!daemon->snapshot) {
		if (!*daemon->trouble[TROUBLE_POLICY])
			daemon_trouble(daemon, TROUBLE_POLICY,
				       "no policy was loaded on this node yet; load one with `residctl policy load`");
		return;
	}
	if (load_snapshot(daemon->nl, daemon->snapshot, &request, &hooks, &report, &err)) {
		daemon_trouble(daemon, TROUBLE_POLICY, err.text);
		return;
	}
	hex_format(snapshot_generation(daemon->snapshot), RESID_DIGEST_LEN, hex);
	daemon_say(SD_NOTICE, "restored generation %s, %s", hex, store_mode_name(report.mode));
	daemon_trouble(daemon, TROUBLE_POLICY, NULL);
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
		daemon_trouble(daemon, TROUBLE_MODULE, err.text);
		return false;
	}
	if (resid_nl_status(daemon->nl, &status, &err)) {
		daemon_trouble(daemon, TROUBLE_MODULE, err.text);
		restore_disconnect(daemon);
		return false;
	}
	daemon_trouble(daemon, TROUBLE_MODULE, NULL);
	restore_reopen(daemon);
	/* The mode and the snapshot before anything else. */
	if (status.has_generation)
		restore_adopt(daemon, &status);
	else if (memcmp(daemon->instance, status.instance, sizeof(status.instance)))
		restore_load(daemon);	/* else somebody disarmed it, and it stays so until we are told */
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
