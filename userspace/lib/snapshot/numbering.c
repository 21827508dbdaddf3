// SPDX-License-Identifier: Apache-2.0
#include "snapshot/numbering.h"

static enum resid_verdict numbering_class_verdict(const struct policy *policy, uint16_t rule)
{
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->class[i];

		if (class->has_on_unknown && numbering_unknown(policy, i) == rule)
			return class->on_unknown;
		if (class->on_stale != RESID_V_ALLOW && numbering_stale(policy, i) == rule)
			return class->on_stale;
	}
	return RESID_V_DROP;
}

enum resid_verdict numbering_verdict(const struct policy *policy, uint16_t rule)
{
	if (rule < policy->rule_count)
		return policy->rule[rule].verdict;
	if (rule < numbering_non_ip(policy))
		return policy->class[rule - policy->rule_count].fallback;
	if (rule == numbering_non_ip(policy))
		return policy->non_ip;
	return rule == numbering_unparsable(policy) ? policy->unparsable : numbering_class_verdict(policy, rule);
}
