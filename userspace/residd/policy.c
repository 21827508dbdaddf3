// SPDX-License-Identifier: Apache-2.0
#include "daemon.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <systemd/sd-daemon.h>

#include "util/file.h"
#include "util/hex.h"
#include "util/paths.h"
#include "util/rfc3339.h"

static void policy_warning(void *context, const char *text)
{
	daemon_say(SD_WARNING, "%s", text);
}

static const char *policy_optional(const struct path *path)
{
	return *path->text ? path->text : NULL;
}

struct build_inputs policy_inputs(const struct daemon *daemon, const char *file)
{
	return (struct build_inputs){
		.policy = file,
		.geoip4 = policy_optional(&daemon->config.geoip4),
		.geoip6 = policy_optional(&daemon->config.geoip6),
		.sets = policy_optional(&daemon->config.sets),
		.now = time(NULL),
	};
}

/* Compiles and loads; on any failure what is in force stays in force. */
static void policy_load(struct daemon *daemon, const char *file, const char *why)
{
	const struct path current = store_current();
	struct build_inputs inputs = policy_inputs(daemon, file);
	const struct load_request request = { .action = why };
	const struct load_hooks hooks = { 0 };
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	char hex[2 * RESID_DIGEST_LEN + 1], text[1200];
	struct load_report report;
	struct resid_error err;

	inputs.previous = current.text;
	if (!daemon->nl && !restore_connect(daemon))
		return;
	if (snapshot_build(&inputs, policy_warning, NULL, &snapshot, &err) ||
	    load_snapshot(daemon->nl, snapshot, &request, &hooks, &report, &err)) {
		snprintf(text, sizeof(text), "%s: the policy in force stays: %s", why, err.text);
		*daemon->trouble[TROUBLE_POLICY] = '\0';	/* the same again is said again */
		daemon_trouble(daemon, TROUBLE_POLICY, text);
		return;
	}
	hex_format(snapshot_generation(snapshot), RESID_DIGEST_LEN, hex);
	daemon_say(SD_NOTICE, "%s: %s generation %s, %s", why, report.unchanged ? "kept" : "loaded", hex,
		   store_mode_name(report.mode));
	daemon_trouble(daemon, TROUBLE_POLICY, NULL);
	restore_reopen(daemon);
	store_prune(daemon->config.generations_keep);
	watch_soon(daemon);
}

/* A set of countries in force copies a law that has ended. */
static void policy_check_sets(struct daemon *daemon)
{
	const char *name = NULL;
	char at[RFC3339_TEXT];
	char text[512];
	int64_t ended;

	if (daemon->snapshot)
		name = snapshot_set_ended(daemon->snapshot, time(NULL), &ended);
	if (name) {
		rfc3339_format(ended, at);
		snprintf(text, sizeof(text),
			 "the set '%s' of the policy in force is law no more since %s; put a newer file into %s/sets and run `residctl policy load`",
			 name, at, paths_conf_dir());
	}
	daemon_trouble(daemon, TROUBLE_SET, name ? text : NULL);
}

/* What was accepted stays in force when its data grow old, and says so. */
void policy_check_age(struct daemon *daemon)
{
	int64_t stale_at = daemon->snapshot ? snapshot_stale_at(daemon->snapshot) : 0;
	char at[RFC3339_TEXT], text[256];

	policy_check_sets(daemon);
	if (!stale_at || time(NULL) < stale_at) {
		daemon_trouble(daemon, TROUBLE_STALE, NULL);
		return;
	}
	rfc3339_format(stale_at, at);
	snprintf(text, sizeof(text),
		 "the policy in force is of data that are too old for it since %s; bring them up to date and run `residctl policy load`",
		 at);
	daemon_trouble(daemon, TROUBLE_STALE, text);
}

void policy_reload(struct daemon *daemon)
{
	struct path own = paths_in(paths_conf_dir(), "policy.yaml");

	policy_load(daemon, access(own.text, F_OK) ? NULL : own.text, "reload");
}

/* The policy that is in force: an edited policy.yaml waits for its SIGHUP. */
void policy_refresh_data(struct daemon *daemon)
{
	struct resid_nl_status status;
	struct resid_error err;
	struct path file;
	const char *text;

	daemon->refresh_waits = true;
	if (!daemon->nl || !daemon->snapshot || resid_nl_status(daemon->nl, &status, &err) || !status.has_generation ||
	    status.policy_confirm)
		return;	/* a policy on trial keeps its data, lest a load confirm it */
	daemon->refresh_waits = false;
	text = snapshot_policy_text(daemon->snapshot);
	file = paths_in(paths_run_dir(), "refresh/%s", snapshot_policy_name(daemon->snapshot));
	if (paths_make_dir(paths_dir_of(file.text).text, 0755, &err) ||
	    file_write(file.text, text, strlen(text), 0600, FILE_OWN_GROUP, &err)) {
		daemon_trouble(daemon, TROUBLE_POLICY, err.text);
		return;
	}
	policy_load(daemon, file.text, "data changed");
	unlink(file.text);
}

void policy_retry(struct daemon *daemon)
{
	if (daemon->refresh_waits)
		policy_refresh_data(daemon);
}
