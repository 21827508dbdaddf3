// SPDX-License-Identifier: Apache-2.0
#include "snapshot/matrix.h"

#include <stdlib.h>
#include <string.h>

#include "policy/match.h"
#include "util/memory.h"

#define MATRIX_GROUP_MAX 65535	/* a leaf is 16 bits */

struct matrix_work {
	const struct policy *policy;
	struct intern *chains;		/* struct resid_step[] */
	uint16_t *chain_cell;		/* by number of the chain */
	size_t chain_count, chain_capacity;
	uint16_t *list;
	bool *live;
	uint64_t *row;			/* of the zone at hand */
	bool unknown, geographic, link;	/* the same: nobody knows where, or whose; data say where; it never leaves the link */
	int64_t stale_at;
};

static void matrix_work_fini(struct matrix_work *work)
{
	intern_free(work->chains);
	free(work->chain_cell);
	free(work->list);
	free(work->live);
	free(work->row);
}

/* The steps of a rule that looks at more than class and place: every combination, if there is time for it at all. */
static void matrix_add_steps(struct buffer *chain, const struct policy_rule *rule, uint16_t index, int64_t from,
			     int64_t until)
{
	size_t p, q;

	for (p = 0; from < until && p < (rule->proto_count ? rule->proto_count : 1); p++) {
		for (q = 0; q < (rule->ports_count ? rule->ports_count : 1); q++) {
			struct resid_step *step = buffer_extend(chain, sizeof(*step));

			step->rule = index;
			if (rule->proto_count) {
				step->flags |= RESID_STEP_F_PROTO;
				step->proto = rule->proto[p];
			}
			step->flags |= rule->direction;
			if (from != POLICY_BEGINNING || until != POLICY_NEVER) {
				step->flags |= RESID_STEP_F_TIME;
				step->from = from;
				step->until = until;
			}
			if (rule->ports_count) {
				step->flags |= RESID_STEP_F_PORT;
				step->port_first = rule->ports[q].first;
				step->port_last = rule->ports[q].last;
			}
		}
	}
}

/* When the rule of this class begins to be stale at the place at hand. */
static int64_t matrix_stale_at(const struct matrix_work *work, size_t class_index, uint16_t rule)
{
	const struct policy *policy = work->policy;
	bool stale = work->stale_at && work->geographic &&
		     match_goes_stale(&policy->class[class_index], &policy->rule[rule]);

	return stale ? work->stale_at : POLICY_NEVER;
}

/*
 * One live rule. Until the data are stale it holds, then `stale-CLASS` in its stead. *last is what ends the chain, once
 * a final rule has been met.
 */
static bool matrix_add_rule(const struct matrix_work *work, struct buffer *chain, size_t class_index, uint16_t index,
			    uint16_t *last)
{
	const struct policy_rule *rule = &work->policy->rule[index];
	int64_t stale_at = matrix_stale_at(work, class_index, index);
	uint16_t stale = matrix_stale_rule(work->policy, class_index);

	if (match_is_final(rule)) {
		if (stale_at != POLICY_NEVER)
			matrix_add_steps(chain, rule, index, POLICY_BEGINNING, stale_at);
		*last = stale_at == POLICY_NEVER ? index : stale;
		return true;
	}
	matrix_add_steps(chain, rule, index, rule->from, rule->until < stale_at ? rule->until : stale_at);
	matrix_add_steps(chain, rule, stale, rule->from > stale_at ? rule->from : stale_at, rule->until);
	return false;
}

static int matrix_chain_cell(struct matrix *matrix, struct matrix_work *work, const struct buffer *chain,
			     uint16_t *cell, struct resid_error *err)
{
	uint32_t known = intern_count(work->chains), number = intern_put(work->chains, chain->data, chain->length);
	size_t first = matrix->steps.length / sizeof(struct resid_step);

	if (number == known) {
		if (first + chain->length / sizeof(struct resid_step) > RESID_CELL_INDEX)
			return resid_fail(err, RESID_EXIT_INPUT,
					  "%s: its rules need more than %u steps of protocol and port; use fewer port lists",
					  work->policy->name, RESID_CELL_INDEX);
		buffer_append(&matrix->steps, chain->data, chain->length);
		*MEM_PUSH(work->chain_cell, work->chain_count, work->chain_capacity) =
			(uint16_t)(RESID_CELL_CHAIN | first);
	}
	*cell = work->chain_cell[number];
	return 0;
}

