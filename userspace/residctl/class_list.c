// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <stdio.h>
#include <string.h>

#include "output.h"
#include "sink/jsonw.h"
#include "snapshots.h"

static void class_list_json(const struct snapshot *snapshot)
{
	_cleanup_(jsonw_fini) struct jsonw json = { 0 };
	size_t i, j;

	jsonw_array(&json, NULL);
	for (i = 0; i < snapshot_class_count(snapshot); i++) {
		struct snapshot_class class = snapshot_class_at(snapshot, i);

		jsonw_object(&json, NULL);
		jsonw_u64(&json, "id", class.id);
		jsonw_string(&json, "name", class.name);
		if (class.judged_as)
			jsonw_string(&json, "judged_as", class.judged_as);
		jsonw_string(&json, "default", output_verdict(class.fallback));
		jsonw_string(&json, "mode", class.permissive ? "permissive" : "enforcing");
		jsonw_array(&json, "targets");
		for (j = 0; j < snapshot_assignment_count(snapshot); j++)
			if (snapshot_assignment_at(snapshot, j).class_id == class.id)
				jsonw_string(&json, NULL, snapshot_assignment_at(snapshot, j).target);
		jsonw_array_end(&json);
		jsonw_object_end(&json);
	}
	jsonw_array_end(&json);
	output_json(&json);
}

static int class_list_run(const struct call *call, struct resid_error *err)
{
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	size_t i, j;

	if (snapshots_open(call, &snapshot, err))
		return -1;
	if (call_option(call, "json")) {
		class_list_json(snapshot);
		return RESID_EXIT_OK;
	}
	printf("%s%4s  %-16s %-8s %-11s %s%s\n", output_bold(), "id", "class", "default", "mode", "assigned by the policy",
	       output_plain());
	for (i = 0; i < snapshot_class_count(snapshot); i++) {
		struct snapshot_class class = snapshot_class_at(snapshot, i);

		printf("%4u  %-16s ", class.id, class.name);
		if (class.judged_as) {
			printf("judged as %s\n", class.judged_as);
			continue;
		}
		printf("%-8s %-11s", output_verdict(class.fallback), class.permissive ? "permissive" : "enforcing");
		for (j = 0; j < snapshot_assignment_count(snapshot); j++)
			if (snapshot_assignment_at(snapshot, j).class_id == class.id)
				printf(" %s", snapshot_assignment_at(snapshot, j).target);
		putchar('\n');
	}
	return RESID_EXIT_OK;
}

static const struct command_option class_list_options[] = {
	{ "snapshot", "FILE", "a snapshot instead of the one in force" },
	{ "json", NULL, "one JSON array" },
	{ NULL, NULL, NULL },
};

const struct command command_class_list = {
	.name = "class list",
	.args = "",
	.summary = "list the policy's classes",
	.detail = "With each class the verdict on what no rule matches, its mode, and the targets that the policy assigns to "
		  "it. `unlabelled` is what nobody assigned, `kernel` what the kernel itself sends.",
	.min_args = 0,
	.max_args = 0,
	.options = class_list_options,
	.run = class_list_run,
};
