// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include "node/report.h"
#include "residctl/classes.h"
#include "residctl/say.h"
#include "residctl/snapshots.h"
#include "residctl/view_sort.h"

/* What has a class: the policy's word, and the node's (assign.d), unless it is not this node that is spoken of. */
static int class_list_assignments(const struct call *call, const struct snapshot *snapshot, struct assign_list *list,
				  struct resid_error *err)
{
	if (!call_option(call, "snapshot") && assign_read(list, err))
		return -1;
	assign_add_policy(list, snapshot);
	return 0;
}

/* Lines that the policy of today makes nothing of. */
static void class_list_lost(const struct assign_list *list)
{
	char target[REPORT_TARGET];

	for (size_t i = 0; i < list->count; i++) {
		const struct assignment *item = &list->items[i];

		assign_format_target(&item->target, target, sizeof(target));
		if (item->class_id < 0)
			say_warning("%s: the policy has no class '%s', so %s gets none", item->origin, item->class_name, target);
	}
}

static int class_list_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	_cleanup_(assign_list_fini) struct assign_list list = { 0 };

	if (snapshots_open(call, &snapshot, err) || class_list_assignments(call, snapshot, &list, err))
		return -1;
	view_rows(view, classes_columns);
	classes_view(view, snapshot, &list);
	class_list_lost(&list);
	return RESID_EXIT_OK;
}

static const struct command_option class_list_options[] = {
	SNAPSHOTS_ONE_OPTION,
	VIEW_SORT_OPTION,
	{ NULL, NULL, NULL },
};

const struct command command_class_list = {
	.name = "class list",
	.args = "",
	.summary = "list the policy's classes",
	.detail = "With each class the verdict on what no rule matches, its mode, what becomes of packets that are to be recorded "
		  "when the kernel's table is full (count lets them leave in coarser records, deny refuses them), and the targets "
		  "that are assigned to it, by the policy or by `residctl class assign`, with their tenants. `unlabelled` is what nobody assigned, `kernel` what the kernel itself sends.",
	.json = "an array, an object a class",
	.min_args = 0,
	.max_args = 0,
	.options = class_list_options,
	.run = class_list_run,
};
