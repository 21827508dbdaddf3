// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <stdio.h>

#include "util/json.h"
#include "util/file.h"
#include "util/paths.h"

#define STATUS_FILE_MAX	(1u << 20)

static const char *sink_text(const json_t *sink, const char *key)
{
	return json_string_value(json_object_get(sink, key)) ?: "";
}

static void sink_print(const json_t *sinks)
{
	const json_t *sink;
	size_t i;

	printf("%-16s %-15s %-8s %-8s %10s %10s %9s %7s\n", "sink", "transport", "format", "state", "lag", "delivered",
	       "failures", "parked");
	json_array_foreach((json_t *)sinks, i, sink) {
		printf("%-16s %-15s %-8s %-8s %10lld %10lld %9lld %7lld\n", sink_text(sink, "name"),
		       sink_text(sink, "transport"), sink_text(sink, "format"), sink_text(sink, "state"),
		       (long long)json_integer_value(json_object_get(sink, "lag")),
		       (long long)json_integer_value(json_object_get(sink, "delivered")),
		       (long long)json_integer_value(json_object_get(sink, "failures")),
		       (long long)json_integer_value(json_object_get(sink, "parked")));
		if (*sink_text(sink, "error"))
			printf("%16s %s\n", "", sink_text(sink, "error"));
	}
}

static int sink_list_run(const struct call *call, struct view *view, struct resid_error *err)
{
	struct path file = paths_in(paths_run_dir(), "status.json");
	_cleanup_json_ json_t *status = NULL;
	_cleanup_free_ char *text = NULL;
	const json_t *sinks;
	size_t length;

	if (file_read(file.text, STATUS_FILE_MAX, &text, &length, err)) {
		err->status = RESID_EXIT_SYSTEM;
		return -1;
	}
	status = json_loadb(text, length, 0, NULL);
	sinks = json_object_get(json_object_get(status, "daemon"), "sinks");
	if (!json_is_array(sinks))
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s says nothing of sinks", file.text);
	if ((view->output.form == VIEW_FORM_JSON)) {
		json_dumpf(sinks, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
	} else {
		sink_print(sinks);
	}
	return RESID_EXIT_OK;
}

static const struct command_option sink_list_options[] = {
	{ NULL, NULL, NULL },
};

const struct command command_sink_list = {
	.name = "sink list",
	.args = "",
	.summary = "how far each receiver of records is, and what is wrong with it",
	.detail = "Reads what the daemon wrote to /run/resid/status.json, so members of group resid may ask. A sink is a file "
		  "/etc/resid/sinks.d/NAME.conf; residd(8) says what it may hold. lag: records that the receiver does not have "
		  "yet; parked: records that it refuses for ever, kept in /var/lib/resid/sinks/NAME.parked.",
	.json = "an array, an object a sink",
	.min_args = 0,
	.max_args = 0,
	.options = sink_list_options,
	.run = sink_list_run,
};
