// SPDX-License-Identifier: Apache-2.0
#include "snapshot/strictness.h"

#include "kmod/table.h"

/* What a cell of the matrix can come to, whatever the rest of the packet says. */
struct leash {
	uint8_t least, most;	/* enum resid_verdict */
};

static struct leash leash_of_cell(const struct resid_table *table, uint16_t cell)
{
	struct leash leash = { RESID_V_COUNT, RESID_V_ALLOW };
	const struct resid_step *step;

	if (!(cell & RESID_CELL_CHAIN))
		return (struct leash){ table->rule[cell].verdict, table->rule[cell].verdict };
	for (step = &table->step[cell & RESID_CELL_INDEX];; step++) {
		uint8_t verdict = table->rule[step->rule].verdict;

		if (verdict < leash.least)
			leash.least = verdict;
		if (verdict > leash.most)
			leash.most = verdict;
		if (step->flags & RESID_STEP_F_LAST)
			return leash;
	}
}

bool strictness_is_laxer(const struct snapshot *snapshot, uint8_t class_id, uint8_t than)
{
	const struct resid_table *table = snapshot_table(snapshot);
	const struct resid_core *core = table->core;
	const uint16_t *own = table->matrix + (size_t)core->row[class_id] * core->group_count;
	const uint16_t *other = table->matrix + (size_t)core->row[than] * core->group_count;

	if (core->class_flags[class_id] & ~core->class_flags[than] & RESID_CLASS_F_PERMISSIVE ||
	    core->class_flags[than] & ~core->class_flags[class_id] & RESID_CLASS_F_DENY_ON_LOSS)
		return true;
	for (unsigned int group = 0; group < core->group_count; group++)
		if (own[group] != other[group] &&
		    leash_of_cell(table, own[group]).least < leash_of_cell(table, other[group]).most)
			return true;
	return false;
}
