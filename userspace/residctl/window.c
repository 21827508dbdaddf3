// SPDX-License-Identifier: Apache-2.0
#include "window.h"

#include "util/rfc3339.h"

void window_view(struct view *view, const struct snapshot_rule *rule)
{
	const bool from = rule->from != INT64_MIN, until = rule->until != INT64_MAX;
	char begins[RFC3339_TEXT] = "", ends[RFC3339_TEXT] = "";

	if (*rule->owner) {
		view_text(view, "owner", "exception", rule->owner);
		view_note(view, " answers for it, ticket %s", rule->ticket);
	}
	view_known(view, "ticket", NULL, rule->ticket);
	if (from) {
		rfc3339_format(rule->from, begins);
		view_time(view, "from", NULL, rule->from);
	}
	if (until) {
		rfc3339_format(rule->until, ends);
		view_time(view, "until", NULL, rule->until);
	}
	if (from || until)
		view_format(view, NULL, "holds", "%s%s%s%s%s", from ? "from " : "", begins, from && until ? " " : "",
			    until ? "until " : "", ends);
}
