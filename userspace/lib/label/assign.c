// SPDX-License-Identifier: Apache-2.0
#include "label/assign.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "host/cgroup.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/paths.h"

#define ASSIGN_FILE_MAX	(1u << 20)

static const char *const assign_kind_name[] = { "cgroup", "unit", "netns", "dev" };
_Static_assert(sizeof(assign_kind_name) / sizeof(*assign_kind_name) == ASSIGN_KINDS, "a name for each kind");

/* One path component that a kernel or systemd name can be. */
static bool assign_name_ok(const char *name, size_t max)
{
	if (!*name || strlen(name) > max || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (; *name; name++)
		if (*name == '/' || isspace((unsigned char)*name) || iscntrl((unsigned char)*name))
			return false;
	return true;
}

static bool assign_unit_ok(const char *name)
{
	static const char *const suffix[] = { ".service", ".scope", ".slice", ".socket", ".mount", ".swap" };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(suffix) / sizeof(*suffix); i++)
		if (!strcmp(dot, suffix[i]))
			return dot != name;
	return false;
}

int assign_parse_target(const char *text, struct assign_target *out, struct resid_error *err)
{
	const char *colon = strchr(text, ':');
	const char *name = colon ? colon + 1 : "";
	struct path path;

	memset(out, 0, sizeof(*out));
	for (out->kind = 0; out->kind < ASSIGN_KINDS; out->kind++) {
		const char *kind = assign_kind_name[out->kind];

		if (colon && (size_t)(colon - text) == strlen(kind) && !strncmp(text, kind, strlen(kind)))
			break;
	}
	switch (out->kind) {
	case ASSIGN_CGROUP:
		for (const char *at = name; *at; at++)
			if (iscntrl((unsigned char)*at) || isspace((unsigned char)*at))
				return resid_fail(err, RESID_EXIT_INPUT, "the cgroup path in `%.300s` has a space in it",
						  text);
		if (!*name)
			return resid_fail(err, RESID_EXIT_INPUT, "`%s` names no cgroup", text);
		if (cgroup_normalize(name, &path, err))
			return -1;
		name = path.text;
		break;
	case ASSIGN_UNIT:
		if (!assign_name_ok(name, 255) || !assign_unit_ok(name))
			return resid_fail(err, RESID_EXIT_INPUT,
					  "`%.300s` is not a unit with a cgroup; write unit:NAME.service (.slice, .scope)", text);
		break;
	case ASSIGN_NETNS:
		if (!assign_name_ok(name, 255))
			return resid_fail(err, RESID_EXIT_INPUT, "`%.300s` is not a network namespace's name", text);
		break;
	case ASSIGN_DEV:
		if (!assign_name_ok(name, IFNAMSIZ - 1))
			return resid_fail(err, RESID_EXIT_INPUT, "`%.300s` is not a device's name", text);
		break;
	case ASSIGN_KINDS:
		return resid_fail(err, RESID_EXIT_INPUT,
				  "`%.300s` is not a target; write cgroup:PATH, unit:NAME, netns:NAME or dev:NAME", text);
	}
	snprintf(out->name, sizeof(out->name), "%s", name);
	return 0;
}

bool assign_format_target(const struct assign_target *target, char *out, size_t size)
{
	return (size_t)snprintf(out, size, "%s:%s", assign_kind_name[target->kind], target->name) < size;
}

static const struct assignment *assign_find(const struct assign_list *list, const struct assign_target *target)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].target.kind == target->kind && !strcmp(list->items[i].target.name, target->name))
			return &list->items[i];
	return NULL;
}

static int assign_parse_line(const char *file, unsigned int number, char *line, struct assign_list *list,
			     struct resid_error *err)
{
	char *save = NULL, *target = strtok_r(line, " \t\r", &save), *class_name, *option;
	const struct assignment *other;
	struct assign_target parsed;
	struct resid_error inner;
	struct assignment *item;
	const char *tenant = "";

