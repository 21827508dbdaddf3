// SPDX-License-Identifier: Apache-2.0
#include "explain_tag.h"

#include <stdio.h>
#include <string.h>

#include "node/store.h"

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
	if (!tag->whose.inbound || !tag->whose.tag.class_id || explain_tag_is_inside(nl, &tag->whose))
		return false;
	snprintf(tag->note, sizeof(tag->note), "%s is no inside device to the module, so the stamp is not believed; `residctl "
					       "class assign` makes it one", tag->whose.device_name);
	return true;
}

/* What the map holds is what the tagger goes by, whatever the assignments say by now. */
static void explain_tag_compare(struct explain_tag *tag)
{
	const struct whose *whose = &tag->whose;

	if (*tag->note || !whose->tag.by)
		return;
	if (!whose->tag.assignment)
		snprintf(tag->note, sizeof(tag->note), "no assignment says so any more; residd, or the next `policy load`, takes "
						       "the label away");
	else if (whose->tag.assignment->class_id != (int)whose->tag.class_id)
		snprintf(tag->note, sizeof(tag->note), "%.200s says %.60s, which is not applied yet", whose->tag.assignment->origin,
			 whose->tag.assignment->class_name);
}

/* Of labels that disagree the one with the strictest verdict counts, as in the module. */
static void explain_tag_choose(struct explain_tag *tag, const struct destination *to, const struct snapshot *snapshot)
{
	static const char *const by[] = { "nobody", "the cgroup", "the network namespace", "the device" };
	uint8_t strictest = 0;
	size_t chosen = 0;

	for (size_t i = 0; i < tag->whose.label_count; i++) {
		struct destination copy = *to;
		uint8_t verdict;

		destination_judge(&copy, snapshot, (uint8_t)tag->whose.labels[i].class_id);
		verdict = snapshot_table(snapshot)->rule[copy.place[copy.decided].rule].verdict;
		if (!i || verdict > strictest) {
			strictest = verdict;
			chosen = i;
		}
	}
	whose_choose(&tag->whose, chosen);
	for (size_t i = 0; i < tag->whose.label_count && !*tag->note; i++)
		if (tag->whose.labels[i].class_id != tag->whose.tag.class_id)
			snprintf(tag->note, sizeof(tag->note), "the label of %s says %s; of labels that disagree the one with "
							       "the strictest verdict counts",
				 by[tag->whose.labels[i].by],
				 snapshot_class_name(snapshot, (uint8_t)tag->whose.labels[i].class_id));
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
	explain_tag_choose(out, to, snapshot);
	if (explain_tag_is_void(tagger, out))
		out->whose.tag.class_id = RESID_CLASS_UNLABELLED;
	explain_tag_compare(out);
	snprintf(out->class_name, sizeof(out->class_name), "%s",
		 snapshot_class_name(snapshot, (uint8_t)out->whose.tag.class_id));
	return 0;
}

static void explain_tag_who(struct view *view, const struct explain_tag *tag)
{
	const struct whose *whose = &tag->whose;

	if (whose->inbound) {
		view_format(view, NULL, "whose", "what comes in by %s", whose->device_name);
		return;
	}
	view_text(view, NULL, "whose", tag->of);
	view_note(view, "%s%s%s%s%s%s%s%s", *whose->process ? " (" : "", whose->process, *whose->process ? ")" : "",
		  *whose->cgroup.text ? ", cgroup " : "", whose->cgroup.text,
		  whose->initial ? "" : ", a network namespace of its own", *whose->device_name ? ", leaving by " : "",
		  whose->device_name);
}

static void explain_tag_why(struct view *view, const struct whose *whose)
{
	switch (whose->tag.by) {
	case WHOSE_OF_CGROUP:
		if (strcmp(whose->tag.label.text, whose->cgroup.text))
			view_format(view, NULL, "tag", "of the nearest labelled cgroup above, %s", whose->tag.label.text);
		else
			view_text(view, NULL, "tag", "of the cgroup itself");
		break;
	case WHOSE_OF_NETNS:
		view_text(view, NULL, "tag", "of the network namespace");
		break;
	case WHOSE_OF_DEVICE:
		view_format(view, NULL, "tag", whose->inbound ? "stamped by %s" : "of the device %s", whose->device_name);
		break;
	default:
		if (whose->inbound)
			view_format(view, NULL, "tag", "none: %s %s", whose->device_name,
				    whose->stamped ? "has no label" : "is not stamped");
		else
			view_format(view, NULL, "tag", "none: no label on%s its network namespace%s%s",
				    *whose->cgroup.text ? " a cgroup from it to the root, on" : "",
				    *whose->device_name ? " or on " : "", whose->device_name);
	}
}

/* Text to the left of the place where it is known, JSON in an object of its own. */
static void explain_tag_assignment(struct view *view, const struct assignment *assignment, bool json)
{
	char target[4200];

	if (!assignment || !assign_format_target(&assignment->target, target, sizeof(target)))
		return;
	if (!json) {
		view_text(view, NULL, "assigned", target);
		view_note(view, "%s%s (%s)", *assignment->tenant ? ", tenant " : "", assignment->tenant, assignment->origin);
		return;
	}
	view_object(view, "assignment", NULL);
	view_text(view, "target", NULL, target);
	view_text(view, "class", NULL, assignment->class_name);
	view_known(view, "tenant", NULL, assignment->tenant);
	view_text(view, "origin", NULL, assignment->origin);
	view_end(view);
}

void explain_tag_view(struct view *view, const struct explain_tag *tag)
{
	static const char *const by[] = { "nobody", "cgroup", "netns", "device" };
	const struct whose *whose = &tag->whose;

	explain_tag_who(view, tag);
	explain_tag_why(view, whose);
	explain_tag_assignment(view, whose->tag.assignment, false);
	view_known(view, NULL, "note", tag->note);
	view_object(view, "tag", NULL);
	view_text(view, "of", NULL, tag->of);
	view_known(view, "process", NULL, whose->process);
	view_known(view, "cgroup", NULL, whose->cgroup.text);
	view_number(view, "netns", NULL, whose->device.netns);
	view_bool(view, "netns_initial", NULL, whose->initial);
	view_known(view, "device", NULL, whose->device_name);
	view_bool(view, "inbound", NULL, whose->inbound);
	if (whose->inbound)
		view_bool(view, "stamped", NULL, whose->stamped);
	view_text(view, "by", NULL, by[whose->tag.by]);
	if (whose->tag.by == WHOSE_OF_CGROUP) {
		view_text(view, "label", NULL, whose->tag.label.text);
		view_bool(view, "inherited", NULL, strcmp(whose->tag.label.text, whose->cgroup.text));
	}
	explain_tag_assignment(view, whose->tag.assignment, true);
	view_known(view, "note", NULL, tag->note);
	view_end(view);
}
