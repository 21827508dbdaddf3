// SPDX-License-Identifier: Apache-2.0
#include "policy/model.h"

#include <stdlib.h>

void policy_free(struct policy *policy)
{
	size_t i;

	if (!policy)
		return;
	for (i = 0; i < policy->rule_count; i++) {
		free(policy->rule[i].prefix);
		free(policy->rule[i].proto);
		free(policy->rule[i].ports);
		free(policy->rule[i].operator);
	}
	for (i = 0; i < policy->set_count; i++) {
		free(policy->set[i].name);
		free(policy->set[i].date);
		free(policy->set[i].source);
	}
	free(policy->rule);
	free(policy->set);
	free(policy->class);
	free(policy->assignment);
	free(policy->local);
	free(policy->nat64);
	free(policy->sources.feed);
	free(policy->sources.geofeed);
	free(policy->sources.override);
	yaml_free(policy->root);
	for (i = 0; i < policy->included_count; i++) {
		yaml_free(policy->included[i].root);
		free(policy->included[i].name);
	}
	free(policy->included);
	free(policy->text);
	free(policy->name);
	free(policy);
}

const char *policy_verdict_name(enum resid_verdict verdict)
{
	static const char *const names[RESID_V_COUNT] = {
		[RESID_V_ALLOW] = "allow",
		[RESID_V_AUDIT] = "audit",
		[RESID_V_REJECT] = "reject",
		[RESID_V_DROP] = "drop",
	};

	return names[verdict];
}

bool policy_asks_control(const struct policy *policy)
{
	size_t r;

	for (r = 0; r < policy->rule_count; r++)
		if (policy_rule_asks_control(&policy->rule[r]))
			return true;
	return false;
}
