// SPDX-License-Identifier: Apache-2.0
#include "snapshot/matrix.h"

#include <stdlib.h>
#include <string.h>

#include "snapshot/chain.h"
#include "snapshot/weigh.h"
#include "util/memory.h"

#define MATRIX_GROUP_MAX 65535	/* a leaf is 16 bits */
#define MATRIX_PHASES	 8	/* ends of overrides at one place, and one more */

/* What rules a place meets in a time. */
struct matrix_phase {
	int64_t until;
	uint64_t *row, *sure;		/* by rule */
	enum match unknown, unknown_control;	/* where it is; where or whose it is */
	bool geographic;		/* data say where it is */
	bool link;			/* it never leaves the link */
};

struct matrix_work {
	const struct policy *policy;
	struct matrix_times times;
	struct intern *chains;		/* struct resid_step[] */
	uint16_t *chain_cell;		/* by number of the chain */
	size_t chain_count, chain_capacity;
	struct chain_rule *rule;
	uint16_t *list;
	bool *live;
	bool *asks_control;		/* by class */
	uint64_t *rows;			/* of the phases */
	struct matrix_phase phase[MATRIX_PHASES];	/* of the dossier at hand */
	size_t phase_count;
};

static void matrix_work_fini(struct matrix_work *work)
{
	intern_free(work->chains);
	free(work->chain_cell);
	free(work->rule);
	free(work->list);
	free(work->live);
	free(work->asks_control);
	free(work->rows);
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

/* The rule of what no other takes. Where the data disagree whether it is known, the stricter. */
static uint16_t matrix_last(const struct matrix_work *work, const struct matrix_phase *phase, size_t class_index)
{
	const struct policy *policy = work->policy;
	uint16_t fallback = numbering_default(policy, class_index), unknown;
	enum match match = work->asks_control[class_index] ? phase->unknown_control : phase->unknown;

	if (phase->link)
		return numbering_link(policy);
	if (match == MATCH_NO || !policy->class[class_index].has_on_unknown)
		return fallback;
	unknown = numbering_unknown(policy, class_index);
	if (match == MATCH_MAYBE && numbering_verdict(policy, unknown) <= numbering_verdict(policy, fallback))
		return fallback;
	return unknown;
}

/*
 * The rules of the phase, in order, up to the first that surely takes everything. Those that no packet reaches here are
 * left out: where a packet hides its port, they must not count as a doubt.
 */
static size_t matrix_rules(struct matrix_work *work, const struct matrix_phase *phase, size_t class_index,
			   const uint64_t *cover)
{
	const struct policy *policy = work->policy;
	size_t i, used = 0, count = match_list(policy, policy->class[class_index].id, phase->row, cover, work->list);
	bool sure = true;

	for (i = 0; i < count; i++)
		sure &= phase->sure[work->list[i] / 64] >> work->list[i] % 64 & 1;
	if (sure && count && match_is_final(&policy->rule[work->list[0]]))
		work->live[0] = true;
	else if (sure)
		match_live(policy, work->list, count, work->live, NULL, NULL);
	for (i = 0; i < count; i++) {
		uint16_t rule = work->list[i];
		struct chain_rule *out = &work->rule[used];

		if (sure && !work->live[i])
			continue;
		*out = (struct chain_rule){ rule, phase->sure[rule / 64] >> rule % 64 & 1 };
		used++;
		if (out->sure && match_is_final(&policy->rule[rule]))
			break;
	}
	return used;
}

static void matrix_build(struct matrix_work *work, const struct matrix_phase *phase, size_t class_index,
			 const uint64_t *cover, struct buffer *chain)
{
	const struct chain_inputs inputs = {
		.policy = work->policy,
		.class_index = class_index,
		.rule = work->rule,
		.count = matrix_rules(work, phase, class_index, cover),
		.last = matrix_last(work, phase, class_index),
		.stale_at = work->times.stale_at && phase->geographic ? work->times.stale_at : POLICY_NEVER,
	};

	chain_build(&inputs, chain);
}

static int matrix_cell(struct matrix *matrix, struct matrix_work *work, size_t class_index, const uint64_t *cover,
		       uint16_t *cell, struct resid_error *err)
{
	_cleanup_buffer_ struct buffer chain = { 0 };
	const struct resid_step *step;

	for (size_t i = 0; i < work->phase_count; i++) {
		_cleanup_buffer_ struct buffer part = { 0 };

		matrix_build(work, &work->phase[i], class_index, cover, &part);
		chain_append(&part, work->phase[i].until, &chain);
	}
	chain_simplify(&chain);
	step = (const struct resid_step *)chain.data;
	if (chain.length == sizeof(*step)) {
		*cell = step->rule;
		return 0;
	}
	if (chain.length > RESID_CHAIN_MAX * sizeof(*step))
		return resid_fail(err, RESID_EXIT_INPUT,
				  "%s: some destinations need %zu steps of protocol, port and time, and %d is the most; use ranges of ports, or fewer protocols",
				  work->policy->name, chain.length / sizeof(*step), RESID_CHAIN_MAX);
	return matrix_chain_cell(matrix, work, &chain, cell, err);
}

/* What the policy may know of the places of a dossier, and from when on: overrides end. */
static void matrix_weigh(struct matrix_work *work, const struct zones *zones, uint32_t dossier)
{
	size_t words = match_words(work->policy);
	int64_t from = work->times.now;
	struct weighed weighed;

	for (work->phase_count = 0; work->phase_count < MATRIX_PHASES && from != POLICY_NEVER;) {
		struct matrix_phase *phase = &work->phase[work->phase_count];
		struct weigh_day day = { .data = work->times.now, .overrides = from };

		phase->until = weigh_end(zones->world, dossier, from);
		phase->row = work->rows + work->phase_count * 2 * words;
		phase->sure = phase->row + words;
		weigh(zones->world, dossier, day, &weighed);
		match_row(work->policy, &weighed.place, phase->row, phase->sure);
		phase->unknown = match_is_unknown(&weighed.place, false);
		phase->unknown_control = match_is_unknown(&weighed.place, true);
		phase->geographic = location_is_geographic(weighed.location);
		phase->link = weighed.location == LOCATION_LINK;
		from = phase->until;
		work->phase_count++;
	}
	/* of more ends than that the last counts for all that follow */
	work->phase[work->phase_count - 1].until = POLICY_NEVER;
}

/* What stays on the link and has no address that data or a prefix could name. */
static void matrix_weigh_link(struct matrix_work *work)
{
	struct matrix_phase *phase = &work->phase[0];
	struct match_place place = { .where_fresh = true };

	location_set_add(&place.where, LOCATION_LINK);
	*phase = (struct matrix_phase){ .until = POLICY_NEVER, .row = work->rows,
					.sure = work->rows + match_words(work->policy), .link = true };
	match_row(work->policy, &place, phase->row, phase->sure);
	work->phase_count = 1;
}

static int matrix_link_column(struct matrix *matrix, struct matrix_work *work, const struct space *space,
			      uint16_t *column, struct resid_error *err)
{
	_cleanup_free_ uint64_t *nothing = mem_zero(space->words, sizeof(*nothing));

	matrix_weigh_link(work);
	for (size_t c = 0; c < work->policy->class_count; c++)
		if (matrix_cell(matrix, work, c, nothing, &column[c], err))
			return -1;
	return 0;
}

static int matrix_columns(struct matrix *matrix, struct matrix_work *work, const struct space *space,
			  const struct zones *zones, const uint32_t *order, struct intern *columns,
			  struct resid_error *err)
{
	const struct policy *policy = work->policy;
	_cleanup_free_ uint16_t *column = mem_zero(policy->class_count, sizeof(*column));
	uint32_t weighed = UINT32_MAX;

	if (matrix_link_column(matrix, work, space, column, err))
		return -1;
	matrix->link_group = (uint16_t)intern_put(columns, column, policy->class_count * sizeof(*column));
	for (uint32_t i = 0; i < intern_count(zones->zone); i++) {
		const struct zone *zone = zones_at(zones, order[i]);

		if (zone->dossier != weighed)
			matrix_weigh(work, zones, zone->dossier);
		weighed = zone->dossier;
		for (size_t c = 0; c < policy->class_count; c++)
			if (matrix_cell(matrix, work, c, space_cover(space, zone->cover), &column[c], err))
				return -1;
		matrix->group_of_zone[order[i]] =
			(uint16_t)intern_put(columns, column, policy->class_count * sizeof(*column));
		if (intern_count(columns) > MATRIX_GROUP_MAX)
			return resid_fail(err, RESID_EXIT_INPUT,
					  "%s: its rules tell more than %d groups of destinations apart; use fewer prefixes",
					  policy->name, MATRIX_GROUP_MAX);
	}
	return 0;
}

static int matrix_compare(const void *left, const void *right, void *zones)
{
	const struct zone *a = zones_at(zones, *(const uint32_t *)left), *b = zones_at(zones, *(const uint32_t *)right);

	if (a->dossier != b->dossier)
		return a->dossier < b->dossier ? -1 : 1;
	return a->cover < b->cover ? -1 : a->cover > b->cover;
}

/* Zone by zone, those of one dossier after each other, so that each dossier is weighed once. */
static int matrix_fill(struct matrix *matrix, struct matrix_work *work, const struct space *space,
		       const struct zones *zones, struct intern *columns, struct resid_error *err)
{
	uint32_t count = intern_count(zones->zone);
	_cleanup_free_ uint32_t *order = mem_zero(count, sizeof(*order));

	for (uint32_t i = 0; i < count; i++)
		order[i] = i;
	qsort_r(order, count, sizeof(*order), matrix_compare, (void *)zones);
	return matrix_columns(matrix, work, space, zones, order, columns, err);
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

int matrix_new(const struct policy *policy, const struct space *space, const struct zones *zones,
	       const struct matrix_times *times, struct matrix **out, struct resid_error *err)
{
	_cleanup_(matrix_work_fini) struct matrix_work work = { .policy = policy, .times = *times };
	_cleanup_matrix_ struct matrix *matrix = mem_zero(1, sizeof(*matrix));
	struct intern *columns;
	int status;

	intern_new(&work.chains);
	work.list = mem_zero(policy->rule_count, sizeof(*work.list));
	work.live = mem_zero(policy->rule_count, sizeof(*work.live));
	work.rule = mem_zero(policy->rule_count, sizeof(*work.rule));
	work.rows = mem_zero(2 * MATRIX_PHASES * match_words(policy), sizeof(*work.rows));
	work.asks_control = mem_zero(policy->class_count, sizeof(*work.asks_control));
	for (size_t i = 0; i < policy->class_count; i++)
		work.asks_control[i] = match_class_asks_control(policy, &policy->class[i]);
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
