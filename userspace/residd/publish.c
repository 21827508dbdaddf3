// SPDX-License-Identifier: Apache-2.0
#include "daemon.h"

#include <inttypes.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "node/report.h"
#include "util/jsonw.h"
#include "util/file.h"

#define SECOND	1000000u

static const char *publish_trouble(const struct daemon *daemon)
{
	for (int i = 0; i < TROUBLE_COUNT; i++)
		if (*daemon->trouble[i])
			return daemon->trouble[i];
	return NULL;
}

static void publish_spool(struct jsonw *json, struct daemon *daemon)
{
	struct spool_status status;
	char time_text[REPORT_TIME];

	if (!daemon->spool)
		return;
	spool_status(daemon->spool, &status);
	/* Said once, not again with each new figure. */
	if (status.small != (*daemon->trouble[TROUBLE_ROOM] != '\0'))
		daemon_trouble(daemon, TROUBLE_ROOM, status.small ? status.text : NULL);
	jsonw_object(json, "spool");
	jsonw_u64(json, "segments", status.segments);
	jsonw_u64(json, "bytes", status.bytes);
	jsonw_u64(json, "records", status.records);
	if (status.oldest_ns) {
		report_time(status.oldest_ns, time_text);
		jsonw_string(json, "oldest", time_text);
	}
	jsonw_u64(json, "room_bytes", status.room);
	if (status.bytes_a_day) {
		jsonw_u64(json, "bytes_a_day", status.bytes_a_day);
		jsonw_u64(json, "room_days", status.days);
	}
	jsonw_bool(json, "small", status.small);
	jsonw_bool(json, "writable", !daemon->outage.on);
	jsonw_object_end(json);
}

static void publish_troubles(struct jsonw *json, const struct daemon *daemon)
{
	static const char *const name[] = { "config", "module", "armed", "policy", "tagger", "assign", "audit", "stale",
					    "set",    "spool",	"key",	  "room",   "sink",  "metrics" };
	char time_text[REPORT_TIME];

	_Static_assert(sizeof(name) / sizeof(*name) == TROUBLE_COUNT, "a name for each trouble");
	jsonw_array(json, "troubles");
	for (int i = 0; i < TROUBLE_COUNT; i++) {
		const struct trouble_last *last = &daemon->last[i];

		if (!last->since_ns)
			continue;
		jsonw_object(json, NULL);
		jsonw_string(json, "of", name[i]);
		report_time(last->since_ns, time_text);
		jsonw_string(json, "since", time_text);
		if (last->until_ns) {
			report_time(last->until_ns, time_text);
			jsonw_string(json, "until", time_text);
		}
		jsonw_string(json, "text", last->text);
		jsonw_object_end(json);
	}
	jsonw_array_end(json);
}

static void publish_daemon(struct jsonw *json, struct daemon *daemon)
{
	jsonw_object(json, "daemon");
	jsonw_string(json, "state", daemon->nl ? "running" : "waiting for resid.ko");
	jsonw_u64(json, "pid", (uint64_t)getpid());
	jsonw_u64(json, "batches", daemon->drain.batches);
	jsonw_u64(json, "records", daemon->drain.written);
	jsonw_u64(json, "batches_replayed", daemon->drain.replayed);
	publish_spool(json, daemon);
	deliver_publish(json, daemon);
	jsonw_u64(json, "assignments_applied", daemon->assignments.applied);
	jsonw_u64(json, "assignments_pending", daemon->assignments.pending);
	jsonw_u64(json, "assignments_unknown", daemon->assignments.unknown);
	if (daemon->tagger)
		jsonw_bool(json, "cgroup_release", daemon->tagger->tracing);
	publish_troubles(json, daemon);
	jsonw_object_end(json);
}

void publish_now(struct daemon *daemon)
{
	struct path file = paths_in(paths_run_dir(), "status.json");
	struct resid_nl_status status;
	struct jsonw json = { 0 };
	struct resid_error err;
	char time_text[REPORT_TIME];
	const char *state = "waiting for resid.ko";
	bool known;

	known = daemon->nl && !resid_nl_status(daemon->nl, &status, &err);
	if (known)
		restore_follow(daemon, &status);
	report_time(daemon_now(), time_text);
	jsonw_object(&json, NULL);
	jsonw_string(&json, "time", time_text);
	jsonw_bool(&json, "module_loaded", known);
	if (known)
		report_status(&json, &status, daemon->snapshot);
	publish_daemon(&json, daemon);
	jsonw_object_end(&json);
	jsonw_line(&json);
	daemon->publish = false;
	if (paths_make_dir(paths_run_dir(), 0755, &err) ||
	    file_write(file.text, json.text, json.length, 0640, paths_group(), &err))
		daemon_say(SD_WARNING, "%s", err.text);
	jsonw_fini(&json);
	expose_file(daemon);
	if (known)
		state = status.has_generation ? store_mode_name(status.mode) : "not armed";
	sd_notifyf(0, "STATUS=%s%s%s, %" PRIu64 " records", state, publish_trouble(daemon) ? "; " : "",
		   publish_trouble(daemon) ?: "", daemon->drain.written);
}

static int publish_timer(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *daemon = context;

	policy_retry(daemon);
	publish_now(daemon);
	sd_event_source_set_time_relative(source, daemon->config.status_interval * (uint64_t)SECOND);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int publish_init(struct daemon *daemon, struct resid_error *err)
{
	int error = sd_event_add_time_relative(daemon->event, &daemon->status_timer, CLOCK_MONOTONIC, 0, SECOND,
					       publish_timer, daemon);

	if (error < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot make a timer: %s", strerror(-error));
	return 0;
}
