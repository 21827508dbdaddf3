// SPDX-License-Identifier: Apache-2.0
#include "render.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/report.h"
#include "util/rfc3339.h"

void render(const struct view *view)
{
	static void (*const renderer[])(const struct view *view) = {
		[VIEW_FORM_TEXT] = render_text,
		[VIEW_FORM_JSON] = render_json,
		[VIEW_FORM_CSV] = render_csv,
		[VIEW_FORM_MARKDOWN] = render_markdown,
	};

	renderer[view->output.form](view);
}

const char *render_verdict(enum resid_verdict verdict)
{
	return report_verdict(verdict);
}

const char *render_value(const struct view_node *node, char buffer[RENDER_TEXT])
{
	_Static_assert(RENDER_TEXT >= RFC3339_TEXT && RENDER_TEXT >= sizeof("18446744073709551615"), "holds any value");

	switch (node->kind) {
	case VIEW_NUMBER:
	case VIEW_COUNT:
		snprintf(buffer, RENDER_TEXT, "%" PRIu64, node->number);
		return buffer;
	case VIEW_TIME:
		rfc3339_format((int64_t)node->number, buffer);
		return buffer;
	case VIEW_TIME_NS:
		rfc3339_format((int64_t)(node->number / 1000000000u), buffer);
		return buffer;
	case VIEW_BOOL:
		return node->number ? "yes" : "no";
	case VIEW_VERDICT:
		return render_verdict((enum resid_verdict)node->number);
	default:
		return node->text ? node->text : "";
	}
}

const struct view_node *render_cell(const struct view_node *row, const char *label)
{
	for (const struct view_node *cell = row->first; cell; cell = cell->next)
		if (cell->label && (cell->label == label || !strcmp(cell->label, label)))
			return cell->kind != VIEW_LIST || cell->first ? cell : NULL;
	return NULL;
}
