// SPDX-License-Identifier: Apache-2.0
#include "label/reconcile.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bpf/tag.h"
#include "host/cgroup.h"
#include "host/link.h"
#include "host/netns.h"
#include "label/names.h"
#include "util/memory.h"
#include "util/paths.h"

/* What one map shall hold. Keys of 8 bytes (cgroup, netns) or of struct tag_device; the first of equal keys wins. */
struct wanted_entry {
	union {
		uint64_t id;
		struct tag_device device;
	} key;
	uint32_t class_id;
	const struct assignment *origin;
};

struct wanted {
	size_t key_size;
	struct wanted_entry *items;
	size_t count, room;
};

struct reconcile {
	const struct tagger *tagger;
	struct resid_nl *nl;
	reconcile_note *note;
	void *context;
	struct reconcile_report *report;
	struct wanted cgroups, netns, devices;
	struct link_info *links;	/* read when the first assignment needs them */
	size_t link_count;
	bool have_links;
};

static const struct wanted_entry *wanted_find(const struct wanted *wanted, const void *key)
{
	for (size_t i = 0; i < wanted->count; i++)
		if (!memcmp(&wanted->items[i].key, key, wanted->key_size))
			return &wanted->items[i];
	return NULL;
}

static void wanted_add(struct wanted *wanted, const void *key, const struct assignment *origin)
{
	struct wanted_entry *entry;

	if (wanted_find(wanted, key))
		return;
	entry = MEM_PUSH(wanted->items, wanted->count, wanted->room);
	memcpy(&entry->key, key, wanted->key_size);
	entry->class_id = (uint32_t)origin->class_id;
	entry->origin = origin;
}

static void reconcile_say(struct reconcile *state, const struct assignment *item, const char *text)
{
	if (state->note)
		state->note(state->context, item, text);
}

static void reconcile_pend(struct reconcile *state, const struct assignment *item, const char *text)
{
	state->report->pending++;
	reconcile_say(state, item, text);
}

static int reconcile_links(struct reconcile *state, struct resid_error *err)
{
	if (state->have_links)
		return 0;
	if (link_list(&state->links, &state->link_count, err))
		return -1;
	state->have_links = true;
	return 0;
}

/* ---- what is wanted --------------------------------------------------------------------------------------- */

static void reconcile_cgroup(struct reconcile *state, const struct assignment *item)
{
	struct path path;
	uint64_t id;

	if (item->target.kind == ASSIGN_CGROUP)
		snprintf(path.text, sizeof(path.text), "%s", item->target.name);
	else if (!cgroup_find_unit(item->target.name, &path))
		return reconcile_pend(state, item, "the unit has no cgroup now");
	if (!cgroup_id(path.text, &id))
		return reconcile_pend(state, item, "the cgroup does not exist now");
	wanted_add(&state->cgroups, &id, item);
	state->report->applied++;
}

static int reconcile_netns(struct reconcile *state, const struct assignment *item, struct resid_error *err)
{
	_cleanup_close_ int fd = netns_open(item->target.name);
	struct path path = paths_in(NETNS_DIR, "%s", item->target.name);
	uint64_t cookie;
	int nsid;

	if (fd < 0) {
		state->report->unsettled += !access(path.text, F_OK);
		reconcile_pend(state, item, "the network namespace does not exist now");
		return 0;
	}
	if (netns_cookie(fd, &cookie, err) || reconcile_links(state, err))
		return -1;
	if (cookie == state->tagger->init_netns) {
		reconcile_pend(state, item, "this is the initial network namespace; assign cgroups and devices instead");
		return 0;
	}
	wanted_add(&state->netns, &cookie, item);
	nsid = netns_id(fd);
	for (size_t i = 0; nsid >= 0 && i < state->link_count; i++) {
		struct tag_device device = {
			.netns = state->tagger->init_netns,
			.ifindex = (uint32_t)state->links[i].ifindex,
		};

		if (state->links[i].peer && state->links[i].peer_nsid == nsid)
			wanted_add(&state->devices, &device, item);
	}
	state->report->applied++;
	return 0;
}

static int reconcile_dev(struct reconcile *state, const struct assignment *item, struct resid_error *err)
{
	struct tag_device device = { .netns = state->tagger->init_netns };
	const struct link_info *link = NULL;
	uint64_t cookie;

	if (reconcile_links(state, err))
		return -1;
	for (size_t i = 0; i < state->link_count && !link; i++)
		if (!strcmp(state->links[i].name, item->target.name))
			link = &state->links[i];
	if (!link) {
		reconcile_pend(state, item, "the device does not exist now");
		return 0;
	}
	device.ifindex = (uint32_t)link->ifindex;
	wanted_add(&state->devices, &device, item);
	if (link->peer && link->peer_nsid >= 0) {
		_cleanup_close_ int fd = netns_find(link->peer_nsid);
		struct resid_error inner;

		if (fd >= 0 && !netns_cookie(fd, &cookie, &inner)) {
			device = (struct tag_device){ .netns = cookie, .ifindex = (uint32_t)link->peer };
			wanted_add(&state->devices, &device, item);
		}
	}
	state->report->applied++;
	return 0;
}

