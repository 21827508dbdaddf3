// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "residctl/history.h"
#include "node/store.h"
#include "residctl/output.h"
#include "util/file.h"
#include "util/hex.h"
#include "util/memory.h"

#define HISTORY_LINE	65536	/* no entry is longer */
#define HISTORY_SHORT 12	/* digits of a generation in text */

/* Settles what the kernel did by itself, so it comes before the reading. */
static void history_in_force(char hex[2 * RESID_DIGEST_LEN + 1])
{
	_cleanup_(cleanup_snapshot) struct snapshot *current = NULL;
	_cleanup_(cleanup_nl) struct resid_nl *nl = NULL;
	struct resid_nl_status status = { 0 };
	struct resid_error ignored;

	*hex = '\0';
	if (!geteuid() && !resid_nl_open(&nl, &ignored) && !resid_nl_status(nl, &status, &ignored)) {
		history_settle(&status);
		if (status.has_generation)
			hex_format(status.generation, RESID_DIGEST_LEN, hex);
	} else if (!store_open_current(&current, &ignored)) {
		hex_format(snapshot_generation(current), RESID_DIGEST_LEN, hex);
	}
}

int history_read(json_t **out, char in_force[2 * RESID_DIGEST_LEN + 1], struct resid_error *err)
{
	struct path path = history_file();
	_cleanup_fclose_ FILE *file = NULL;
	_cleanup_free_ char *line = mem_alloc(HISTORY_LINE);
	enum file_line result;
	size_t length;

	history_in_force(in_force);
	file = file_stream(path.text, err);
	if (!file && errno == ENOENT)
		return resid_fail(err, RESID_EXIT_INPUT, "%s: %s; it begins with the first `residctl policy load`", path.text,
				  strerror(errno));
	if (!file)
		return -1;
	*out = json_array();
	while ((result = file_line(file, line, HISTORY_LINE, &length)) == FILE_LINE_READ) {
		json_t *entry = json_loads(line, 0, NULL);

		if (json_is_object(entry))
			json_array_append_new(*out, entry);
		else
			json_decref(entry);
	}
	if (result != FILE_LINE_NONE)
		return resid_fail(err, RESID_EXIT_INPUT, "%s: %s", path.text, result == FILE_LINE_LONG ?
				  "a line is longer than an entry can be" : strerror(errno));
	return 0;
}

bool history_kept(const char *generation, struct path *out)
{
	*out = paths_in(paths_state_dir(), "generations/%s.rsnap", generation);
	return *generation && !access(out->text, R_OK);
}

static const char *history_text(const json_t *entry, const char *key)
{
	const char *text = json_string_value(json_object_get(entry, key));

	return text ? text : "";
}

static void history_print_data(const json_t *entry)
{
	const json_t *data = json_object_get(entry, "data");
	size_t i;

	for (i = 0; i < json_array_size(data); i++) {
		const json_t *source = json_array_get(data, i);

		printf("    %s %s%s%s%s\n", history_text(source, "source"), history_text(source, "file"),
		       *history_text(source, "date") ? " of " : "", history_text(source, "date"),
		       *history_text(source, "accepted") ? ", accepted although it is not as it should be:" : "");
		if (*history_text(source, "accepted"))
			printf("      %s\n", history_text(source, "accepted"));
	}
}

/* The newest entry of the generation in force: earlier ones were in force then. */
static bool history_is_current(const json_t *history, size_t at, const char *in_force)
{
	if (!*in_force || strcmp(history_text(json_array_get(history, at), "generation"), in_force))
		return false;
	while (++at < json_array_size(history))
		if (!strcmp(history_text(json_array_get(history, at), "generation"), in_force))
			return false;
	return true;
}

/* The kernel knows a generation that it went back to by number only: the name is that of its load. */
static const char *history_policy(const json_t *history, size_t at)
{
	const char *generation = history_text(json_array_get(history, at), "generation");

	for (;; at--) {
		const json_t *entry = json_array_get(history, at);

		if (!at || (!strcmp(history_text(entry, "generation"), generation) && *history_text(entry, "policy")))
			return !strcmp(history_text(entry, "generation"), generation) ? history_text(entry, "policy") : "";
	}
}

static void history_print(const json_t *history, size_t at, const char *in_force)
{
	const json_t *entry = json_array_get(history, at);
	const char *generation = history_text(entry, "generation"), *login = history_text(entry, "login");
	const char *policy = history_policy(history, at);
	const json_t *confirm = json_object_get(entry, "confirm");
	struct path file;

	printf("%s  %-9s %s%.*s%s%s%s", history_text(entry, "time"), history_text(entry, "action"), output_bold(),
	       HISTORY_SHORT, *generation ? generation : "no policy", output_plain(), *policy ? " " : "", policy);
	if (confirm)
		printf(" on trial for %lld s", (long long)json_integer_value(confirm));
	printf(", by %s%s%s", *login ? login : "", *login ? " with " : "", history_text(entry, "program"));
	if (history_is_current(history, at, in_force))
		fputs(", in force", stdout);
	else if (*generation && !history_kept(generation, &file))
		fputs(", its file is gone", stdout);
	putchar('\n');
	history_print_data(entry);
}

static void history_mark(const json_t *history, size_t at, const char *in_force)
{
	json_t *entry = json_array_get(history, at);
	const char *generation = history_text(entry, "generation");
	struct path file;

	json_object_set_new(entry, "in_force", json_boolean(history_is_current(history, at, in_force)));
	json_object_set_new(entry, "kept", json_boolean(history_kept(generation, &file)));
}

static int policy_history_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_json_ json_t *history = NULL;
	char in_force[2 * RESID_DIGEST_LEN + 1];
	size_t i;

	if (history_read(&history, in_force, err))
		return -1;
	for (i = 0; i < json_array_size(history); i++) {
		if ((view->output.form == VIEW_FORM_JSON))
			history_mark(history, i, in_force);
		else
			history_print(history, i, in_force);
	}
	if ((view->output.form == VIEW_FORM_JSON)) {
		json_dumpf(history, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
	}
	return RESID_EXIT_OK;
}

static const struct command_option policy_history_options[] = {
	{ NULL },
};

const struct command command_policy_history = {
	.name = "policy history",
	.args = "",
	.summary = "which policy came into force when, by whom, with which data",
	.detail = "Each load, trial, confirmation and roll-back, the oldest first, with who did it (the user who logged in, "
		  "whatever became of them by sudo), the dates of the data, and what of them was accepted although a guard "
		  "refused it. `revert` is the kernel's: a policy on trial that nobody confirmed. What can be loaded again by "
		  "`residctl policy rollback` is what is not said to be gone.",
	.json = "an array, an object an entry, the oldest first",
	.min_args = 0,
	.max_args = 0,
	.options = policy_history_options,
	.run = policy_history_run,
};
