// SPDX-License-Identifier: Apache-2.0
#include "label/allow.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/file.h"
#include "util/memory.h"
#include "util/paths.h"

#define ALLOW_FILE_MAX	(1u << 20)

struct allow_at {
	const char *file;
	unsigned int line;
	struct resid_error *err;
};

#define allow_fail(at, ...) allow_fail_with((at), mem_format(__VA_ARGS__))

static int allow_fail_with(const struct allow_at *at, char *sentence)
{
	resid_fail(at->err, RESID_EXIT_INPUT, "%s:%u: %s", at->file, at->line, sentence);
	free(sentence);
	return -1;
}

static bool allow_tag(const char *text, uint8_t tag[GUARD_TAG])
{
	unsigned int byte;

	/* zeros are any to the guard, and no program's */
	if (strlen(text) != 2 * GUARD_TAG || strspn(text, "0123456789abcdef") != 2 * GUARD_TAG ||
	    strspn(text, "0") == 2 * GUARD_TAG)
		return false;
	for (size_t i = 0; i < GUARD_TAG; i++) {
		sscanf(text + 2 * i, "%2x", &byte);
		tag[i] = (uint8_t)byte;
	}
	return true;
}

static int allow_program(const struct allow_at *at, char **save, struct allow *item)
{
	const char *name = strtok_r(NULL, " \t\r", save), *option;

	item->what.kind = GUARD_PROGRAM;
	if (!name || *name == '#')
		return allow_fail(at, "`program` names no program; write its name as `bpftool prog` shows it, or *");
	if (strlen(name) >= GUARD_NAME)
		return allow_fail(at, "'%.100s' is longer than a program's name, which has at most %d bytes", name,
				  GUARD_NAME - 1);
	if (strcmp(name, "*"))
		strcpy(item->what.name, name);
	option = strtok_r(NULL, " \t\r", save);
	if (!option || *option == '#')
		return 0;
	if (strncmp(option, "tag=", 4) || !allow_tag(option + 4, item->what.tag))
		return allow_fail(at, "'%.100s' is not tag= and the 16 hexadecimal digits that `bpftool prog` shows", option);
	return 0;
}

static int allow_line(const struct allow_at *at, char *line, struct allow_list *list)
{
	char *save = NULL, *target = strtok_r(line, " \t\r", &save), *what, *more;
	struct allow item = { 0 };
	struct resid_error inner;

	if (!target || *target == '#')
		return 0;
	if (assign_parse_target(target, &item.target, &inner))
		return allow_fail(at, "%s", inner.text);
	if (item.target.kind != ASSIGN_CGROUP)
		return allow_fail(at, "'%.200s' is not cgroup:PATH; of a unit, `systemctl show -p ControlGroup` says it",
				  target);
	what = strtok_r(NULL, " \t\r", &save);
	if (what && !strcmp(what, "af_xdp"))
		item.what.kind = GUARD_SOCKET;
	else if (!what || strcmp(what, "program"))
		return allow_fail(at, "%.200s is allowed neither af_xdp nor `program NAME`", target);
	else if (allow_program(at, &save, &item))
		return -1;
	more = strtok_r(NULL, " \t\r", &save);
	if (more && *more != '#')
		return allow_fail(at, "'%.100s' is one word too many", more);
	snprintf(item.origin, sizeof(item.origin), "%.400s:%u", at->file, at->line);
	*MEM_PUSH(list->items, list->count, list->room) = item;
	return 0;
}

int allow_parse(const char *file, char *text, struct allow_list *list, struct resid_error *err)
{
	struct allow_at at = { .file = file, .err = err };

	while (text && *text) {
		char *line = strsep(&text, "\n");

		at.line++;
		if (allow_line(&at, line, list))
			return -1;
	}
	return 0;
}

int allow_read(struct allow_list *list, struct resid_error *err)
{
	struct path file = paths_in(paths_conf_dir(), "guard.allow");
	_cleanup_free_ char *text = NULL;
	size_t length;

	if (access(file.text, F_OK) && errno == ENOENT)
		return 0;
	return file_read(file.text, ALLOW_FILE_MAX, &text, &length, err) ?: allow_parse(file.text, text, list, err);
}

void allow_list_fini(struct allow_list *list)
{
	free(list->items);
	*list = (struct allow_list){ 0 };
}
