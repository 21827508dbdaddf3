// SPDX-License-Identifier: Apache-2.0
#include "snapshot/matrix.h"

#include <stdlib.h>
#include <string.h>

#include "policy/judge.h"
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
	bool unknown;
};

static void matrix_work_fini(struct matrix_work *work)
{
	intern_free(work->chains);
	free(work->chain_cell);
	free(work->list);
	free(work->live);
	free(work->row);
}

/* The steps of a rule that looks at more than class and place: every combination. */
static void matrix_add_steps(struct buffer *chain, const struct policy_rule *rule, uint16_t index)
{
	size_t p, q;

	for (p = 0; p < (rule->proto_count ? rule->proto_count : 1); p++) {
		for (q = 0; q < (rule->ports_count ? rule->ports_count : 1); q++) {
			struct resid_step *step = buffer_extend(chain, sizeof(*step));

			step->rule = index;
			if (rule->proto_count) {
				step->flags |= RESID_STEP_F_PROTO;
				step->proto = rule->proto[p];
			}
			step->flags |= rule->direction;
			if (policy_rule_has_window(rule)) {
				step->flags |= RESID_STEP_F_TIME;
				step->from = rule->from;
				step->until = rule->until;
			}
			if (rule->ports_count) {
				step->flags |= RESID_STEP_F_PORT;
				step->port_first = rule->ports[q].first;
				step->port_last = rule->ports[q].last;
			}
		}
	}
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
	size_t i, count = judge_list(policy, class->id, work->row, cover, work->list);
	uint16_t last = work->unknown && class->has_on_unknown ? matrix_unknown_rule(policy, class_index) :
								 matrix_default_rule(policy, class_index);
	_cleanup_buffer_ struct buffer chain = { 0 };
	struct resid_step *step;

	if (!count || judge_is_final(&policy->rule[work->list[0]])) {
		*cell = count ? work->list[0] : last;
		return 0;
	}
	judge_live(policy, work->list, count, work->live, NULL, NULL);
	for (i = 0; i < count; i++) {
		const struct policy_rule *rule = &policy->rule[work->list[i]];

		if (!work->live[i])
			continue;
		if (judge_is_final(rule)) {
			last = work->list[i];
			break;
		}
		matrix_add_steps(&chain, rule, work->list[i]);
	}
	step = buffer_extend(&chain, sizeof(*step));
	step->rule = last;
	step->flags = RESID_STEP_F_LAST;
	return matrix_chain_cell(matrix, work, &chain, cell, err);
}

static int matrix_fill(struct matrix *matrix, struct matrix_work *work, const struct space *space,
		       const struct zones *zones, struct intern *columns, struct resid_error *err)
{
	const struct policy *policy = work->policy;
	_cleanup_free_ uint16_t *column = mem_zero(policy->class_count, sizeof(*column));
	uint32_t z;
	size_t c;

	for (z = 0; z < intern_count(zones->zone); z++) {
		const struct zone *zone = zones_at(zones, z);
		struct judge_place place;

		zones_place(zones, zone, &place);
		judge_row(policy, &place, work->row);
		work->unknown = judge_is_unknown(&place);
		for (c = 0; c < policy->class_count; c++)
			if (matrix_cell(matrix, work, c, space_cover(space, zone->cover), &column[c], err))
				return -1;
		matrix->group_of_zone[z] =
			(uint16_t)intern_put(columns, column, policy->class_count * sizeof(*column));
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

int matrix_new(const struct policy *policy, const struct space *space, const struct zones *zones, struct matrix **out,
	       struct resid_error *err)
{
	_cleanup_(matrix_work_fini) struct matrix_work work = { .policy = policy };
	_cleanup_matrix_ struct matrix *matrix = mem_zero(1, sizeof(*matrix));
	struct intern *columns;
	int status;

	intern_new(&work.chains);
	work.list = mem_zero(policy->rule_count, sizeof(*work.list));
	work.live = mem_zero(policy->rule_count, sizeof(*work.live));
	work.row = mem_zero(judge_words(policy), sizeof(*work.row));
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
