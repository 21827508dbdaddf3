// SPDX-License-Identifier: Apache-2.0
/*
 * What is wrong with rules taken together. A rule that no packet can reach is refused: it says something that is not
 * so. The search is exact, over every class, every location, set of controllers, operator, tier, age and registration
 * that one source may give, every interval of addresses and every protocol, port, direction and time; what looks alike
 * is looked at once. Several sources at once open nothing more.
 *
 * There are 2^250 sets of controllers. To the rules a set is no more than which of their sets it touches and which it
 * leaves, and what a union touches or leaves is what its parts do: so from the single countries all kinds of sets are
 * found by uniting, until nothing new comes.
 */
#include "policy/check.h"

#include <stdlib.h>
#include <string.h>

#include "policy/match.h"
#include "util/memory.h"
#include "util/paths.h"

/* What is found about a rule. Other rules are by index + 1, 0: none. */
struct check_rule {
	bool matches;		/* some class, location and address */
	bool live;		/* some packet that no earlier rule takes */
	uint16_t taken_by;	/* the first rule that takes something from it */
	bool taken_by_more;
	uint16_t contradicts;	/* the first of those with another verdict */
	bool contradicts_more;
	uint16_t opened_by;	/* the first allow of another file that takes what this one, of a pack, refuses */
};

struct check {
	struct reader *reader;
	const struct policy *policy;
	struct space *space;
	struct intern *rows;	/* uint64_t[words]: the rules that a place meets */
	struct intern *controls;	/* uint64_t[words]: the same as far as control goes */
	struct intern *registers;	/* and as far as registration goes */
	uint32_t *geographic;	/* rows that location data can give */
	size_t geographic_count, geographic_capacity;
	struct intern *pairs;	/* uint32_t[2]: row, cover */
	struct intern *lists;	/* uint16_t[]: rules in order */
	struct check_rule *rule;
	uint16_t *list;
	bool *live;
};

static void check_fini(struct check *check)
{
	space_free(check->space);
	intern_free(check->rows);
	intern_free(check->controls);
	intern_free(check->registers);
	free(check->geographic);
	intern_free(check->pairs);
	intern_free(check->lists);
	free(check->rule);
	free(check->list);
	free(check->live);
}

/* Written before an `include`, an allow takes what the pack refuses. */
static bool check_opens(const struct policy_rule *earlier, const struct policy_rule *later)
{
	return later->document && earlier->document != later->document && earlier->verdict == RESID_V_ALLOW &&
	       later->verdict >= RESID_V_REJECT;
}

/* In a pack that came with Resid what is narrow stands before what is wide, and on purpose. */
static bool check_same_pack(const struct policy_rule *a, const struct policy_rule *b)
{
	return !strcmp(a->file, b->file) && !strncmp(a->file, paths_share_dir(), strlen(paths_share_dir()));
}

static void check_note_overlap(void *context, uint16_t earlier, uint16_t later)
{
	struct check *check = context;
	const struct policy_rule *first = &check->policy->rule[earlier], *second = &check->policy->rule[later];
	struct check_rule *rule = &check->rule[later];

	if (!rule->taken_by)
		rule->taken_by = earlier + 1;
	else if (rule->taken_by != earlier + 1)
		rule->taken_by_more = true;
	/* an exception is there to decide otherwise, and `bootstrap` to come first */
	if (first->verdict == second->verdict || first->exception || !strcmp(first->id, "bootstrap") ||
	    check_same_pack(first, second))
		return;
	if (!rule->opened_by && check_opens(first, second))
		rule->opened_by = earlier + 1;
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
	match_live(policy, check->list, count, check->live, check_note_overlap, check);
	for (i = 0; i < count; i++) {
		const struct policy_rule *rule = &policy->rule[check->list[i]];

		check->rule[check->list[i]].matches = true;
		if (!check->live[i])
			continue;
		check->rule[check->list[i]].live = true;
		steps += match_steps(policy, rule);
		if (steps > RESID_CHAIN_MAX)
			return rule_fail(check->reader, rule,
					 "rule '%s': with the rules before it some destinations need %zu steps of protocol, port and time, and %d is the most; use ranges of ports, or fewer protocols",
					 rule->id, steps, RESID_CHAIN_MAX);
	}
	return 0;
}

