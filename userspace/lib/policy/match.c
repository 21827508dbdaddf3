// SPDX-License-Identifier: Apache-2.0
#include "policy/match.h"

#include <stdlib.h>
#include <string.h>

#include "kmod/verdict.h"
#include "util/memory.h"

#define JUDGE_FREE 0xffff

/* ---- where it is ---- */

/* An allow on control wants to know where its destination is as well as who controls it. */
static bool match_is_strict(const struct policy_rule *rule)
{
	return policy_rule_lets_go(rule) && rule->control == POLICY_CONTROL_SUBSET;
}

/* A country outside, or nowhere in particular; "somewhere in Europe" and what nobody knows contradict nothing. */
static bool match_is_outside(const struct location_set *where, const struct location_set *inside)
{
	for (unsigned int location = 0; location < LOCATION_COUNT; location++)
		if (location_set_has(where, location) && location_is_geographic(location) &&
		    location != LOCATION_UNKNOWN && location != LOCATION_REGION_EU &&
		    !location_set_has(inside, location))
			return true;
	return false;
}

enum match match_location(const struct policy_rule *rule, const struct match_place *place)
{
	if (!rule->any_location && !location_set_meets(&place->where, &rule->locations))
		return MATCH_NO;
	if (rule->uncontradicted && !place->settled && match_is_outside(&place->where, &rule->controllers))
		return MATCH_MAYBE;
	if (rule->any_location)
		return MATCH_YES;
	if (!location_set_is_within(&place->where, &rule->locations))
		return MATCH_MAYBE;
	return match_is_strict(rule) && !place->where_fresh ? MATCH_MAYBE : MATCH_YES;
}

/* ---- what sources say of countries ---- */

/* The sets of several sources against one of a rule. */
struct match_said {
	bool known;
	bool meets, within;		/* all of them united */
	bool one_apart, one_within;	/* some source's alone */
};

static void match_hear(struct match_said *said, const struct location_set *set, const struct location_set *of_rule)
{
	bool meets = location_set_meets(set, of_rule), within = location_set_is_within(set, of_rule);

	said->within = (!said->known || said->within) && within;
	said->known = true;
	said->meets |= meets;
	said->one_apart |= !meets;
	said->one_within |= within;
}

static enum match match_sets(enum policy_control how, const struct location_set *of_rule, const struct match_said *said)
{
	switch (how) {
	case POLICY_CONTROL_IN:
		return (said->known ? said->meets : location_set_has(of_rule, LOCATION_UNKNOWN)) ? MATCH_YES : MATCH_NO;
	case POLICY_CONTROL_NOT_IN:
		if (!said->one_apart)
			return MATCH_NO;
		return said->meets ? MATCH_MAYBE : MATCH_YES;
	case POLICY_CONTROL_SUBSET:
		if (!said->one_within)
			return MATCH_NO;
		return said->within ? MATCH_YES : MATCH_MAYBE;
	case POLICY_CONTROL_ANY:
		break;
	}
	return MATCH_YES;
}

/* ---- who controls it ---- */

static bool match_names(const struct policy_rule *rule, const char *operator)
{
	for (size_t i = 0; i < rule->operator_count; i++)
		if (!strcmp(rule->operator[i]->text, operator))
			return !rule->operator_not;
	return rule->operator_not;
}

/* May it carry what lets something go? */
static bool match_carries(const struct policy_rule *rule, const struct match_control *control)
{
	return control->fresh && control->tier <= rule->min_tier && control->tier <= CONTROL_NAMES;
}

static enum match match_operator(const struct policy_rule *rule, const struct match_place *place)
{
	bool all = true, some = false, carried = false;

	for (size_t i = 0; i < place->control_count; i++) {
		const struct match_control *control = &place->control[i];
		bool named = control->operator && match_names(rule, control->operator);

		all &= named || !control->operator;
		some |= named;
		carried |= named && match_carries(rule, control);
	}
	if (!some)
		return MATCH_NO;
	return all && (carried || !policy_rule_lets_go(rule)) ? MATCH_YES : MATCH_MAYBE;
}

/* The countries of everybody that is named, and whether the word of one of them is good enough for an allow. */
static enum match match_controllers(const struct policy_rule *rule, const struct match_place *place)
{
	struct match_said said = { 0 };
	bool carried = false;
	enum match sets;

	for (size_t i = 0; i < place->control_count; i++) {
		match_hear(&said, place->control[i].set, &rule->controllers);
		carried |= match_carries(rule, &place->control[i]);
	}
	if (place->control_count == MATCH_EVIDENCE)
		match_hear(&said, &place->rest[1], &rule->controllers);
	sets = match_sets(rule->control, &rule->controllers, &said);
	if (sets != MATCH_YES || carried || !policy_rule_lets_go(rule))
		return sets;
	if (rule->control == POLICY_CONTROL_SUBSET)
		return MATCH_MAYBE;
	/* what is known of nobody is known to no tier */
	return rule->has_min_tier ? (said.known ? MATCH_MAYBE : MATCH_NO) : MATCH_YES;
}

