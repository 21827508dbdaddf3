// SPDX-License-Identifier: Apache-2.0
#include "policy/match.h"

#include <stdlib.h>
#include <string.h>

#include "kmod/verdict.h"
#include "util/memory.h"

#define JUDGE_FREE 0xffff

static bool match_intersects(const struct location_set *a, const struct location_set *b)
{
	size_t i;

	for (i = 0; i < sizeof(a->bits) / sizeof(a->bits[0]); i++)
		if (a->bits[i] & b->bits[i])
			return true;
	return false;
}

static bool match_is_within(const struct location_set *a, const struct location_set *b)
{
	size_t i;

	for (i = 0; i < sizeof(a->bits) / sizeof(a->bits[0]); i++)
		if (a->bits[i] & ~b->bits[i])
			return false;
	return true;
}

static bool match_meets_set(const struct policy_rule *rule, const struct location_set *control)
{
	bool known = match_intersects(control, control);

	switch (rule->control) {
	case POLICY_CONTROL_IN:
		return known ? match_intersects(control, &rule->controllers) :
			       location_set_has(&rule->controllers, LOCATION_UNKNOWN);
	case POLICY_CONTROL_NOT_IN:
		return known && !match_intersects(control, &rule->controllers);
	case POLICY_CONTROL_SUBSET:
		return known && match_is_within(control, &rule->controllers);
	case POLICY_CONTROL_ANY:
		break;
	}
	return true;
}

static bool match_meets_operator(const struct policy_rule *rule, const char *operator)
{
	size_t i;

	if (!rule->operator_count)
		return true;
	if (!operator)
		return false;
	for (i = 0; i < rule->operator_count; i++)
		if (!strcmp(rule->operator[i]->text, operator))
			return !rule->operator_not;
	return rule->operator_not;
}

bool match_meets_control(const struct policy_rule *rule, const struct match_place *place)
{
	return place->tier <= rule->min_tier && match_meets_set(rule, &place->control) &&
	       match_meets_operator(rule, place->operator);
}

bool match_asks_data(const struct policy_rule *rule)
{
	unsigned int location;

	if (policy_rule_asks_control(rule))
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

bool match_meets_location(const struct policy_rule *rule, unsigned int location)
{
	return rule->any_location || location_set_has(&rule->locations, location);
}

void match_row(const struct policy *policy, const struct match_place *place, uint64_t *row)
{
	size_t r;

	memset(row, 0, match_words(policy) * sizeof(*row));
	for (r = 0; r < policy->rule_count; r++)
		if (match_meets_location(&policy->rule[r], place->location) &&
		    match_meets_control(&policy->rule[r], place))
			row[r / 64] |= 1ull << r % 64;
}

bool match_is_unknown(const struct match_place *place)
{
	if (!location_is_geographic(place->location))
		return false;
	return !location_is_country(place->location) || !match_intersects(&place->control, &place->control);
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
