// SPDX-License-Identifier: Apache-2.0
#include "render.h"

#include <stdio.h>
#include <string.h>

#include "node/report.h"
#include "util/jsonw.h"
#include "util/rfc3339.h"

static void json_node(struct jsonw *json, const struct view_node *node);

/* Members of an object have keys, elements of an array need none; what has a label alone is for people. */
static void json_children(struct jsonw *json, const struct view_node *node)
{
	for (const struct view_node *child = node->first; child; child = child->next)
		if (node->kind == VIEW_OBJECT ? child->key != NULL : child->label != view_label_say)
			json_node(json, child);
}

static void json_time(struct jsonw *json, const struct view_node *node)
{
	char text[REPORT_TIME];

	if (node->kind == VIEW_TIME)
		rfc3339_format((int64_t)node->number, text);
	else
		report_time(node->number, text);
	jsonw_string(json, node->key, text);
}

static void json_node(struct jsonw *json, const struct view_node *node)
{
	switch (node->kind) {
	case VIEW_OBJECT:
		jsonw_object(json, node->key);
		json_children(json, node);
		jsonw_object_end(json);
		break;
	case VIEW_TABLE:
	case VIEW_LIST:
		jsonw_array(json, node->key);
		json_children(json, node);
		jsonw_array_end(json);
		break;
	case VIEW_RAW:
		jsonw_key(json, node->key);
		jsonw_raw(json, node->text, strlen(node->text));
		break;
	case VIEW_NUMBER:
	case VIEW_COUNT:
		jsonw_u64(json, node->key, node->number);
		break;
	case VIEW_TIME:
	case VIEW_TIME_NS:
		json_time(json, node);
		break;
	case VIEW_BOOL:
		jsonw_bool(json, node->key, node->number);
		break;
	case VIEW_VERDICT:
		jsonw_string(json, node->key, render_verdict((enum resid_verdict)node->number));
		break;
	default:
		jsonw_string(json, node->key, node->text);
	}
}

void render_json(const struct view *view)
{
	_cleanup_(jsonw_fini) struct jsonw json = { 0 };

	if (!view->stream) {
		json_node(&json, view->root);
		jsonw_line(&json);
	}
	for (const struct view_node *row = view->root->first; view->stream && row; row = row->next) {
		if (row->label == view_label_say)
			continue;
		json_node(&json, row);
		jsonw_line(&json);
	}
	fwrite(json.text, 1, json.length, view->output.out);
}