static int check_pair(struct check *check, uint32_t row, uint32_t cover)
{
	const uint32_t pair[2] = { row, cover };
	uint32_t known = intern_count(check->pairs);
	size_t i;

	if (intern_put(check->pairs, pair, sizeof(pair)) < known)
		return 0;
	for (i = 0; i < check->policy->class_count; i++) {
		size_t count = match_list(check->policy, check->policy->class[i].id,
					  intern_get(check->rows, row, NULL), space_cover(check->space, cover),
					  check->list);

		if (check_list(check, count))
			return -1;
	}
	return 0;
}

/* A kind of controllers: one that is of it, and to the rules' sets what every other is. */
struct check_kinds {
	struct intern *seen;	/* uint64_t[2 * words]: what it touches, what it leaves, by rule */
	struct location_set *set;
	size_t count, capacity;
};

static void check_kinds_fini(struct check_kinds *kinds)
{
	intern_free(kinds->seen);
	free(kinds->set);
}

#define CHECK_KINDS_MAX 4096

static void check_add_kind(struct check *check, struct check_kinds *kinds, const struct location_set *set)
{
	size_t r, i, words = match_words(check->policy);
	_cleanup_free_ uint64_t *kind = mem_zero(2 * words, sizeof(*kind));
	uint32_t known = intern_count(kinds->seen);

	for (r = 0; r < check->policy->rule_count; r++) {
		const struct policy_rule *rule = &check->policy->rule[r];
		bool touches = false, leaves = false;

		for (i = 0; rule->control != POLICY_CONTROL_ANY && i < sizeof(set->bits) / sizeof(set->bits[0]); i++) {
			touches |= (set->bits[i] & rule->controllers.bits[i]) != 0;
			leaves |= (set->bits[i] & ~rule->controllers.bits[i]) != 0;
		}
		kind[r / 64] |= (uint64_t)touches << r % 64;
		kind[words + r / 64] |= (uint64_t)leaves << r % 64;
	}
	if (intern_put(kinds->seen, kind, 2 * words * sizeof(*kind)) == known)
		*MEM_PUSH(kinds->set, kinds->count, kinds->capacity) = *set;
}

static int check_find_kinds(struct check *check, struct check_kinds *kinds)
{
	size_t singles, i, j, k;
	unsigned int location;

	intern_new(&kinds->seen);
	for (location = 0; location < LOCATION_COUNT; location++) {
		struct location_set set = { 0 };

		if (!location_is_country(location))
			continue;
		location_set_add(&set, location);
		check_add_kind(check, kinds, &set);
	}
	singles = kinds->count;
	for (i = 0; i < kinds->count; i++) {
		for (j = 0; j < singles; j++) {
			struct location_set set = kinds->set[i];

			for (k = 0; k < sizeof(set.bits) / sizeof(set.bits[0]); k++)
				set.bits[k] |= kinds->set[j].bits[k];
			check_add_kind(check, kinds, &set);
			if (kinds->count > CHECK_KINDS_MAX)
				return keys_fail(&check->reader->file, check->policy->root,
						 "the rules tell more than %d kinds of control apart; use fewer sets of countries in `control`",
						 CHECK_KINDS_MAX);
		}
	}
	return 0;
}

/* Does the rule take the place? A refusal that meets it perhaps refuses; what lets go must meet it surely. */
static bool check_takes(const struct policy_rule *rule, enum match match)
{
	return match == MATCH_YES || (match == MATCH_MAYBE && !policy_rule_lets_go(rule));
}

typedef enum match check_question(const struct policy_rule *rule, const struct match_place *place);

/* The rules that take a place as far as one question goes. */
static void check_ask(const struct check *check, check_question *ask, const struct match_place *place, uint64_t *bits)
{
	memset(bits, 0, match_words(check->policy) * sizeof(*bits));
	for (size_t r = 0; r < check->policy->rule_count; r++)
		if (check_takes(&check->policy->rule[r], ask(&check->policy->rule[r], place)))
			bits[r / 64] |= 1ull << r % 64;
}