	if (!target || *target == '#')
		return 0;
	if (assign_parse_target(target, &parsed, &inner))
		return resid_fail(err, RESID_EXIT_INPUT, "%s:%u: %s", file, number, inner.text);
	class_name = strtok_r(NULL, " \t\r", &save);
	if (!class_name || *class_name == '#' || strlen(class_name) >= sizeof(item->class_name))
		return resid_fail(err, RESID_EXIT_INPUT, "%s:%u: %.200s has no class behind it", file, number, target);
	while ((option = strtok_r(NULL, " \t\r", &save)) && *option != '#') {
		if (strncmp(option, "tenant=", 7) || strlen(option + 7) >= sizeof(item->tenant))
			return resid_fail(err, RESID_EXIT_INPUT, "%s:%u: `%.200s` is not tenant=NAME", file, number,
					  option);
		tenant = option + 7;
	}
	other = assign_find(list, &parsed);
	if (other)
		return resid_fail(err, RESID_EXIT_INPUT, "%s:%u: %.200s is assigned in %s already", file, number, target,
				  other->origin);
	item = MEM_PUSH(list->items, list->count, list->room);
	item->target = parsed;
	item->class_id = -1;
	snprintf(item->class_name, sizeof(item->class_name), "%s", class_name);
	snprintf(item->tenant, sizeof(item->tenant), "%s", tenant);
	snprintf(item->origin, sizeof(item->origin), "%.400s:%u", file, number);
	return 0;
}

int assign_parse(const char *file, char *text, struct assign_list *list, struct resid_error *err)
{
	unsigned int number = 0;

	while (text && *text) {
		char *line = strsep(&text, "\n");

		if (assign_parse_line(file, ++number, line, list, err))
			return -1;
	}
	return 0;
}

static int assign_is_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 7 && !strcmp(entry->d_name + length - 7, ".assign");
}

/* The first thing that is wrong is kept. */
static void assign_wrong(struct assign_list *list, const struct resid_error *wrong, struct resid_error *err)
{
	if (!list->partial)
		*err = *wrong;
	list->partial = true;
}

static void assign_read_file(const struct path *file, struct assign_list *list, struct resid_error *err)
{
	_cleanup_free_ char *text = NULL;
	struct resid_error wrong;
	unsigned int number = 0;
	size_t length;

	/* A file that went away meanwhile was unassigned just now. */
	if (access(file->text, F_OK))
		return;
	if (file_read_text(file->text, ASSIGN_FILE_MAX, &text, &length, &wrong)) {
		assign_wrong(list, &wrong, err);
		return;
	}
	for (char *at = text; at && *at;)
		if (assign_parse_line(file->text, ++number, strsep(&at, "\n"), list, &wrong))
			assign_wrong(list, &wrong, err);
}

int assign_read_most(struct assign_list *list, struct resid_error *err)
{
	struct path dir = paths_in(paths_conf_dir(), "assign.d");
	struct dirent **entries = NULL;
	int count = scandir(dir.text, &entries, assign_is_file, alphasort);

	if (count < 0 && errno == ENOENT)
		return 0;
	if (count < 0) {
		list->partial = true;
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot read %s: %s", dir.text, strerror(errno));
	}
	for (int i = 0; i < count; i++) {
		struct path file = paths_in(dir.text, "%s", entries[i]->d_name);

		assign_read_file(&file, list, err);
		free(entries[i]);
	}
	free(entries);
	return list->partial ? -1 : 0;
}

int assign_read(struct assign_list *list, struct resid_error *err)
{
	if (!assign_read_most(list, err))
		return 0;
	assign_list_fini(list);
	return -1;
}

void assign_add_policy(struct assign_list *list, const struct snapshot *snapshot)
{
	struct resid_error ignored;

	for (size_t i = 0; i < list->count; i++)
		list->items[i].class_id = snapshot_class_find(snapshot, list->items[i].class_name);
	for (size_t i = 0; i < snapshot_assignment_count(snapshot); i++) {
		struct snapshot_assignment from = snapshot_assignment_at(snapshot, i);
		struct assign_target target;
		struct assignment *item;

		if (assign_parse_target(from.target, &target, &ignored) || assign_find(list, &target))
			continue;
		item = MEM_PUSH(list->items, list->count, list->room);
		item->target = target;
		item->class_id = from.class_id;
		snprintf(item->class_name, sizeof(item->class_name), "%s", snapshot_class_name(snapshot, from.class_id));
		snprintf(item->origin, sizeof(item->origin), "policy");
	}
}

