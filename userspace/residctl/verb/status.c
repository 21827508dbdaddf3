// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "nl/nl.h"
#include "node/absent.h"
#include "node/report.h"
#include "node/store.h"
#include "util/file.h"
#include "util/json.h"
#include "util/paths.h"

#define STATUS_FILE_MAX	(1u << 20)

/* The one in force, which the link does not name while it is on trial. */
static int status_open(const struct resid_nl_status *status, struct snapshot **out, struct resid_error *err)
{
	struct path file = store_generation(status->generation);

	return status->has_generation ? snapshot_open(file.text, out, err) : -1;
}

/* From the kernel: one JSON object as text. */
static int status_from_kernel(struct jsonw *json, struct resid_error *err)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	_cleanup_(cleanup_nl) struct resid_nl *nl = NULL;
	struct resid_nl_status status;
	struct resid_error ignored;

	if (resid_nl_open(&nl, err) || resid_nl_status(nl, &status, err)) {
		size_t used = strlen(err->text);

		if (absent_is_there())
			snprintf(err->text + used, sizeof(err->text) - used,
				 "; nftables (table " ABSENT_TABLE ") lets only loopback, link and bootstrap traffic leave meanwhile");
		return -1;
	}
	if (status_open(&status, &snapshot, &ignored))
		snapshot = NULL;
	jsonw_object(json, NULL);
	report_status(json, &status, snapshot);
	jsonw_object_end(json);
	return 0;
}

/* From what residd left for the group: its text, and how old it is. */
static int status_from_file(char **text, size_t *length, long *age, struct resid_error *err)
{
	struct path file = paths_in(paths_run_dir(), "status.json");
	struct stat st;

	if (stat(file.text, &st) || access(file.text, R_OK))
		return resid_fail(err, RESID_EXIT_SYSTEM,
				  "only root can ask the kernel, and %s cannot be read (%s); be root, or a member of group "
				  "resid while residd runs", file.text, strerror(errno));
	*age = (long)(time(NULL) - st.st_mtime);
	return file_read(file.text, STATUS_FILE_MAX, text, length, err);
}

static void status_line(const json_t *status, const char *label, const char *key, const char *none)
{
	const json_t *value = json_object_get(status, key);

	if (json_is_string(value))
		printf("%-14s %s\n", label, json_string_value(value));
	else if (json_is_integer(value))
		printf("%-14s %lld\n", label, (long long)json_integer_value(value));
	else if (none)
		printf("%-14s %s\n", label, none);
}

static void status_sinks(const json_t *sinks)
{
	const json_t *sink;
	size_t i;

	json_array_foreach((json_t *)sinks, i, sink) {
		printf("%-14s %s: %s, %lld records behind, %lld failures\n", i ? "" : "sinks",
		       json_string_value(json_object_get(sink, "name")), json_string_value(json_object_get(sink, "state")),
		       (long long)json_integer_value(json_object_get(sink, "lag")),
		       (long long)json_integer_value(json_object_get(sink, "failures")));
		if (json_object_get(sink, "error"))
			printf("%-14s %s\n", "", json_string_value(json_object_get(sink, "error")));
	}
}

static void status_spool(const json_t *spool)
{
	const json_t *days = json_object_get(spool, "room_days");

	if (!spool)
		return;
	printf("%-14s %lld records in %lld segments, %.1f MB; ", "spool",
	       (long long)json_integer_value(json_object_get(spool, "records")),
	       (long long)json_integer_value(json_object_get(spool, "segments")),
	       (double)json_integer_value(json_object_get(spool, "bytes")) / 1e6);
	if (!json_is_true(json_object_get(spool, "writable")))
		puts("it cannot be written: the kernel keeps what it counts");
	else if (days && json_integer_value(days) < UINT32_MAX)
		printf("room for %lld days at the rate observed%s\n", (long long)json_integer_value(days),
		       json_is_true(json_object_get(spool, "small")) ? ", LESS THAN ARE TO BE KEPT" : "");
	else
		printf("%.1f MB of room\n", (double)json_integer_value(json_object_get(spool, "room_bytes")) / 1e6);
}

/* The last of each kind: what lasts, and what is over. */
static void status_troubles(const json_t *troubles)
{
	const json_t *trouble;
	size_t i;

	json_array_foreach((json_t *)troubles, i, trouble) {
		const char *since = json_string_value(json_object_get(trouble, "since"));
		const char *until = json_string_value(json_object_get(trouble, "until"));
		const char *text = json_string_value(json_object_get(trouble, "text"));

		if (until)
			printf("%-14s from %.19sZ to %.19sZ: %s\n", "was troubled", since, until, text);
		else
			printf("%-14s since %.19sZ: %s\n", "trouble", since, text);
	}
}