enum match match_control(const struct policy_rule *rule, const struct match_place *place)
{
	enum match controllers = MATCH_YES, operator = MATCH_YES;

	if (rule->control != POLICY_CONTROL_ANY || rule->has_min_tier)
		controllers = match_controllers(rule, place);
	if (rule->operator_count)
		operator = match_operator(rule, place);
	return controllers < operator ? controllers : operator;
}

/* ---- where its holder is registered ---- */

static bool match_contradicts(const struct policy_rule *rule, const struct match_place *place)
{
	if (!rule->uncontradicted || place->settled)
		return false;
	for (size_t i = 0; i < place->registered_count; i++)
		if (!location_set_is_within(place->registered[i], &rule->controllers))
			return true;
	return place->registered_count == MATCH_EVIDENCE &&
	       !location_set_is_within(&place->rest[0], &rule->controllers);
}

enum match match_registered(const struct policy_rule *rule, const struct match_place *place)
{
	struct match_said said = { 0 };
	enum match sets;

	for (size_t i = 0; i < place->registered_count; i++)
		match_hear(&said, place->registered[i], &rule->registrars);
	if (place->registered_count == MATCH_EVIDENCE)
		match_hear(&said, &place->rest[0], &rule->registrars);
	sets = match_sets(rule->registered, &rule->registrars, &said);
	return sets == MATCH_YES && match_contradicts(rule, place) ? MATCH_MAYBE : sets;
}

enum match match_rule(const struct policy_rule *rule, const struct match_place *place)
{
	enum match least = match_location(rule, place), next;

	if (least == MATCH_NO)
		return MATCH_NO;
	next = match_control(rule, place);
	least = next < least ? next : least;
	if (least == MATCH_NO)
		return MATCH_NO;
	next = match_registered(rule, place);
	return next < least ? next : least;
}

void match_row(const struct policy *policy, const struct match_place *place, uint64_t *row, uint64_t *sure)
{
	memset(row, 0, match_words(policy) * sizeof(*row));
	memset(sure, 0, match_words(policy) * sizeof(*sure));
	for (size_t r = 0; r < policy->rule_count; r++) {
		enum match match = match_rule(&policy->rule[r], place);

		row[r / 64] |= (uint64_t)(match != MATCH_NO) << r % 64;
		sure[r / 64] |= (uint64_t)(match == MATCH_YES) << r % 64;
	}
}

enum match match_is_unknown(const struct match_place *place, bool asks_control)
{
	bool somewhere = false, nowhere = false;

	for (unsigned int location = 0; location < LOCATION_COUNT; location++) {
		if (!location_set_has(&place->where, location))
			continue;
		if (!location_is_geographic(location))
			return MATCH_NO;
		somewhere |= location_is_country(location);
		nowhere |= !location_is_country(location);
	}
	if (!somewhere || (asks_control && !place->control_count))
		return MATCH_YES;
	return nowhere ? MATCH_MAYBE : MATCH_NO;
}

bool match_class_asks_control(const struct policy *policy, const struct policy_class *class)
{
	for (size_t r = 0; r < policy->rule_count; r++)
		if (policy_rule_has_class(&policy->rule[r], class->id) && policy_rule_asks_control(&policy->rule[r]))
			return true;
	return false;
}

/* ---- rules in their order ---- */

bool match_asks_data(const struct policy_rule *rule)
{
	unsigned int location;

	if (policy_rule_asks_control(rule) || rule->registered != POLICY_CONTROL_ANY)
		return true;
	for (location = 0; !rule->any_location && location < LOCATION_COUNT; location++)
		if (location_is_geographic(location) && location_set_has(&rule->locations, location))
			return true;
	return false;
}

size_t match_steps(const struct policy *policy, const struct policy_rule *rule)
{
	size_t steps = (rule->proto_count ? rule->proto_count : 1) * (rule->ports_count ? rule->ports_count : 1);
	size_t i;

	for (i = 0; i < policy->class_count; i++)
		if (policy_rule_has_class(rule, policy->class[i].id) && match_goes_stale(&policy->class[i], rule))
			return match_is_final(rule) ? 1 : 2 * steps;
	return match_is_final(rule) ? 0 : steps;
}

size_t match_list(const struct policy *policy, uint8_t class_id, const uint64_t *row, const uint64_t *cover,
		  uint16_t *list)
{
	size_t r, count = 0;

	for (r = 0; r < policy->rule_count; r++) {
		const struct policy_rule *rule = &policy->rule[r];

		if (!policy_rule_has_class(rule, class_id))
			continue;
		if (!(row[r / 64] >> r % 64 & 1))
			continue;
		if (rule->prefix_count && !(cover[r / 64] >> r % 64 & 1))
			continue;
		list[count++] = (uint16_t)r;
	}
	return count;
}