void assign_list_fini(struct assign_list *list)
{
	free(list->items);
	*list = (struct assign_list){ 0 };
}

/* ---- writing ---------------------------------------------------------------------------------------------- */

/* The file of a target: its text, with what a file name cannot hold as %XX; long ones end in a hash. */
static struct path assign_file(const struct assign_target *target)
{
	char text[4200], name[sizeof(text) * 3 + 1], *to = name;
	uint64_t hash = 0xcbf29ce484222325;	/* FNV-1a, 64 bits */

	assign_format_target(target, text, sizeof(text));
	for (const char *at = text; *at; at++) {
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3;
		if (isalnum((unsigned char)*at) || strchr("-_.@:", *at))
			*to++ = *at;
		else
			to += sprintf(to, "%%%02X", (unsigned char)*at);
	}
	*to = '\0';
	if (to - name > 200)
		sprintf(name + 180, "-%016llx", (unsigned long long)hash);
	return paths_in(paths_conf_dir(), "assign.d/%s.assign", name);
}

static int assign_lock(struct resid_error *err)
{
	struct path dir = paths_in(paths_conf_dir(), "assign.d"), lock = paths_in(dir.text, ".lock");
	int fd;

	if (paths_make_dir(dir.text, 0755, err))
		return -1;
	fd = file_open(lock.text, O_RDWR | O_CREAT, 0600, err);
	if (fd >= 0 && flock(fd, LOCK_EX)) {
		resid_fail(err, RESID_EXIT_SYSTEM, "cannot lock %s: %s", lock.text, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

/* A person's file with several assignments is not ours to rewrite. */
static int assign_elsewhere(const struct assign_target *target, const char *own, struct resid_error *err)
{
	struct assign_list list = { 0 };
	const struct assignment *other;
	int result = assign_read(&list, err);

	other = result ? NULL : assign_find(&list, target);
	if (other && (strncmp(other->origin, own, strlen(own)) || other->origin[strlen(own)] != ':'))
		result = resid_fail(err, RESID_EXIT_INPUT, "%s:%s is assigned in %s; change it there",
				    assign_kind_name[target->kind], target->name, other->origin);
	assign_list_fini(&list);
	return result;
}

int assign_write(const struct assign_target *target, const char *class_name, const char *tenant,
		 struct resid_error *err)
{
	_cleanup_close_ int lock = assign_lock(err);
	struct path file = assign_file(target);
	_cleanup_free_ char *line = NULL;

	if (lock < 0 || assign_elsewhere(target, file.text, err))
		return -1;
	for (const char *at = tenant ? tenant : ""; *at; at++)
		if (isspace((unsigned char)*at) || iscntrl((unsigned char)*at) || *at == '#')
			return resid_fail(err, RESID_EXIT_USAGE, "a tenant's name has no space and no # in it");
	if (tenant && strlen(tenant) >= sizeof(((struct assignment *)NULL)->tenant))
		return resid_fail(err, RESID_EXIT_USAGE, "a tenant's name has at most 127 bytes");
	line = mem_format("%s:%s %s%s%s\n", assign_kind_name[target->kind], target->name, class_name,
			  tenant ? " tenant=" : "", tenant ? tenant : "");
	return file_write(file.text, line, strlen(line), 0644, FILE_OWN_GROUP, err);
}

int assign_remove(const struct assign_target *target, bool *found, struct resid_error *err)
{
	_cleanup_close_ int lock = assign_lock(err);
	struct path file = assign_file(target);

	if (lock < 0 || assign_elsewhere(target, file.text, err))
		return -1;
	*found = !unlink(file.text);
	if (!*found && errno != ENOENT)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot remove %s: %s", file.text, strerror(errno));
	return 0;
}