static void check_put(const struct check *check, struct intern *rows, check_question *ask,
		      const struct match_place *place)
{
	size_t words = match_words(check->policy);
	_cleanup_free_ uint64_t *bits = mem_zero(words, sizeof(*bits));

	check_ask(check, ask, place, bits);
	intern_put(rows, bits, words * sizeof(*bits));
}

/* An override of the policy may say who controls a prefix and name no operator. */
static bool check_overrides_alone(const struct policy *policy)
{
	const struct policy_sources *sources = &policy->sources;
	size_t i;

	for (i = 0; i < sources->override_count; i++)
		if (sources->override[i].controlled && !sources->override[i].operator)
			return true;
	return false;
}

/* One source's word on who controls a place, fresh and stale. */
static void check_put_control(struct check *check, const struct match_control *said)
{
	struct match_place place = { .control_count = 1, .control[0] = *said };

	check_put(check, check->controls, match_control, &place);
	place.control[0].fresh = false;
	check_put(check, check->controls, match_control, &place);
}

/* Control of every kind on all evidence, by each operator that a rule names, another, and none. */
static int check_find_controls(struct check *check)
{
	_cleanup_(check_kinds_fini) struct check_kinds kinds = { 0 };
	static const struct match_place nobody;
	const struct policy *policy = check->policy;
	bool alone = check_overrides_alone(policy);
	size_t i, r, o;

	if (check_find_kinds(check, &kinds))
		return -1;
	check_put(check, check->controls, match_control, &nobody);
	for (i = 0; i < kinds.count; i++) {
		struct match_control said = { .set = &kinds.set[i], .tier = CONTROL_REPRESENTED, .fresh = true };

		check_put_control(check, &said);
		said.tier = CONTROL_OVERRIDE;
		if (alone)
			check_put_control(check, &said);
		for (; said.tier <= CONTROL_NAMES; said.tier++) {
			said.operator = "";
			check_put_control(check, &said);
			for (r = 0; r < policy->rule_count; r++) {
				for (o = 0; o < policy->rule[r].operator_count; o++) {
					said.operator = policy->rule[r].operator[o]->text;
					check_put_control(check, &said);
				}
			}
		}
	}
	return 0;
}

/* Every country that a holder may be registered in, and none. */
static void check_find_registers(struct check *check)
{
	struct match_place place = { 0 };

	check_put(check, check->registers, match_registered, &place);
	for (unsigned int location = 0; location < LOCATION_COUNT; location++) {
		struct location_set set = { 0 };

		if (!location_is_country(location))
			continue;
		location_set_add(&set, location);
		place.registered[0] = &set;
		place.registered_count = 1;
		check_put(check, check->registers, match_registered, &place);
	}
}

static void check_add_geographic(struct check *check, const uint64_t *bits, size_t words)
{
	uint32_t known = intern_count(check->rows);
	uint32_t row = intern_put(check->rows, bits, words * sizeof(*bits));

	if (row == known)
		*MEM_PUSH(check->geographic, check->geographic_count, check->geographic_capacity) = row;
}

/* A place of this location, with everything that may be said of who controls it and where it is registered. */
static void check_add_location(struct check *check, const uint64_t *location, size_t words)
{
	_cleanup_free_ uint64_t *bits = mem_zero(words, sizeof(*bits));

	for (uint32_t c = 0; c < intern_count(check->controls); c++) {
		const uint64_t *control = intern_get(check->controls, c, NULL);

		for (uint32_t r = 0; r < intern_count(check->registers); r++) {
			const uint64_t *registered = intern_get(check->registers, r, NULL);

			for (size_t w = 0; w < words; w++)
				bits[w] = location[w] & control[w] & registered[w];
			check_add_geographic(check, bits, words);
		}
	}
}