/* cgroup before unit and dev before netns: what is said more exactly wins where both lead to one key. */
static int reconcile_collect(struct reconcile *state, const struct assign_list *list, struct resid_error *err)
{
	static const enum assign_kind order[] = { ASSIGN_CGROUP, ASSIGN_UNIT, ASSIGN_DEV, ASSIGN_NETNS };

	for (size_t k = 0; k < sizeof(order) / sizeof(*order); k++) {
		for (size_t i = 0; i < list->count; i++) {
			const struct assignment *item = &list->items[i];
			int result = 0;

			if (item->target.kind != order[k])
				continue;
			if (item->class_id <= 0) {
				state->report->unknown++;
				reconcile_say(state, item, "the policy has no such class");
			} else if (order[k] == ASSIGN_DEV) {
				result = reconcile_dev(state, item, err);
			} else if (order[k] == ASSIGN_NETNS) {
				result = reconcile_netns(state, item, err);
			} else {
				reconcile_cgroup(state, item);
			}
			if (result)
				return -1;
		}
	}
	return 0;
}

/* ---- what is there ---------------------------------------------------------------------------------------- */

static int map_failed(const char *what, struct resid_error *err)
{
	return resid_fail(err, RESID_EXIT_SYSTEM, "cannot %s a class map: %s", what, strerror(errno));
}

/* Writes what differs. */
static int map_fill(struct reconcile *state, int map, const struct wanted *wanted, struct resid_error *err)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const struct wanted_entry *entry = &wanted->items[i];
		uint32_t have;

		if (!bpf_map_lookup_elem(map, &entry->key, &have) && have == entry->class_id)
			continue;
		if (bpf_map_update_elem(map, &entry->key, &entry->class_id, BPF_ANY))
			return map_failed("write", err);
		state->report->changed++;
	}
	return 0;
}

/* The keys that nobody wants, collected first: deleting while walking starts the walk again. */
static void map_unwanted(int map, const struct wanted *wanted, struct wanted *out)
{
	struct wanted_entry entry = { 0 };
	void *previous = NULL;

	out->key_size = wanted->key_size;
	for (size_t guard = 0; guard < 2 * TAG_CGROUP_MAX; guard++) {
		struct wanted_entry next = { 0 };

		if (bpf_map_get_next_key(map, previous, &next.key))
			break;
		entry = next;
		previous = &entry.key;
		if (!wanted_find(wanted, &entry.key))
			*MEM_PUSH(out->items, out->count, out->room) = entry;
	}
}

static int map_delete(struct reconcile *state, int map, const void *key, struct resid_error *err)
{
	if (bpf_map_delete_elem(map, key) && errno != ENOENT)
		return map_failed("delete from", err);
	state->report->changed++;
	return 0;
}

/* What no assignment names. By its path: since it was looked what exists, the kernel may have labelled more. */
static int reconcile_trim_cgroups(struct reconcile *state, const struct assign_list *list, struct resid_error *err)
{
	struct wanted unwanted = { 0 };
	struct path path;
	int result = 0;

	map_unwanted(state->tagger->cgroups, &state->cgroups, &unwanted);
	for (size_t i = 0; i < unwanted.count && !result; i++)
		if (cgroup_path(unwanted.items[i].key.id, &path) && !names_assign(list, path.text))
			result = map_delete(state, state->tagger->cgroups, &unwanted.items[i].key, err);
	free(unwanted.items);
	return result;
}

static int reconcile_trim_netns(struct reconcile *state, struct resid_error *err)
{
	struct wanted unwanted = { 0 };
	int result = 0;

	map_unwanted(state->tagger->netns, &state->netns, &unwanted);
	for (size_t i = 0; i < unwanted.count && !result; i++)
		result = map_delete(state, state->tagger->netns, &unwanted.items[i].key, err);
	free(unwanted.items);
	return result;
}

/* First outside again, so that it is judged; then without class. */
static int reconcile_trim_devices(struct reconcile *state, struct resid_error *err)
{
	struct wanted unwanted = { 0 };
	struct resid_error ignored;
	int result = 0;

	map_unwanted(state->tagger->devices, &state->devices, &unwanted);
	for (size_t i = 0; i < unwanted.count && !result; i++) {
		const struct tag_device *device = &unwanted.items[i].key.device;

		if (device->netns == state->tagger->init_netns) {
			if (state->nl)
				resid_nl_device_set(state->nl, device->ifindex, false, &ignored);
			tagger_unstamp((int)device->ifindex, &ignored);
		}
		result = map_delete(state, state->tagger->devices, device, err);
	}
	free(unwanted.items);
	return result;
}

