// SPDX-License-Identifier: Apache-2.0
#include "window.h"

#include <stdio.h>

#include "util/rfc3339.h"

struct window {
	bool has_from, has_until;
	char from[RFC3339_TEXT], until[RFC3339_TEXT];
};

static struct window window_of(const struct snapshot_rule *rule)
{
	struct window window = { rule->from != INT64_MIN, rule->until != INT64_MAX, "", "" };

	if (window.has_from)
		rfc3339_format(rule->from, window.from);
	if (window.has_until)
		rfc3339_format(rule->until, window.until);
	return window;
}

void window_json(struct jsonw *json, const struct snapshot_rule *rule)
{
	struct window window = window_of(rule);

	if (*rule->owner)
		jsonw_string(json, "owner", rule->owner);
	if (*rule->ticket)
		jsonw_string(json, "ticket", rule->ticket);
	if (window.has_from)
		jsonw_string(json, "from", window.from);
	if (window.has_until)
		jsonw_string(json, "until", window.until);
}

void window_text(const struct snapshot_rule *rule)
{
	struct window window = window_of(rule);

	if (*rule->owner)
		printf("exception    %s answers for it, ticket %s\n", rule->owner, rule->ticket);
	if (window.has_from || window.has_until)
		printf("holds        %s%s%s%s%s\n", window.has_from ? "from " : "", window.from,
		       window.has_from && window.has_until ? " " : "", window.has_until ? "until " : "", window.until);
}