static int match_compare(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

static int match_compare_time(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return a < b ? -1 : a > b;
}

/* The first ports of the pieces into which the rules cut 0..65535. */
static size_t match_cut(const struct policy *policy, const uint16_t *list, size_t count, uint32_t **out)
{
	size_t used = 0, capacity = 0, i, j, kept;
	uint32_t *cut = NULL;

	*MEM_PUSH(cut, used, capacity) = 0;
	for (i = 0; i < count; i++) {
		const struct policy_rule *rule = &policy->rule[list[i]];

		for (j = 0; j < rule->ports_count; j++) {
			*MEM_PUSH(cut, used, capacity) = rule->ports[j].first;
			if (rule->ports[j].last < 65535)
				*MEM_PUSH(cut, used, capacity) = rule->ports[j].last + 1u;
		}
	}
	qsort(cut, used, sizeof(*cut), match_compare);
	for (i = 1, kept = 1; i < used; i++)
		if (cut[i] != cut[kept - 1])
			cut[kept++] = cut[i];
	*out = cut;
	return kept;
}

/* The beginnings of the pieces into which the rules cut all time. */
static size_t match_cut_time(const struct policy *policy, const uint16_t *list, size_t count, int64_t **out)
{
	size_t used = 0, capacity = 0, i, kept;
	int64_t *cut = NULL;

	*MEM_PUSH(cut, used, capacity) = POLICY_BEGINNING;
	for (i = 0; i < count; i++) {
		*MEM_PUSH(cut, used, capacity) = policy->rule[list[i]].from;
		if (policy->rule[list[i]].until != POLICY_NEVER)
			*MEM_PUSH(cut, used, capacity) = policy->rule[list[i]].until;
	}
	qsort(cut, used, sizeof(*cut), match_compare_time);
	for (i = 1, kept = 1; i < used; i++)
		if (cut[i] != cut[kept - 1])
			cut[kept++] = cut[i];
	*out = cut;
	return kept;
}

/* The packets of one protocol, port, direction and time. */
struct match_piece {
	unsigned int proto;
	uint32_t port;
	uint8_t direction;
	int64_t time;
};

static bool match_takes(const struct policy_rule *rule, const struct match_piece *piece)
{
	size_t i;

	if (piece->time < rule->from || piece->time >= rule->until)
		return false;
	if (rule->direction && rule->direction != piece->direction)
		return false;
	if (rule->proto_count && !memchr(rule->proto, (int)piece->proto, rule->proto_count))
		return false;
	if (!rule->ports_count)
		return true;
	if (!resid_verdict_has_ports((uint8_t)piece->proto))
		return false;
	for (i = 0; i < rule->ports_count; i++)
		if (piece->port >= rule->ports[i].first && piece->port <= rule->ports[i].last)
			return true;
	return false;
}

/* One protocol stands for all that no rule of the list names and that have, or have not, ports. */
static size_t match_protos(const struct policy *policy, const uint16_t *list, size_t count, uint8_t proto[256])
{
	bool named[256] = { false }, other[2] = { false, false };
	unsigned int p, used = 0;
	size_t i, j;

	for (i = 0; i < count; i++)
		for (j = 0; j < policy->rule[list[i]].proto_count; j++)
			named[policy->rule[list[i]].proto[j]] = true;
	for (p = 0; p < 256; p++) {
		bool *seen = &other[resid_verdict_has_ports((uint8_t)p)];

		if (!named[p] && *seen)
			continue;
		if (!named[p])
			*seen = true;
		proto[used++] = (uint8_t)p;
	}
	return used;
}

struct match_search {
	const struct policy *policy;
	const uint16_t *list;
	size_t count;
	bool *live;
	match_overlap *overlap;
	void *context;
};

/* Who takes the packets of a piece, and who would. */
static void match_piece(const struct match_search *search, const struct match_piece *piece)
{
	uint16_t owner = JUDGE_FREE;
	size_t i;

	for (i = 0; i < search->count; i++) {
		if (!match_takes(&search->policy->rule[search->list[i]], piece))
			continue;
		if (owner == JUDGE_FREE) {
			owner = search->list[i];
			search->live[i] = true;
		} else if (search->overlap) {
			search->overlap(search->context, owner, search->list[i]);
		}
	}
}

static bool match_has_direction(const struct policy *policy, const uint16_t *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (policy->rule[list[i]].direction)
			return true;
	return false;
}

void match_live(const struct policy *policy, const uint16_t *list, size_t count, bool *live, match_overlap *overlap,
		void *context)
{
	const struct match_search search = { policy, list, count, live, overlap, context };
	bool directed = match_has_direction(policy, list, count);
	_cleanup_free_ uint32_t *cut = NULL;
	_cleanup_free_ int64_t *time = NULL;
	uint8_t proto[256];
	size_t ports = match_cut(policy, list, count, &cut), protos = match_protos(policy, list, count, proto);
	size_t times = match_cut_time(policy, list, count, &time), p, c, t;

	memset(live, 0, count * sizeof(*live));
	for (p = 0; p < protos; p++) {
		size_t pieces = resid_verdict_has_ports(proto[p]) ? ports : 1;

		for (c = 0; c < pieces; c++) {
			for (t = 0; t < times; t++) {
				struct match_piece piece = { proto[p], cut[c], RESID_STEP_F_ORIGINAL, time[t] };

				match_piece(&search, &piece);
				piece.direction = RESID_STEP_F_REPLY;
				if (directed)
					match_piece(&search, &piece);
			}
		}
	}
}