static void status_print(const json_t *status)
{
	const json_t *confirm = json_object_get(status, "mode_confirm_seconds");
	const json_t *trial = json_object_get(status, "policy_confirm_seconds");
	const json_t *audit = json_object_get(status, "audit"), *daemon = json_object_get(status, "daemon");

	printf("%-14s %s\n", "armed", json_is_true(json_object_get(status, "armed")) ? "yes" :
	       json_is_true(json_object_get(status, "closed")) ?
	       "no: closed, only link, local and bootstrap destinations leave until `residctl policy load`" :
	       "NO: everything leaves; `residctl policy load` arms it");
	status_line(status, "mode", "mode", "unknown");
	if (confirm)
		printf("%-14s goes back by itself in %lld s unless confirmed\n", "",
		       (long long)json_integer_value(confirm));
	status_line(status, "boot", "boot", NULL);
	status_line(status, "generation", "generation", "none");
	status_line(status, "policy", "policy", NULL);
	if (json_is_true(json_object_get(status, "data_stale")))
		printf("%-14s too old for the policy since %s; bring them up to date and run `residctl policy load`\n",
		       "data", json_string_value(json_object_get(status, "data_stale_at")));
	if (json_object_get(status, "set_ended"))
		printf("%-14s '%s' is law no more since %s; put a newer file into %s/sets and run `residctl policy load`\n",
		       "set", json_string_value(json_object_get(status, "set_ended")),
		       json_string_value(json_object_get(status, "set_ended_at")), paths_conf_dir());
	if (trial)
		printf("%-14s goes back by itself in %lld s unless `residctl policy confirm`\n", "",
		       (long long)json_integer_value(trial));
	if (json_is_integer(json_object_get(status, "tagger")))
		printf("%-14s program %lld\n", "tagger", (long long)json_integer_value(json_object_get(status, "tagger")));
	else
		status_line(status, "tagger", "tagger", "none: every packet is unlabelled");
	status_line(status, "devices", "devices", NULL);
	status_line(status, "namespaces", "network_namespaces", NULL);
	status_line(status, "direction", "direction_unknown", NULL);
	if (audit)
		printf("%-14s %lld slots in use, batch %lld acknowledged, %lld packets folded\n", "audit",
		       (long long)json_integer_value(json_object_get(audit, "slots_used")),
		       (long long)json_integer_value(json_object_get(audit, "batch_acknowledged")),
		       (long long)json_integer_value(json_object_get(audit, "packets_folded")));
	if (!daemon)
		printf("%-14s not running: what is refused is counted, and nothing fetches the records\n", "residd");
	if (daemon) {
		status_line(daemon, "residd", "state", NULL);
		status_line(daemon, "records", "records", NULL);
		status_spool(json_object_get(daemon, "spool"));
		status_sinks(json_object_get(daemon, "sinks"));
		status_troubles(json_object_get(daemon, "troubles"));
	}
}

static bool status_daemon_lives(const json_t *daemon)
{
	char path[64], name[32] = "";
	_cleanup_fclose_ FILE *file = NULL;
	struct resid_error ignored;

	snprintf(path, sizeof(path), "/proc/%lld/comm", (long long)json_integer_value(json_object_get(daemon, "pid")));
	file = file_stream(path, &ignored);
	return file && fgets(name, sizeof(name), file) && !strcmp(name, "residd\n");
}

/* The kernel knows nothing of spool and sinks: the daemon's own words, which may be its last. */
static void status_add_daemon(json_t *status)
{
	_cleanup_json_ json_t *published = NULL;
	_cleanup_free_ char *text = NULL;
	struct resid_error ignored;
	json_t *daemon;
	size_t length;
	long age;

	if (status_from_file(&text, &length, &age, &ignored))
		return;
	published = json_loadb(text, length, 0, NULL);
	daemon = json_object_get(published, "daemon");
	if (daemon)
		json_object_set(status, "daemon", daemon);
}

/* What a daemon that was killed left says that it runs. */
static void status_check_daemon(json_t *status)
{
	json_t *daemon = json_object_get(status, "daemon");

	if (daemon && !status_daemon_lives(daemon))
		json_object_set_new(daemon, "state", json_string("not running: records wait in the kernel"));
}

static int status_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_json_ json_t *parsed = NULL;
	_cleanup_free_ char *file_text = NULL;
	struct jsonw json = { 0 };
	const char *text;
	size_t length;
	long age = 0;

	if (geteuid()) {
		if (status_from_file(&file_text, &length, &age, err))
			return -1;
		text = file_text;
	} else {
		if (status_from_kernel(&json, err))
			return -1;
		text = json.text;
		length = json.length;
	}
	parsed = json_loadb(text, length, 0, NULL);
	if (!json_is_object(parsed))
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s/status.json is no JSON object", paths_run_dir());
	if (!file_text)
		status_add_daemon(parsed);
	status_check_daemon(parsed);
	if (file_text)
		json_object_set_new(parsed, "age_seconds", json_integer(age));
	if ((view->output.form == VIEW_FORM_JSON)) {
		json_dumpf(parsed, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
	} else {
		status_print(parsed);
		if (file_text)
			printf("%-14s %ld s ago by residd\n", "written", age);
	}
	jsonw_fini(&json);
	return RESID_EXIT_OK;
}

static const struct command_option status_options[] = {
	{ NULL },
};

const struct command command_status = {
	.name = "status",
	.args = "",
	.summary = "whether this node judges, by which policy, in which mode",
	.detail = "As root it asks the kernel. Members of group resid read what the daemon wrote to /run/resid/status.json; its "
		  "age is said. What the daemon says of itself, its spool, its sinks and its last troubles, is from that file "
		  "either way.",
	.json = "one object",
	.min_args = 0,
	.max_args = 0,
	.options = status_options,
	.run = status_run,
};
