// SPDX-License-Identifier: Apache-2.0
/*
 * What is wrong with rules taken together. A rule that no packet can reach is refused: it says something that is not
 * so. The search is exact, over every class, every location that data may give, every interval of addresses and every
 * protocol and port; what looks alike is looked at once.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/judge.h"
#include "policy/reader.h"
#include "util/memory.h"

/* What is found about a rule. Other rules are by index + 1, 0: none. */
struct check_rule {
	bool matches;		/* some class, location and address */
	bool live;		/* some packet that no earlier rule takes */
	uint16_t taken_by;	/* the first rule that takes something from it */
	bool taken_by_more;
	uint16_t contradicts;	/* the first of those with another verdict */
	bool contradicts_more;
};

struct check {
	struct reader *reader;
	const struct policy *policy;
	struct space *space;
	struct intern *rows;	/* uint64_t[words]: the rules whose location predicate a location meets */
	struct intern *pairs;	/* struct check_pair without location */
	struct intern *lists;	/* uint16_t[]: rules in order */
	struct check_rule *rule;
	uint16_t *list;
	bool *live;
};

static void check_fini(struct check *check)
{
	space_free(check->space);
	intern_free(check->rows);
	intern_free(check->pairs);
	intern_free(check->lists);
	free(check->rule);
	free(check->list);
	free(check->live);
}

static void check_note_overlap(void *context, uint16_t earlier, uint16_t later)
{
	struct check *check = context;
	struct check_rule *rule = &check->rule[later];

	if (!rule->taken_by)
		rule->taken_by = earlier + 1;
	else if (rule->taken_by != earlier + 1)
		rule->taken_by_more = true;
	if (check->policy->rule[earlier].verdict == check->policy->rule[later].verdict)
		return;
	if (!rule->contradicts)
		rule->contradicts = earlier + 1;
	else if (rule->contradicts != earlier + 1)
		rule->contradicts_more = true;
}

/* One list of rules that some packets meet. */
static int check_list(struct check *check, size_t count)
{
	const struct policy *policy = check->policy;
	uint32_t known = intern_count(check->lists);
	size_t i, steps = 1;

	if (intern_put(check->lists, check->list, count * sizeof(*check->list)) < known)
		return 0;
	judge_live(policy, check->list, count, check->live, check_note_overlap, check);
	for (i = 0; i < count; i++) {
		const struct policy_rule *rule = &policy->rule[check->list[i]];

		check->rule[check->list[i]].matches = true;
		if (!check->live[i])
			continue;
		check->rule[check->list[i]].live = true;
		if (judge_is_final(rule))
			continue;
		steps += judge_steps(rule);
		if (steps > RESID_CHAIN_MAX)
			return reader_fail(check->reader, rule->mark,
					   "rule '%s': with the rules before it some destinations need %zu steps of protocol and port, and %d is the most; use ranges of ports, or fewer protocols",
					   rule->id, steps, RESID_CHAIN_MAX);
	}
	return 0;
}

static int check_pair(struct check *check, unsigned int location, uint32_t row, uint32_t cover)
{
	const uint32_t pair[2] = { row, cover };
	uint32_t known = intern_count(check->pairs);
	size_t i;

	if (intern_put(check->pairs, pair, sizeof(pair)) < known)
		return 0;
	for (i = 0; i < check->policy->class_count; i++) {
		size_t count = judge_list(check->policy, check->policy->class[i].id, location,
					  space_cover(check->space, cover), check->list);

		if (check_list(check, count))
			return -1;
	}
	return 0;
}

static uint32_t check_row(struct check *check, unsigned int location)
{
	size_t r, words = check->space->words;
	_cleanup_free_ uint64_t *bits = mem_zero(words, sizeof(*bits));

	for (r = 0; r < check->policy->rule_count; r++)
		if (check->policy->rule[r].any_location ||
		    location_set_has(&check->policy->rule[r].locations, location))
			bits[r / 64] |= 1ull << r % 64;
	return intern_put(check->rows, bits, words * sizeof(*bits));
}

static int check_half(struct check *check, const struct space_half *half, const uint32_t row[LOCATION_COUNT])
{
	_cleanup_free_ bool *seen = mem_zero(intern_count(check->space->covers), sizeof(*seen));
	unsigned int location;
	size_t i;

	for (i = 0; i < half->count; i++) {
		const struct space_interval *interval = &half->interval[i];

		if (interval->layer != SPECIAL_LAYERS) {
			location = special_location(interval->layer);
			if (check_pair(check, location, row[location], interval->cover))
				return -1;
			continue;
		}
		if (seen[interval->cover])
			continue;
		seen[interval->cover] = true;
		for (location = 0; location < LOCATION_COUNT; location++)
			if (location_is_geographic(location) &&
			    check_pair(check, location, row[location], interval->cover))
				return -1;
	}
	return 0;
}

static int check_report(struct check *check, size_t r)
{
	const struct policy_rule *all = check->policy->rule, *rule = &all[r], *other;
	const struct check_rule *found = &check->rule[r];
	struct reader *reader = check->reader;

	if (!found->matches)
		return reader_fail(reader, rule->mark,
				   "rule '%s' is unreachable: no address is at its location and in its prefix at once",
				   rule->id);
	if (!found->live) {
		other = &all[found->taken_by - 1];
		return reader_fail(reader, rule->mark,
				   "rule '%s' is unreachable: everything that it matches is taken by '%s' in line %zu%s; move it up, or leave it out",
				   rule->id, other->id, other->mark->line,
				   found->taken_by_more ? " and by others before it" : "");
	}
	if (found->contradicts) {
		other = &all[found->contradicts - 1];
		reader_warn(reader, rule->mark,
			    "rule '%s' is partly shadowed by '%s' in line %zu%s, which decides otherwise; the earlier one wins where both match",
			    rule->id, other->id, other->mark->line, found->contradicts_more ? " and by others" : "");
	}
	return 0;
}

int check_rules(struct reader *reader)
{
	_cleanup_(check_fini) struct check check = { .reader = reader, .policy = reader->policy };
	uint32_t row[LOCATION_COUNT];
	size_t i;

	space_new(check.policy, &check.space);
	intern_new(&check.rows);
	intern_new(&check.pairs);
	intern_new(&check.lists);
	check.rule = mem_zero(check.policy->rule_count, sizeof(*check.rule));
	check.list = mem_zero(check.policy->rule_count, sizeof(*check.list));
	check.live = mem_zero(check.policy->rule_count, sizeof(*check.live));
	for (i = 0; i < LOCATION_COUNT; i++)
		row[i] = check_row(&check, (unsigned int)i);
	if (check_half(&check, &check.space->v4, row) || check_half(&check, &check.space->v6, row))
		return -1;
	for (i = 0; i < check.policy->rule_count; i++)
		if (check_report(&check, i))
			return -1;
	return 0;
}