/* Rules that no packet reaches here are left out: where a packet hides its port, they must not count as a doubt. */
static int matrix_cell(struct matrix *matrix, struct matrix_work *work, size_t class_index, const uint64_t *cover,
		       uint16_t *cell, struct resid_error *err)
{
	const struct policy *policy = work->policy;
	const struct policy_class *class = &policy->class[class_index];
	size_t i, count = match_list(policy, class->id, work->row, cover, work->list);
	uint16_t last = work->link			       ? matrix_link_rule(policy) :
			work->unknown && class->has_on_unknown ? matrix_unknown_rule(policy, class_index) :
								 matrix_default_rule(policy, class_index);
	_cleanup_buffer_ struct buffer chain = { 0 };
	struct resid_step *step;

	if (count && match_is_final(&policy->rule[work->list[0]]))
		work->live[0] = true;
	else
		match_live(policy, work->list, count, work->live, NULL, NULL);
	for (i = 0; i < count; i++)
		if (work->live[i] && matrix_add_rule(work, &chain, class_index, work->list[i], &last))
			break;
	if (!chain.length) {
		*cell = last;
		return 0;
	}
	step = buffer_extend(&chain, sizeof(*step));
	step->rule = last;
	step->flags = RESID_STEP_F_LAST;
	return matrix_chain_cell(matrix, work, &chain, cell, err);
}

/* What every class comes to at a place, below the prefixes of a cover. */
static int matrix_column(struct matrix *matrix, struct matrix_work *work, const struct match_place *place,
			 const uint64_t *cover, struct intern *columns, uint16_t *group, struct resid_error *err)
{
	const struct policy *policy = work->policy;
	_cleanup_free_ uint16_t *column = mem_zero(policy->class_count, sizeof(*column));

	match_row(policy, place, work->row);
	work->unknown = match_is_unknown(place);
	work->geographic = location_is_geographic(place->location);
	work->link = place->location == LOCATION_LINK;
	for (size_t c = 0; c < policy->class_count; c++)
		if (matrix_cell(matrix, work, c, cover, &column[c], err))
			return -1;
	*group = (uint16_t)intern_put(columns, column, policy->class_count * sizeof(*column));
	return 0;
}

static int matrix_fill(struct matrix *matrix, struct matrix_work *work, const struct space *space,
		       const struct zones *zones, struct intern *columns, struct resid_error *err)
{
	const struct policy *policy = work->policy;
	const struct match_place link = { .location = LOCATION_LINK, .tier = CONTROL_NONE };
	_cleanup_free_ uint64_t *nothing = mem_zero(space->words, sizeof(*nothing));
	uint32_t z;

	if (matrix_column(matrix, work, &link, nothing, columns, &matrix->link_group, err))
		return -1;
	for (z = 0; z < intern_count(zones->zone); z++) {
		const struct zone *zone = zones_at(zones, z);
		struct match_place place;

		zones_place(zones, zone, &place);
		if (matrix_column(matrix, work, &place, space_cover(space, zone->cover), columns,
				  &matrix->group_of_zone[z], err))
			return -1;
		if (intern_count(columns) > MATRIX_GROUP_MAX)
			return resid_fail(err, RESID_EXIT_INPUT,
					  "%s: its rules tell more than %d groups of destinations apart; use fewer prefixes",
					  policy->name, MATRIX_GROUP_MAX);
	}
	return 0;
}

static void matrix_turn(struct matrix *matrix, const struct policy *policy, const struct intern *columns)
{
	size_t row, group;

	matrix->row_count = policy->class_count + 2;
	matrix->group_count = intern_count(columns);
	matrix->cell = mem_zero(matrix->row_count * matrix->group_count, sizeof(*matrix->cell));
	for (row = 0; row < matrix->row_count; row++) {
		size_t class = row;

		if (row == policy->class_count)
			class = policy->unlabelled;
		else if (row == policy->class_count + 1)
			class = policy->kernel;
		for (group = 0; group < matrix->group_count; group++) {
			const uint16_t *column = intern_get(columns, (uint32_t)group, NULL);

			matrix->cell[row * matrix->group_count + group] = column[class];
		}
	}
}

int matrix_new(const struct policy *policy, const struct space *space, const struct zones *zones, int64_t stale_at,
	       struct matrix **out, struct resid_error *err)
{
	_cleanup_(matrix_work_fini) struct matrix_work work = { .policy = policy, .stale_at = stale_at };
	_cleanup_matrix_ struct matrix *matrix = mem_zero(1, sizeof(*matrix));
	struct intern *columns;
	int status;

	intern_new(&work.chains);
	work.list = mem_zero(policy->rule_count, sizeof(*work.list));
	work.live = mem_zero(policy->rule_count, sizeof(*work.live));
	work.row = mem_zero(match_words(policy), sizeof(*work.row));
	matrix->group_of_zone = mem_zero(intern_count(zones->zone), sizeof(*matrix->group_of_zone));
	intern_new(&columns);
	status = matrix_fill(matrix, &work, space, zones, columns, err);
	if (!status)
		matrix_turn(matrix, policy, columns);
	intern_free(columns);
	if (status)
		return -1;
	*out = TAKE(matrix);
	return 0;
}

void matrix_free(struct matrix *matrix)
{
	if (!matrix)
		return;
	free(matrix->group_of_zone);
	free(matrix->cell);
	buffer_fini(&matrix->steps);
	free(matrix);
}
