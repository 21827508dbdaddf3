/* SPDX-License-Identifier: Apache-2.0 */
/* A verdict that was one and is another, and what is known of the place on both sides: what diff and simulate show. */
#ifndef RESIDCTL_CHANGE_H
#define RESIDCTL_CHANGE_H

#include "util/jsonw.h"
#include "snapshot/snapshot.h"
#include "util/intern.h"

/* Strings are the snapshots'. */
struct change_side {
	struct snapshot_rule rule;
	const char *location, *control, *operator, *operator_name, *tier;	/* as struct snapshot_place has them */
};

struct change {
	const char *class;
	struct change_side old, new;
};

struct change_side change_side(const struct snapshot *snapshot, uint16_t rule, const struct snapshot_place *place);

/* Equal changes get equal numbers; more is anything else that tells them apart. */
uint32_t change_number(struct intern *keys, const struct change *change, const char *more);

/* What it does to the packets: "newly refused", "newly allowed", or "otherwise changed". */
const char *change_kind(const struct change *change);

/* By class, the newly refused first. */
int change_compare(const struct change *a, const struct change *b);

/* Members "class", "change", "old" and "new" of an open object. */
void change_json(struct jsonw *json, const struct change *change);

/* A line each: class, verdicts, rules, for which packets; operator, location and control. */
void change_text_verdicts(const struct change *change, const char *packets);
void change_text_place(const struct change *change);

#endif
