// SPDX-License-Identifier: Apache-2.0
#include "explain_tag.h"

#include <stdio.h>
#include <string.h>

#include "node/store.h"
#include "util/jsonw.h"

void explain_tag_fini(struct explain_tag *tag)
{
	assign_list_fini(&tag->list);
}

static bool explain_tag_is_inside(struct resid_nl *nl, const struct whose *whose)
{
	_cleanup_free_ struct resid_nl_device *devices = NULL;
	struct resid_error ignored;
	size_t count, i;

	if (resid_nl_devices(nl, &devices, &count, &ignored))
		return false;
	for (i = 0; i < count; i++)
		if (devices[i].netns == whose->device.netns && devices[i].ifindex == whose->device.ifindex)
			return devices[i].inside;
	return false;
}

/* The maps say who has which label; whether it counts, the module knows. true: it does not. */
static bool explain_tag_is_void(const struct tagger *tagger, struct explain_tag *tag)
{
	_cleanup_(cleanup_nl) struct resid_nl *nl = NULL;
	struct resid_nl_status status;
	struct resid_error why;

	if (resid_nl_open(&nl, &why) || resid_nl_status(nl, &status, &why)) {
		snprintf(tag->note, sizeof(tag->note), "nothing is judged now: %.200s", why.text);
		return false;
	}
	if (!status.tagger) {
		snprintf(tag->note, sizeof(tag->note), "the module has no tagger, so every packet is unlabelled; `residctl "
						       "tagger load` gives it one");
		return true;
	}
	if (status.tagger != tagger->class_id)
		snprintf(tag->note, sizeof(tag->note), "the module runs another tagger than the one that is pinned; "
						       "`residctl tagger load` mends that");
	if (!tag->whose.inbound || !tag->whose.class_id || explain_tag_is_inside(nl, &tag->whose))
		return false;
	snprintf(tag->note, sizeof(tag->note), "%s is no inside device to the module, so the stamp is not believed; `residctl "
					       "class assign` makes it one", tag->whose.device_name);
	return true;
}

/* What the map holds is what the tagger goes by, whatever the assignments say by now. */
static void explain_tag_compare(struct explain_tag *tag)
{
	const struct whose *whose = &tag->whose;

	if (*tag->note || !whose->by)
		return;
	if (!whose->assignment)
		snprintf(tag->note, sizeof(tag->note), "no assignment says so any more; residd, or the next `policy load`, takes "
						       "the label away");
	else if (whose->assignment->class_id != (int)whose->class_id)
		snprintf(tag->note, sizeof(tag->note), "%.200s says %.60s, which is not applied yet", whose->assignment->origin,
			 whose->assignment->class_name);
}

int explain_tag_find(const char *of, const struct destination *to, const struct snapshot *snapshot,
		     struct explain_tag *out, struct resid_error *err)
{
	_cleanup_(cleanup_snapshot) struct snapshot *in_force = NULL;
	_cleanup_(cleanup_tagger) struct tagger *tagger = NULL;
	struct resid_error ignored;

	out->of = of;
	if (!store_open_current(&in_force, &ignored))
		snapshot = in_force;
	if (tagger_open(&tagger, err) || assign_read(&out->list, err))
		return -1;
	assign_add_policy(&out->list, snapshot);
	if (whose_find(tagger, &out->list, of, to->place[0].family, to->place[0].address, &out->whose, err))
		return -1;
	if (explain_tag_is_void(tagger, out))
		out->whose.class_id = RESID_CLASS_UNLABELLED;
	explain_tag_compare(out);
	snprintf(out->class_name, sizeof(out->class_name), "%s",
		 snapshot_class_name(snapshot, (uint8_t)out->whose.class_id));
	return 0;
}

/* ---- in words --------------------------------------------------------------------------------------------- */

