// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <stdio.h>

#include "label/assign.h"
#include "node/report.h"
#include "residctl/output.h"
#include "util/jsonw.h"
#include "residctl/snapshots.h"

/* What has a class: the policy's word, and the node's (assign.d), unless it is not this node that is spoken of. */
static int class_list_assignments(const struct call *call, const struct snapshot *snapshot, struct assign_list *list,
				  struct resid_error *err)
{
	if (!call_option(call, "snapshot") && assign_read(list, err))
		return -1;
	assign_add_policy(list, snapshot);
	return 0;
}

static void class_list_json(const struct snapshot *snapshot, const struct assign_list *list)
{
	_cleanup_(jsonw_fini) struct jsonw json = { 0 };

	report_classes(&json, NULL, snapshot, list);
	output_json(&json);
}

static void class_list_targets(const struct assign_list *list, int class_id)
{
	char target[REPORT_TARGET];
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct assignment *item = &list->items[i];

		if (item->class_id != class_id)
			continue;
		assign_format_target(&item->target, target, sizeof(target));
		printf(*item->tenant ? " %s (%s)" : " %s", target, item->tenant);
	}
}

/* Lines that the policy of today makes nothing of. */
static void class_list_lost(const struct assign_list *list)
{
	char target[REPORT_TARGET];
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct assignment *item = &list->items[i];

		assign_format_target(&item->target, target, sizeof(target));
		if (item->class_id < 0)
			printf("%s: the policy has no class '%s', so %s gets none\n", item->origin, item->class_name, target);
	}
}

static void class_list_text(const struct snapshot *snapshot, const struct assign_list *list)
{
	size_t i;

	printf("%s%4s  %-16s %-8s %-10s  %-7s %s%s\n", output_bold(), "id", "class", "default", "mode", "on loss",
	       "assigned to", output_plain());
	for (i = 0; i < snapshot_class_count(snapshot); i++) {
		struct snapshot_class class = snapshot_class_at(snapshot, i);

		printf("%4u  %-16s ", class.id, class.name);
		if (class.judged_as) {
			printf("judged as %s\n", class.judged_as);
			continue;
		}
		printf("%-8s %-10s  %-7s", output_verdict(class.fallback), class.permissive ? "permissive" : "enforcing",
		       class.deny_on_loss ? "deny" : "count");
		class_list_targets(list, class.id);
		putchar('\n');
	}
	class_list_lost(list);
}

static int class_list_run(const struct call *call, struct resid_error *err)
{
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	_cleanup_(assign_list_fini) struct assign_list list = { 0 };

	if (snapshots_open(call, &snapshot, err) || class_list_assignments(call, snapshot, &list, err))
		return -1;
	(call_option(call, "json") ? class_list_json : class_list_text)(snapshot, &list);
	return RESID_EXIT_OK;
}

const struct command command_class_list = {
	.name = "class list",
	.args = "",
	.summary = "list the policy's classes",
	.detail = "With each class the verdict on what no rule matches, its mode, what becomes of packets that are to be recorded "
		  "when the kernel's table is full (count lets them leave in coarser records, deny refuses them), and the targets "
		  "that are assigned to it, by the policy or by `residctl class assign`, with their tenants. `unlabelled` is what nobody assigned, `kernel` what the kernel itself sends.",
	.min_args = 0,
	.max_args = 0,
	.options = snapshots_show_options,
	.run = class_list_run,
};
