// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <dirent.h>
#include <string.h>

#include "residctl/history.h"
#include "residctl/loading.h"
#include "node/store.h"

#define ROLLBACK_DIGITS_MIN 8

DEFINE_CLEANUP(dir, DIR *, closedir);

/* The one that was in force last before this one, and of which there is a file. */
static int rollback_previous(struct path *out, struct resid_error *err)
{
	_cleanup_json_ json_t *history = NULL;
	char in_force[2 * RESID_DIGEST_LEN + 1];
	size_t i;

	if (history_read(&history, in_force, err))
		return -1;
	for (i = json_array_size(history); i > 0; i--) {
		const json_t *entry = json_array_get(history, i - 1);
		const char *generation = json_string_value(json_object_get(entry, "generation"));

		/* what was never confirmed is nothing to go back to */
		if (generation && strcmp(generation, in_force) && !json_object_get(entry, "confirm") &&
		    history_kept(generation, out))
			return 0;
	}
	return resid_fail(err, RESID_EXIT_INPUT, "there is no generation before this one; `residctl policy history` shows them");
}

static int rollback_named(const char *name, struct path *out, struct resid_error *err)
{
	struct path folder = paths_in(paths_state_dir(), "generations");
	_cleanup_(cleanup_dir) DIR *dir = opendir(folder.text);
	size_t length = strlen(name), found = 0;
	struct dirent *entry;

	if (length < ROLLBACK_DIGITS_MIN || strspn(name, "0123456789abcdef") != length)
		return resid_fail(err, RESID_EXIT_USAGE, "'%.80s' is no generation: write its first %d digits or more", name,
				  ROLLBACK_DIGITS_MIN);
	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, name, length) || !strstr(entry->d_name, ".rsnap"))
			continue;
		*out = paths_in(folder.text, "%s", entry->d_name);
		found++;
	}
	if (found == 1)
		return 0;
	return resid_fail(err, RESID_EXIT_INPUT, "%s generation here begins with %s; `residctl policy history` shows them",
			  found ? "more than one" : "no", name);
}

static int policy_rollback_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	struct load_request request = { .action = "rollback" };
	_cleanup_(cleanup_nl) struct resid_nl *nl = NULL;
	struct path file;

	if (call_confirm(call, &request.confirm, err) ||
	    (call->argc ? rollback_named(call->argv[0], &file, err) : rollback_previous(&file, err)) ||
	    snapshot_open(file.text, &snapshot, err) || resid_nl_open(&nl, err))
		return -1;
	return loading_apply(nl, snapshot, &request, err);
}

static const struct command_option policy_rollback_options[] = {
	{ "confirm", "SECONDS", "on trial: the kernel goes back by itself unless `residctl policy confirm` follows" },
	{ NULL },
};

const struct command command_policy_rollback = {
	.name = "policy rollback",
	.args = "[GENERATION]",
	.summary = "put an earlier generation in force again",
	.detail = "Without GENERATION it is the one that was in force before this one, so a second time undoes the first. "
		  "GENERATION is the beginning of one that `residctl policy history` shows, at least eight digits. Nothing is "
		  "compiled: the snapshot is the one of then, with the data of then.",
	.min_args = 0,
	.max_args = 1,
	.options = policy_rollback_options,
	.run = policy_rollback_run,
};
