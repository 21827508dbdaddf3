// SPDX-License-Identifier: Apache-2.0
#include "label/names.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/tag.h"
#include "host/cgroup.h"
#include "kmod/deps.h"
#include "snapshot/strictness.h"
#include "util/buffer.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/paths.h"

struct name_entry {
	struct tag_name name;
	struct tag_named named;
};

struct names {
	const struct tagger *tagger;
	struct name_entry *name;
	size_t name_count, name_room;
	size_t *changed;
	struct resid_error *err;
	int result;
	bool partial;		/* of the assignments: nothing is taken away */
};

static void names_fini(struct names *names)
{
	free(names->name);
}

/* The place of an assigned path, or of one above it: the same whenever the maps are filled. "/" is one, too. */
static uint64_t names_place(const char *path, size_t length)
{
	uint8_t digest[RESID_DIGEST_LEN];
	uint64_t place;

	sha256((const uint8_t *)path, (unsigned int)length, digest);
	memcpy(&place, digest, sizeof(place));
	return place > TAG_PLACE_SLICES ? place : place + 2;
}

static struct name_entry *names_add(struct names *names, uint64_t above, const char *text, size_t length)
{
	struct tag_name name = { .above = above };
	struct name_entry *entry;

	memcpy(name.name, text, length);
	for (size_t i = 0; i < names->name_count; i++)
		if (!memcmp(&names->name[i].name, &name, sizeof(name)))
			return &names->name[i];
	entry = MEM_PUSH(names->name, names->name_count, names->name_room);
	*entry = (struct name_entry){ .name = name };
	return entry;
}

/* Each component is a name below the path before it; the last one has the class. */
static void names_add_path(struct names *names, const char *path, uint32_t class_id)
{
	uint64_t above = names_place("/", 1);
	const char *at = path;

	while (*at == '/' && at[1]) {
		size_t length = strcspn(++at, "/");
		struct name_entry *entry;

		if (length >= TAG_NAME_MAX)
			return;		/* no cgroup can be called that */
		entry = names_add(names, above, at, length);
		at += length;
		above = entry->named.place = names_place(path, (size_t)(at - path));
		if (!*at && class_id)
			entry->named.class = class_id;
	}
}

static void names_collect(struct names *names, const struct assign_list *list, const struct allow_list *allows)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct assignment *item = &list->items[i];
		size_t length = strlen(item->target.name);

		if (item->class_id <= 0)
			continue;
		if (item->target.kind == ASSIGN_CGROUP)
			names_add_path(names, item->target.name, (uint32_t)item->class_id);
		else if (item->target.kind == ASSIGN_UNIT && length < TAG_NAME_MAX)
			names_add(names, TAG_PLACE_SLICES, item->target.name, length)->named.class =
				(uint32_t)item->class_id;
	}
	for (size_t i = 0; allows && i < allows->count; i++)
		names_add_path(names, allows->items[i].target.name, 0);
}

/* ---- maps -------------------------------------------------------------------------------------------------- */

static int names_failed(struct names *names, const char *what)
{
	return resid_fail(names->err, RESID_EXIT_SYSTEM, "cannot %s what new cgroups will be: %s", what, strerror(errno));
}

static int names_put(struct names *names, int map, const void *key, const void *value, void *have, size_t size)
{
	if (!bpf_map_lookup_elem(map, key, have) && !memcmp(have, value, size))
		return 0;
	if (bpf_map_update_elem(map, key, value, BPF_ANY))
		return names_failed(names, "write down");
	++*names->changed;
	return 0;
}

typedef bool names_wanted(const struct names *names, const void *key);

/* Keys that nobody wants are collected first: deleting while walking starts the walk again. */
static int names_trim(struct names *names, int map, size_t key_size, size_t most, names_wanted *wanted)
{
	_cleanup_buffer_ struct buffer unwanted = { 0 };
	struct tag_name key;	/* room for the other kind of keys as well */
	int result = 0;

	if (names->partial)
		return 0;
	for (size_t guard = 0; guard < 2 * most; guard++) {
		if (bpf_map_get_next_key(map, guard ? &key : NULL, &key))
			break;
		if (!wanted(names, &key))
			buffer_append(&unwanted, &key, key_size);
	}
	for (size_t at = 0; at < unwanted.length && !result; at += key_size) {
		if (bpf_map_delete_elem(map, unwanted.data + at) && errno != ENOENT)
			result = names_failed(names, "delete");
		++*names->changed;
	}
	return result;
}

