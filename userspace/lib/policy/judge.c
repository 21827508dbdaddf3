// SPDX-License-Identifier: Apache-2.0
#include "policy/judge.h"

#include <stdlib.h>
#include <string.h>

#include "../../../kmod/verdict.h"
#include "util/memory.h"

#define JUDGE_FREE 0xffff

size_t judge_list(const struct policy *policy, uint8_t class_id, unsigned int location, const uint64_t *cover,
		  uint16_t *list)
{
	size_t r, count = 0;

	for (r = 0; r < policy->rule_count; r++) {
		const struct policy_rule *rule = &policy->rule[r];

		if (!policy_rule_has_class(rule, class_id))
			continue;
		if (!rule->any_location && !location_set_has(&rule->locations, location))
			continue;
		if (rule->prefix_count && !(cover[r / 64] >> r % 64 & 1))
			continue;
		list[count++] = (uint16_t)r;
	}
	return count;
}

static int judge_compare(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

/* The first ports of the pieces into which the rules cut 0..65535. */
static size_t judge_cut(const struct policy *policy, const uint16_t *list, size_t count, uint32_t **out)
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
	qsort(cut, used, sizeof(*cut), judge_compare);
	for (i = 1, kept = 1; i < used; i++)
		if (cut[i] != cut[kept - 1])
			cut[kept++] = cut[i];
	*out = cut;
	return kept;
}

static bool judge_matches(const struct policy_rule *rule, unsigned int proto, uint32_t port)
{
	size_t i;

	if (rule->proto_count && !memchr(rule->proto, (int)proto, rule->proto_count))
		return false;
	if (!rule->ports_count)
		return true;
	if (!resid_proto_has_ports((uint8_t)proto))
		return false;
	for (i = 0; i < rule->ports_count; i++)
		if (port >= rule->ports[i].first && port <= rule->ports[i].last)
			return true;
	return false;
}

/* One protocol stands for all that no rule of the list names and that have, or have not, ports. */
static size_t judge_protos(const struct policy *policy, const uint16_t *list, size_t count, uint8_t proto[256])
{
	bool named[256] = { false }, other[2] = { false, false };
	unsigned int p, used = 0;
	size_t i, j;

	for (i = 0; i < count; i++)
		for (j = 0; j < policy->rule[list[i]].proto_count; j++)
			named[policy->rule[list[i]].proto[j]] = true;
	for (p = 0; p < 256; p++) {
		bool *seen = &other[resid_proto_has_ports((uint8_t)p)];

		if (!named[p] && *seen)
			continue;
		if (!named[p])
			*seen = true;
		proto[used++] = (uint8_t)p;
	}
	return used;
}

void judge_live(const struct policy *policy, const uint16_t *list, size_t count, bool *live, judge_overlap *overlap,
		void *context)
{
	_cleanup_free_ uint32_t *cut = NULL;
	uint8_t proto[256];
	size_t ports = judge_cut(policy, list, count, &cut), protos = judge_protos(policy, list, count, proto);
	size_t i, p, c;

	memset(live, 0, count * sizeof(*live));
	for (p = 0; p < protos; p++) {
		size_t pieces = resid_proto_has_ports(proto[p]) ? ports : 1;

		for (c = 0; c < pieces; c++) {
			uint16_t owner = JUDGE_FREE;

			for (i = 0; i < count; i++) {
				if (!judge_matches(&policy->rule[list[i]], proto[p], cut[c]))
					continue;
				if (owner == JUDGE_FREE) {
					owner = list[i];
					live[i] = true;
				} else if (overlap) {
					overlap(context, owner, list[i]);
				}
			}
		}
	}
}