static bool devices_is_inside(const struct resid_nl_device *devices, size_t count, const struct tag_device *device)
{
	for (size_t i = 0; i < count; i++)
		if (devices[i].ifindex == device->ifindex && devices[i].netns == device->netns)
			return devices[i].inside;
	return false;
}

/* The class is in the map and the stamp attached before the device is believed to be inside. */
static int reconcile_inside(struct reconcile *state, struct resid_error *err)
{
	_cleanup_free_ struct resid_nl_device *devices = NULL;
	struct resid_error inner;
	size_t count = 0;

	if (state->nl && state->devices.count && resid_nl_devices(state->nl, &devices, &count, err))
		return -1;
	for (size_t i = 0; i < state->devices.count; i++) {
		const struct tag_device *device = &state->devices.items[i].key.device;

		if (device->netns != state->tagger->init_netns)
			continue;
		/* A device can go at any moment; its event brings us here again. */
		if (tagger_stamp(state->tagger, (int)device->ifindex, &inner) ||
		    (state->nl && !devices_is_inside(devices, count, device) &&
		     resid_nl_device_set(state->nl, device->ifindex, true, &inner)))
			reconcile_say(state, NULL, inner.text);
	}
	return 0;
}

static struct reconcile reconcile_begin(const struct tagger *tagger, struct reconcile_report *report)
{
	*report = (struct reconcile_report){ 0 };
	return (struct reconcile){
		.tagger = tagger,
		.report = report,
		.cgroups.key_size = sizeof(uint64_t),
		.netns.key_size = sizeof(uint64_t),
		.devices.key_size = sizeof(struct tag_device),
	};
}

static void reconcile_fini(struct reconcile *state)
{
	free(state->cgroups.items);
	free(state->netns.items);
	free(state->devices.items);
	free(state->links);
}

/* Where there is a guard. */
static int reconcile_guard(const struct allow_list *allows, struct resid_error *err)
{
	_cleanup_(cleanup_guard) struct guard *guard = NULL;
	struct resid_error ignored;

	return guard_open(&guard, &ignored) ? 0 : names_fill_guard(guard, allows, err);
}

/* A label whose assignment may merely be unreadable stays. */
static int reconcile_trim(struct reconcile *state, const struct assign_list *list, struct resid_error *err)
{
	if (list->partial)
		return 0;
	return reconcile_trim_devices(state, err) ?:
	       reconcile_trim_netns(state, err) ?:
	       reconcile_trim_cgroups(state, list, err);
}

int reconcile(const struct tagger *tagger, struct resid_nl *nl, const struct assign_list *list,
	      const struct snapshot *snapshot, reconcile_note *note, void *context, struct reconcile_report *report,
	      struct resid_error *err)
{
	_cleanup_(reconcile_fini) struct reconcile state = reconcile_begin(tagger, report);
	_cleanup_(allow_list_fini) struct allow_list allows = { 0 };
	struct resid_error wrong;
	int unread = allow_read(&allows, &wrong);

	state.nl = nl;
	state.note = note;
	state.context = context;
	/* Then the guard lets nobody pass, and the labels are none the worse. */
	if (unread)
		allow_list_fini(&allows);
	/* Before it is looked at what exists: what comes after that look has its label by its name. */
	if (names_fill(tagger, list, &allows, snapshot, &report->changed, err) ?:
	    reconcile_guard(&allows, err) ?:
	    reconcile_collect(&state, list, err) ?:
	    map_fill(&state, tagger->cgroups, &state.cgroups, err) ?:
	    map_fill(&state, tagger->netns, &state.netns, err) ?:
	    map_fill(&state, tagger->devices, &state.devices, err) ?:
	    reconcile_inside(&state, err) ?:
	    reconcile_trim(&state, list, err) ?:
	    names_settled(tagger, err))
		return -1;
	if (unread)
		*err = wrong;
	return unread;
}

int reconcile_origin(const struct tagger *tagger, const struct assign_list *list, enum reconcile_map map,
		     const void *key, const struct assignment **out, struct resid_error *err)
{
	struct reconcile_report ignored;
	_cleanup_(reconcile_fini) struct reconcile state = reconcile_begin(tagger, &ignored);
	const struct wanted *const wanted[] = { &state.cgroups, &state.netns, &state.devices };
	const struct wanted_entry *entry;

	if (reconcile_collect(&state, list, err))
		return -1;
	entry = wanted_find(wanted[map], key);
	*out = entry ? entry->origin : NULL;
	return 0;
}