static bool names_wants_name(const struct names *names, const void *key)
{
	for (size_t i = 0; i < names->name_count; i++)
		if (!memcmp(&names->name[i].name, key, sizeof(struct tag_name)))
			return true;
	return false;
}

/* A path of which every component is a slice; the root is one. */
static bool names_is_slice(const char *path)
{
	while (*path && path[1]) {
		size_t length = strcspn(path + 1, "/");

		if (length < 7 || strncmp(path + 1 + length - 6, ".slice", 6))
			return false;
		path += 1 + length;
	}
	return true;
}

bool names_assign(const struct assign_list *list, const char *path)
{
	struct path above = paths_dir_of(path);
	const char *name = file_base_name(path);
	bool unit = names_is_slice(above.text);

	for (size_t i = 0; i < list->count; i++) {
		const struct assignment *item = &list->items[i];

		if (item->class_id > 0 &&
		    ((item->target.kind == ASSIGN_CGROUP && !strcmp(item->target.name, path)) ||
		     (unit && item->target.kind == ASSIGN_UNIT && !strcmp(item->target.name, name))))
			return true;
	}
	return false;
}

/*
 * By its path and not by what was there when it was looked: the kernel may have given it its place since. A removed
 * cgroup keeps its place until resid_release takes it away.
 */
static bool names_wants_place(const struct names *names, const void *key)
{
	struct path path;
	uint64_t id, place;

	memcpy(&id, key, sizeof(id));
	if (!cgroup_path(id, &path) || names_is_slice(path.text))
		return true;
	place = names_place(path.text, strlen(path.text));
	for (size_t i = 0; i < names->name_count; i++)
		if (names->name[i].name.above == place || names->name[i].named.place == place)
			return true;
	return false;
}

/* ---- places ------------------------------------------------------------------------------------------------ */

/* A cgroup that stands in the tree of names or is a slice, if it exists. */
static void names_give_place(struct names *names, const char *path)
{
	uint64_t id, place = names_place(path, strlen(path));
	struct tag_place own = { .slice = names_is_slice(path) }, have;

	if (names->result || !cgroup_id(path, &id))
		return;
	for (size_t i = 0; i < names->name_count; i++)
		if (names->name[i].name.above == place || names->name[i].named.place == place)
			own.place = place;
	names->result = names_put(names, names->tagger->places, &id, &own, &have, sizeof(have));
}

static bool names_visit_slice(void *context, const char *path)
{
	struct names *names = context;

	names_give_place(names, path);
	return !names->result;
}

/* From the root down, each before what is below it is looked for: what is made meanwhile is the kernel's to label. */
static void names_give_path(struct names *names, const char *path)
{
	struct path above;

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(above.text, sizeof(above.text), "%.*s", (int)(slash - path), path);
		names_give_place(names, above.text);
	}
	names_give_place(names, path);
}

static int names_give_places(struct names *names, const struct assign_list *list, const struct allow_list *allows)
{
	cgroup_each_slice(names_visit_slice, names);
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].target.kind == ASSIGN_CGROUP && list->items[i].class_id > 0)
			names_give_path(names, list->items[i].target.name);
	for (size_t i = 0; allows && i < allows->count; i++)
		names_give_path(names, allows->items[i].target.name);
	return names->result ?: names_trim(names, names->tagger->places, sizeof(uint64_t), TAG_CGROUP_MAX,
					   names_wants_place);
}

/* ---- which class is stricter than which -------------------------------------------------------------------- */

static bool names_tightens(const struct snapshot *snapshot, uint32_t from, uint32_t to)
{
	return snapshot && from != to && !strictness_is_laxer(snapshot, (uint8_t)to, (uint8_t)from);
}

