// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <bpf/bpf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bpf/tag.h"
#include "host/cgroup.h"
#include "bpf/tagger.h"
#include "node/store.h"
#include "residctl/output.h"
#include "util/jsonw.h"

struct show {
	struct jsonw *json;	/* NULL: text */
	const struct snapshot *snapshot;	/* NULL: no names */
};

static void tagger_show_entry(const struct show *show, const char *kind, uint64_t id, uint32_t ifindex,
			      uint32_t class_id)
{
	char number[16];
	const char *name = number;
	struct path path = { "" };

	snprintf(number, sizeof(number), "class-%u", class_id);
	if (show->snapshot && class_id < RESID_CLASS_COUNT)
		name = snapshot_class_name(show->snapshot, (uint8_t)class_id);
	if (!strcmp(kind, "cgroup") && !cgroup_path(id, &path))
		snprintf(path.text, sizeof(path.text), "(removed)");
	if (show->json) {
		jsonw_object(show->json, NULL);
		jsonw_string(show->json, "kind", kind);
		jsonw_u64(show->json, "id", id);
		if (ifindex)
			jsonw_u64(show->json, "ifindex", ifindex);
		if (*path.text)
			jsonw_string(show->json, "path", path.text);
		jsonw_string(show->json, "class", name);
		jsonw_object_end(show->json);
	} else if (ifindex) {
		printf("%-12s netns %-10" PRIu64 " ifindex %-8u %s\n", kind, id, ifindex, name);
	} else {
		printf("%-12s %-10" PRIu64 " %-20s %s\n", kind, id, path.text, name);
	}
}

static void tagger_show_map(const struct show *show, int map, const char *kind)
{
	struct tag_device key = { 0 }, next = { 0 };
	const void *previous = NULL;
	uint32_t class_id;

	while (!bpf_map_get_next_key(map, previous, &next)) {
		key = next;
		previous = &key;
		if (!bpf_map_lookup_elem(map, &key, &class_id))
			tagger_show_entry(show, kind, key.netns, key.ifindex, class_id);
	}
}

static int tagger_show_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	_cleanup_(cleanup_tagger) struct tagger *tagger = NULL;
	_cleanup_(cleanup_nl) struct resid_nl *nl = NULL;
	struct resid_nl_status status = { 0 };
	struct resid_error ignored;
	struct jsonw json = { 0 };
	struct show show = { .json = (view->output.form == VIEW_FORM_JSON) ? &json : NULL };

	if (tagger_open(&tagger, err))
		return -1;
	if (!resid_nl_open(&nl, &ignored))
		resid_nl_status(nl, &status, &ignored);
	if (!store_open_current(&snapshot, &ignored))
		show.snapshot = snapshot;
	if (show.json) {
		jsonw_object(&json, NULL);
		jsonw_u64(&json, "program", tagger->class_id);
		jsonw_u64(&json, "stamp", tagger->stamp_id);
		jsonw_bool(&json, "held_by_module", status.tagger == tagger->class_id);
		jsonw_bool(&json, "release", tagger->tracing);
		jsonw_array(&json, "classes");
	} else {
		printf("resid_class: program %u, %s\nresid_stamp: program %u\n", tagger->class_id,
		       status.tagger == tagger->class_id ? "held by the module" : "not held by the module",
		       tagger->stamp_id);
		if (!tagger->tracing)
			printf("new cgroups wait for residd to be labelled, and removed ones stay in the class map: %s\n", tagger->tracing_note);
	}
	tagger_show_map(&show, tagger->cgroups, "cgroup");
	tagger_show_map(&show, tagger->netns, "netns");
	tagger_show_map(&show, tagger->devices, "device");
	if (show.json) {
		jsonw_array_end(&json);
		jsonw_object_end(&json);
		output_json(&json);
	}
	return RESID_EXIT_OK;
}

static const struct command_option tagger_show_options[] = {
	{ NULL },
};

const struct command command_tagger_show = {
	.name = "tagger show",
	.args = "",
	.summary = "show the tagger and what its class maps hold",
	.detail = "Each label with what it stands on: a cgroup's id and path, a namespace's cookie, a device.",
	.json = "one object",
	.min_args = 0,
	.max_args = 0,
	.options = tagger_show_options,
	.run = tagger_show_run,
};
