// SPDX-License-Identifier: Apache-2.0
#include "classes.h"

#include "node/report.h"

const struct view_column classes_columns[] = {
	{ .label = "id", .right = true }, { .label = "class" }, { .label = "default" }, { .label = "mode" },
	{ .label = "on loss", .rank = 1 }, { .label = "judged as" }, { .label = "assigned to" }, { NULL },
};

/* What the policy itself assigns. */
static void classes_targets(struct view *view, const struct snapshot *snapshot, int class_id)
{
	view_list(view, "targets", NULL);
	for (size_t i = 0; i < snapshot_assignment_count(snapshot); i++)
		if (snapshot_assignment_at(snapshot, i).class_id == class_id)
			view_text(view, NULL, NULL, snapshot_assignment_at(snapshot, i).target);
	view_end(view);
}

/* Who has it, by the policy and by the node: names for people, all that is known for programs. */
static void classes_assigned(struct view *view, const struct assign_list *list, int class_id)
{
	char target[REPORT_TARGET];

	view_list(view, NULL, "assigned to");
	for (size_t i = 0; i < list->count; i++) {
		const struct assignment *item = &list->items[i];

		if (item->class_id != class_id)
			continue;
		assign_format_target(&item->target, target, sizeof(target));
		view_text(view, NULL, NULL, target);
		if (*item->tenant)
			view_note(view, " (%s)", item->tenant);
	}
	view_end(view);
	view_table(view, "assigned", NULL, NULL);
	for (size_t i = 0; i < list->count; i++) {
		const struct assignment *item = &list->items[i];

		if (item->class_id != class_id)
			continue;
		assign_format_target(&item->target, target, sizeof(target));
		view_row(view);
		view_text(view, "target", NULL, target);
		view_known(view, "tenant", NULL, item->tenant);
		view_text(view, "origin", NULL, item->origin);
		view_end(view);
	}
	view_end(view);
}

void classes_view(struct view *view, const struct snapshot *snapshot, const struct assign_list *assigned)
{
	for (size_t i = 0; i < snapshot_class_count(snapshot); i++) {
		struct snapshot_class class = snapshot_class_at(snapshot, i);
		const bool own = !class.judged_as;	/* else the other class decides */

		view_row(view);
		view_number(view, "id", "id", class.id);
		view_text(view, "name", "class", class.name);
		view_known(view, "judged_as", "judged as", class.judged_as);
		view_verdict(view, "default", own ? "default" : NULL, class.fallback);
		view_text(view, "mode", own ? "mode" : NULL, class.permissive ? "permissive" : "enforcing");
		view_text(view, "on_loss", own ? "on loss" : NULL, class.deny_on_loss ? "deny" : "count");
		classes_targets(view, snapshot, class.id);
		if (assigned)
			classes_assigned(view, assigned, class.id);
		view_end(view);
	}
}