static int names_put_tightening(struct names *names, const struct snapshot *snapshot, uint32_t from, uint32_t to)
{
	uint32_t key = from << 8 | to, one = 1, have;

	if (names_tightens(snapshot, from, to))
		return names_put(names, names->tagger->tightens, &key, &one, &have, sizeof(have));
	if (bpf_map_delete_elem(names->tagger->tightens, &key))
		return errno == ENOENT ? 0 : names_failed(names, "delete");
	++*names->changed;
	return 0;
}

/* Of every class that an assignment can give, against every class that there is, unlabelled included. */
static int names_tighten(struct names *names, const struct snapshot *snapshot)
{
	size_t count = snapshot ? snapshot_class_count(snapshot) : 0;
	int result = 0;

	for (size_t i = 0; i < count && !result; i++) {
		uint8_t to = snapshot_class_at(snapshot, i).id;

		result = names_put_tightening(names, snapshot, RESID_CLASS_UNLABELLED, to);
		for (size_t k = 0; k < count && !result; k++)
			result = names_put_tightening(names, snapshot, snapshot_class_at(snapshot, k).id, to);
	}
	return result;
}

int names_fill(const struct tagger *tagger, const struct assign_list *list, const struct allow_list *allows,
	       const struct snapshot *snapshot, size_t *changed, struct resid_error *err)
{
	_cleanup_(names_fini) struct names names = { .tagger = tagger, .changed = changed, .err = err };
	struct tag_named have;

	names.partial = list->partial;
	names_collect(&names, list, allows);
	if (names_tighten(&names, snapshot))
		return -1;
	for (size_t i = 0; i < names.name_count; i++)
		if (names_put(&names, tagger->names, &names.name[i].name, &names.name[i].named, &have, sizeof(have)))
			return -1;
	return names_trim(&names, tagger->names, sizeof(struct tag_name), TAG_NAMES_MAX, names_wants_name) ?:
	       names_give_places(&names, list, allows);
}

/* ---- the guard --------------------------------------------------------------------------------------------- */

/* Gives the entry of the map for an item; is it this one? */
static bool names_allows(const struct allow_list *allows, const struct guard_allow *key, struct guard_allow *own,
			 size_t i)
{
	*own = allows->items[i].what;
	own->place = names_place(allows->items[i].target.name, strlen(allows->items[i].target.name));
	return key && !memcmp(own, key, sizeof(*key));
}

int names_fill_guard(const struct guard *guard, const struct allow_list *allows, struct resid_error *err)
{
	_cleanup_buffer_ struct buffer unwanted = { 0 };
	struct guard_allow own, key;
	uint32_t one = 1;
	bool failed = false;

	for (size_t i = 0; i < allows->count; i++) {
		names_allows(allows, NULL, &own, i);
		failed |= bpf_map_update_elem(guard->allow, &own, &one, BPF_ANY);
	}
	for (size_t round = 0; round < 2 * GUARD_ALLOW_MAX; round++) {
		size_t i = 0;

		if (bpf_map_get_next_key(guard->allow, round ? &key : NULL, &key))
			break;
		while (i < allows->count && !names_allows(allows, &key, &own, i))
			i++;
		if (i == allows->count)
			buffer_append(&unwanted, &key, sizeof(key));
	}
	for (size_t at = 0; at < unwanted.length; at += sizeof(key))
		failed |= bpf_map_delete_elem(guard->allow, unwanted.data + at) && errno != ENOENT;
	if (failed)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot tell the guard whom it lets pass: %s", strerror(errno));
	return 0;
}

int names_settled(const struct tagger *tagger, struct resid_error *err)
{
	uint64_t lost, none = 0;
	uint32_t zero = 0;

	if (!bpf_map_lookup_elem(tagger->lost, &zero, &lost) && !lost)
		return 0;
	if (bpf_map_update_elem(tagger->lost, &zero, &none, BPF_ANY))
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot say that the labels are whole again: %s", strerror(errno));
	return 0;
}