/* All rows that data can give, each once. */
static void check_find_rows(struct check *check)
{
	size_t words = match_words(check->policy);
	_cleanup_free_ uint64_t *bits = mem_zero(words, sizeof(*bits));
	struct intern *locations;

	intern_new(&locations);
	for (unsigned int location = 0; location < LOCATION_COUNT; location++) {
		struct match_place place = { .where_fresh = true };
		uint32_t known = intern_count(locations);

		if (!location_is_geographic(location))
			continue;
		location_set_add(&place.where, location);
		check_ask(check, match_location, &place, bits);
		if (intern_put(locations, bits, words * sizeof(*bits)) == known)
			check_add_location(check, bits, words);
	}
	intern_free(locations);
}

static int check_half(struct check *check, const struct space_half *half)
{
	_cleanup_free_ bool *seen = mem_zero(intern_count(check->space->covers), sizeof(*seen));
	size_t i, j, words = match_words(check->policy);
	_cleanup_free_ uint64_t *bits = mem_zero(words, sizeof(*bits));

	for (i = 0; i < half->count; i++) {
		const struct space_interval *interval = &half->interval[i];

		if (interval->layer != SPECIAL_LAYERS) {
			struct match_place place = { .where_fresh = true };

			location_set_add(&place.where, special_location(interval->layer));
			check_ask(check, match_rule, &place, bits);
			if (check_pair(check, intern_put(check->rows, bits, words * sizeof(*bits)), interval->cover))
				return -1;
			/* an override can say that a registry's prefix is in a country */
			if (interval->layer != SPECIAL_REGISTRY || !check->policy->sources.override_count)
				continue;
		}
		if (seen[interval->cover])
			continue;
		seen[interval->cover] = true;
		for (j = 0; j < check->geographic_count; j++)
			if (check_pair(check, check->geographic[j], interval->cover))
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
		return rule_fail(reader, rule,
				 "rule '%s' is unreachable: no address is at its location and in its prefix%s at once",
				 rule->id, policy_rule_asks_control(rule) ? " and under its control" : "");
	if (!found->live) {
		other = &all[found->taken_by - 1];
		return rule_fail(reader, rule,
				 "rule '%s' is unreachable: everything that it matches is taken by '%s' in line %zu%s%s; move it up, or leave it out",
				 rule->id, other->id, other->mark->line, reader_of_file(rule->file, other->file).text,
				 found->taken_by_more ? " and by others before it" : "");
	}
	if (found->opened_by) {
		other = &all[found->opened_by - 1];
		rule_warn(reader, other,
			  "rule '%s' allows what '%s' in line %zu%s refuses: the refusal does not hold where both match; move the rule behind the include, or narrow it",
			  other->id, rule->id, rule->mark->line, reader_of_file(other->file, rule->file).text);
	} else if (found->contradicts) {
		other = &all[found->contradicts - 1];
		rule_warn(reader, rule,
			  "rule '%s' is partly shadowed by '%s' in line %zu%s%s, which decides otherwise; the earlier one wins where both match",
			  rule->id, other->id, other->mark->line, reader_of_file(rule->file, other->file).text,
			  found->contradicts_more ? " and by others" : "");
	}
	return 0;
}

int check_rules(struct reader *reader)
{
	_cleanup_(check_fini) struct check check = { .reader = reader, .policy = reader->policy };
	size_t i;

	space_new(check.policy, &check.space);
	intern_new(&check.rows);
	intern_new(&check.controls);
	intern_new(&check.registers);
	intern_new(&check.pairs);
	intern_new(&check.lists);
	check.rule = mem_zero(check.policy->rule_count, sizeof(*check.rule));
	check.list = mem_zero(check.policy->rule_count, sizeof(*check.list));
	check.live = mem_zero(check.policy->rule_count, sizeof(*check.live));
	if (check_find_controls(&check))
		return -1;
	check_find_registers(&check);
	check_find_rows(&check);
	if (check_half(&check, &check.space->v4) || check_half(&check, &check.space->v6))
		return -1;
	for (i = 0; i < check.policy->rule_count; i++)
		if (check_report(&check, i))
			return -1;
	return 0;
}
