// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <stdio.h>

#include "nl/report.h"
#include "output.h"
#include "sink/jsonw.h"
#include "snapshots.h"

static void class_list_json(const struct snapshot *snapshot)
{
	_cleanup_(jsonw_fini) struct jsonw json = { 0 };

	report_classes(&json, NULL, snapshot);
	output_json(&json);
}

static void class_list_text(const struct snapshot *snapshot)
{
	size_t i, j;

	printf("%s%4s  %-16s %-8s %-11s %-8s %s%s\n", output_bold(), "id", "class", "default", "mode", "on loss",
	       "assigned by the policy", output_plain());
	for (i = 0; i < snapshot_class_count(snapshot); i++) {
		struct snapshot_class class = snapshot_class_at(snapshot, i);

		printf("%4u  %-16s ", class.id, class.name);
		if (class.judged_as) {
			printf("judged as %s\n", class.judged_as);
			continue;
		}
		printf("%-8s %-11s %-8s", output_verdict(class.fallback), class.permissive ? "permissive" : "enforcing",
		       class.deny_on_loss ? "deny" : "count");
		for (j = 0; j < snapshot_assignment_count(snapshot); j++)
			if (snapshot_assignment_at(snapshot, j).class_id == class.id)
				printf(" %s", snapshot_assignment_at(snapshot, j).target);
		putchar('\n');
	}
}

static int class_list_run(const struct call *call, struct resid_error *err)
{
	return snapshots_show(call, class_list_json, class_list_text, err);
}

const struct command command_class_list = {
	.name = "class list",
	.args = "",
	.summary = "list the policy's classes",
	.detail = "With each class the verdict on what no rule matches, its mode, what becomes of packets that are to be recorded "
		  "when the kernel's table is full (count lets them leave in coarser records, deny refuses them), and the targets "
		  "that the policy assigns to it. `unlabelled` is what nobody assigned, `kernel` what the kernel itself sends.",
	.min_args = 0,
	.max_args = 0,
	.options = snapshots_show_options,
	.run = class_list_run,
};