static void explain_tag_text_who(const struct explain_tag *tag)
{
	const struct whose *whose = &tag->whose;

	printf("whose        ");
	if (whose->inbound) {
		printf("what comes in by %s\n", whose->device_name);
		return;
	}
	printf("%s", tag->of);
	if (*whose->process)
		printf(" (%s)", whose->process);
	if (*whose->cgroup.text)
		printf(", cgroup %s", whose->cgroup.text);
	if (!whose->initial)
		printf(", a network namespace of its own");
	if (*whose->device_name)
		printf(", leaving by %s", whose->device_name);
	putchar('\n');
}

static void explain_tag_text_why(const struct whose *whose)
{
	printf("tag          ");
	switch (whose->by) {
	case WHOSE_OF_CGROUP:
		if (strcmp(whose->label.text, whose->cgroup.text))
			printf("of the nearest labelled cgroup above, %s\n", whose->label.text);
		else
			printf("of the cgroup itself\n");
		break;
	case WHOSE_OF_NETNS:
		printf("of the network namespace%s\n", *whose->cgroup.text ? "; its cgroup has none" : "");
		break;
	case WHOSE_OF_DEVICE:
		printf(whose->inbound ? "stamped by %s\n" : "of the device %s; cgroup and namespace have none\n",
		       whose->device_name);
		break;
	default:
		if (whose->inbound)
			printf("none: %s %s\n", whose->device_name, whose->stamped ? "has no label" : "is not stamped");
		else
			printf("none: no label on%s its network namespace%s%s\n",
			       *whose->cgroup.text ? " a cgroup from it to the root, on" : "",
			       *whose->device_name ? " or on " : "", whose->device_name);
	}
}

void explain_tag_text(const struct explain_tag *tag)
{
	const struct assignment *assignment = tag->whose.assignment;
	char target[4200];

	explain_tag_text_who(tag);
	explain_tag_text_why(&tag->whose);
	if (assignment && assign_format_target(&assignment->target, target, sizeof(target)))
		printf("assigned     %s%s%s (%s)\n", target, *assignment->tenant ? ", tenant " : "", assignment->tenant,
		       assignment->origin);
	if (*tag->note)
		printf("note         %s\n", tag->note);
}

/* ---- as JSON ---------------------------------------------------------------------------------------------- */

static void explain_tag_json_assignment(struct jsonw *json, const struct assignment *assignment)
{
	char target[4200];

	if (!assignment || !assign_format_target(&assignment->target, target, sizeof(target)))
		return;
	jsonw_object(json, "assignment");
	jsonw_string(json, "target", target);
	jsonw_string(json, "class", assignment->class_name);
	if (*assignment->tenant)
		jsonw_string(json, "tenant", assignment->tenant);
	jsonw_string(json, "origin", assignment->origin);
	jsonw_object_end(json);
}

void explain_tag_json(struct jsonw *json, const struct explain_tag *tag)
{
	static const char *const by[] = { "nobody", "cgroup", "netns", "device" };
	const struct whose *whose = &tag->whose;

	jsonw_object(json, "tag");
	jsonw_string(json, "of", tag->of);
	if (*whose->process)
		jsonw_string(json, "process", whose->process);
	if (*whose->cgroup.text)
		jsonw_string(json, "cgroup", whose->cgroup.text);
	jsonw_u64(json, "netns", whose->device.netns);
	jsonw_bool(json, "netns_initial", whose->initial);
	if (*whose->device_name)
		jsonw_string(json, "device", whose->device_name);
	jsonw_bool(json, "inbound", whose->inbound);
	if (whose->inbound)
		jsonw_bool(json, "stamped", whose->stamped);
	jsonw_string(json, "by", by[whose->by]);
	if (whose->by == WHOSE_OF_CGROUP) {
		jsonw_string(json, "label", whose->label.text);
		jsonw_bool(json, "inherited", strcmp(whose->label.text, whose->cgroup.text));
	}
	explain_tag_json_assignment(json, whose->assignment);
	if (*tag->note)
		jsonw_string(json, "note", tag->note);
	jsonw_object_end(json);
}
