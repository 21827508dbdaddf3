// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <stdio.h>
#include <string.h>

#include "residctl/output.h"
#include "policy/controls.h"
#include "policy/policy.h"
#include "util/jsonw.h"
#include "residctl/snapshots.h"

/* A line for /etc/modprobe.d: a node that boots closed reaches the same before it has the policy. */
static int policy_check_modprobe(const struct policy *policy, struct resid_error *err)
{
	const struct policy_rule *rule = policy->rule;
	char text[ADDRESS_TEXT];
	size_t i;

	if (!policy->rule_count || strcmp(rule->id, "bootstrap"))
		return resid_fail(err, RESID_EXIT_INPUT, "%s: has no `bootstrap`, so there is nothing to tell the module",
				  policy->name);
	printf("options resid bootstrap=");
	for (i = 0; i < rule->prefix_count; i++) {
		prefix_format(&rule->prefix[i], text);
		printf("%s%s", i ? "," : "", text);
	}
	putchar('\n');
	return RESID_EXIT_OK;
}

/* An object whose array of warnings is still open. */
static void policy_check_warn(void *context, const char *text)
{
	jsonw_string(context, NULL, text);
}

static int policy_check_run(const struct call *call, struct view *view, struct resid_error *err)
{
	bool as_json = (view->output.form == VIEW_FORM_JSON), modprobe = call_option(call, "modprobe");
	_cleanup_(jsonw_fini) struct jsonw json = { 0 };
	struct policy_options options = {
		.sets = call_option(call, "sets"),
		.warn = as_json ? policy_check_warn : snapshots_warn,
		.context = &json,
	};
	_cleanup_policy_ struct policy *policy = NULL;
	_cleanup_operators_ struct operators *operators = NULL;

	if (as_json && modprobe)
		return resid_fail(err, RESID_EXIT_USAGE, "policy check: of --modprobe and --json, leave one out");
	jsonw_object(&json, NULL);
	jsonw_string(&json, "policy", call->argv[0]);
	jsonw_array(&json, "warnings");
	if (snapshots_now(call, &options.now, err) || policy_read(call->argv[0], &options, &policy, err) ||
	    operators_read(call_option(call, "operators"), &operators, err) ||
	    controls_check_operators(policy, operators, err))
		return -1;
	if (modprobe)
		return policy_check_modprobe(policy, err);
	jsonw_array_end(&json);
	jsonw_u64(&json, "classes", policy->class_count);
	jsonw_u64(&json, "rules", policy->rule_count);
	jsonw_object_end(&json);
	if (as_json)
		output_json(&json);
	else
		printf("%s: %zu class%s, %zu rule%s, sound\n", call->argv[0], policy->class_count,
		       policy->class_count == 1 ? "" : "es", policy->rule_count, policy->rule_count == 1 ? "" : "s");
	return RESID_EXIT_OK;
}

static const struct command_option policy_check_options[] = {
	{ "sets", "DIR", "country sets that come before the built-in ones (default /etc/resid/sets, /usr/share/resid/sets)" },
	{ "operators", "FILE", "who operates what (default: the built-in operators.yaml)" },
	SNAPSHOTS_NOW_OPTION,
	{ "modprobe", NULL, "print the policy's `bootstrap` as an option of the module, for /etc/modprobe.d/resid.conf" },
	{ NULL, NULL, NULL },
};

const struct command command_policy_check = {
	.name = "policy check",
	.args = "FILE",
	.summary = "say what is wrong with a policy",
	.detail = "Reads FILE and checks everything that can be checked without location data. What is wrong is refused with "
		  "its line and column: unknown keys and places, classes and ids that stand twice, a rule that no packet can "
		  "reach because earlier ones take everything. A rule that an earlier one with another verdict overlaps is "
		  "warned of, and so is an exception that has ended, and an allow that takes what an included pack refuses.\n\n"
		  "/usr/share/resid/grammar.yaml is the grammar by example.",
	.json = "one object",
	.min_args = 1,
	.max_args = 1,
	.options = policy_check_options,
	.run = policy_check_run,
};
