/* SPDX-License-Identifier: Apache-2.0 */
/* What tests give classes to, as `class assign` would keep it. Needs world.h. */
#ifndef TEST_BPF_ASSIGNED_H
#define TEST_BPF_ASSIGNED_H

#include <stdlib.h>
#include <string.h>

#include "label/assign.h"

static struct assign_list list;

static void assign(const char *text, int class_id)
{
	struct assignment *item;
	struct resid_error err;

	list.items = realloc(list.items, (list.count + 1) * sizeof(*list.items));
	item = memset(&list.items[list.count++], 0, sizeof(*item));
	item->class_id = class_id;
	if (assign_parse_target(text, &item->target, &err))
		fail_msg("%s", err.text);
}

static void assign_cgroup(const char *below, int class_id)
{
	char text[128];

	snprintf(text, sizeof(text), "cgroup:%s%s", world_cgroup, below);
	assign(text, class_id);
}

#endif
