// SPDX-License-Identifier: Apache-2.0
/* A table of packets with what the policy is to make of them. */
#include "residctl/command.h"

#include <stdio.h>
#include <string.h>

#include "residctl/destination.h"
#include "residctl/output.h"
#include "policy/reader.h"
#include "util/jsonw.h"
#include "residctl/snapshots.h"
#include "util/file.h"
#include "util/memory.h"

struct test {
	struct keys_file file;
	const struct snapshot *snapshot;
	int64_t now;
	size_t failed;
	struct jsonw *json;	/* an open array of failures; NULL: text */
};

/* One case, all of whose keys are there and scalars. */
struct test_case {
	const struct yaml_node *mark, *class, *to, *verdict, *rule, *direction, *now;
};

static int test_read_case(struct test *test, const struct yaml_node *node, struct test_case *out)
{
	static const char *const keys[] = { "class", "to", "verdict", "rule", "direction", "now", NULL };
	size_t i;

	if (keys_known(&test->file, node, "a case", keys))
		return -1;
	for (i = 0; i < node->count; i += 2)
		if (keys_kind(&test->file, node->child[i + 1], YAML_SCALAR, node->child[i]->text))
			return -1;
	out->mark = node;
	if (keys_get(&test->file, node, "class", true, &out->class) ||
	    keys_get(&test->file, node, "to", true, &out->to) ||
	    keys_get(&test->file, node, "verdict", true, &out->verdict))
		return -1;
	out->rule = yaml_get(node, "rule");
	out->direction = yaml_get(node, "direction");
	out->now = yaml_get(node, "now");
	return 0;
}

static int test_direction(struct test *test, const struct yaml_node *node, struct destination *to)
{
	if (!node)
		return 0;
	if (strcmp(node->text, "original") && strcmp(node->text, "reply"))
		return keys_fail(&test->file, node, "unknown direction '%s'; write original or reply", node->text);
	to->flow.direction = strcmp(node->text, "reply") ? RESID_DIR_ORIGINAL : RESID_DIR_REPLY;
	return 0;
}

/* A case that met something else than it expects. */
static void test_say(const struct test *test, const struct test_case *expected, const struct destination_place *decided)
{
	struct snapshot_rule rule = snapshot_rule_at(test->snapshot, decided->rule);
	const struct snapshot_place *place = &decided->place;

	if (!test->json) {
		printf("%s:%zu:%zu: %s to %s: %s by %s, not %s%s%s (location %s, control %s by %s%s%s)\n", test->file.name,
		       expected->mark->line, expected->mark->column, expected->class->text, expected->to->text,
		       output_verdict(rule.verdict), rule.id, expected->verdict->text, expected->rule ? " by " : "",
		       expected->rule ? expected->rule->text : "", place->location,
		       *place->control ? place->control : "unknown", place->tier, *place->operator ? ", " : "",
		       place->operator);
		return;
	}
	jsonw_object(test->json, NULL);
	jsonw_u64(test->json, "line", expected->mark->line);
	jsonw_u64(test->json, "column", expected->mark->column);
	jsonw_string(test->json, "class", expected->class->text);
	jsonw_string(test->json, "to", expected->to->text);
	jsonw_string(test->json, "verdict", output_verdict(rule.verdict));
	jsonw_string(test->json, "rule", rule.id);
	jsonw_string(test->json, "expected_verdict", expected->verdict->text);
	if (expected->rule)
		jsonw_string(test->json, "expected_rule", expected->rule->text);
	jsonw_string(test->json, "location", place->location);
	jsonw_countries(test->json, "control", place->control);
	jsonw_string(test->json, "tier", place->tier);
	if (*place->operator)
		jsonw_string(test->json, "operator", place->operator);
	jsonw_object_end(test->json);
}

static int test_run_case(struct test *test, const struct yaml_node *node)
{
	struct test_case expected;
	struct destination to = { .flow.now = test->now };
	_cleanup_free_ char *text = NULL;
	enum resid_verdict verdict;
	struct resid_error inner;
	struct snapshot_rule rule;
	int class;

	if (test_read_case(test, node, &expected) || reader_verdict(&test->file, expected.verdict, &verdict) ||
	    test_direction(test, expected.direction, &to) ||
	    (expected.now && keys_time(&test->file, expected.now, "`now`", &to.flow.now)))
		return -1;
	class = snapshot_class_find(test->snapshot, expected.class->text);
	if (class < 0)
		return keys_fail(&test->file, expected.class, "the policy has no class '%s'", expected.class->text);
	text = mem_copy(expected.to->text, strlen(expected.to->text));
	if (destination_parse(&to, text, &inner))
		return keys_fail(&test->file, expected.to, "%s", inner.text);
	destination_judge(&to, test->snapshot, (uint8_t)class);
	rule = snapshot_rule_at(test->snapshot, to.place[to.decided].rule);
	if (rule.verdict == verdict && (!expected.rule || !strcmp(rule.id, expected.rule->text)))
		return 0;
	test->failed++;
	test_say(test, &expected, &to.place[to.decided]);
	return 0;
}

static int policy_test_run(const struct call *call, struct view *view, struct resid_error *err)
{
	static const char *const keys[] = { "cases", NULL };
	struct test test = { .file = { .name = call->argv[0], .err = err } };
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	_cleanup_(jsonw_fini) struct jsonw json = { 0 };
	_cleanup_yaml_ struct yaml_node *root = NULL;
	_cleanup_free_ char *text = NULL;
	const struct yaml_node *cases;
	size_t length, i;

	if (file_read_text(call->argv[0], YAML_SIZE_MAX, &text, &length, err) ||
	    yaml_parse(call->argv[0], text, length, &root, err) ||
	    keys_known(&test.file, root, "a file of cases", keys) ||
	    keys_get(&test.file, root, "cases", true, &cases) ||
	    keys_kind(&test.file, cases, YAML_LIST, "`cases`"))
		return -1;
	if (!cases->count)
		return keys_fail(&test.file, cases, "`cases` has none, so it tests nothing");
	if (snapshots_now(call, &test.now, err) || snapshots_open(call, &snapshot, err))
		return -1;
	test.snapshot = snapshot;
	if ((view->output.form == VIEW_FORM_JSON))
		test.json = &json;
	jsonw_object(&json, NULL);
	jsonw_array(&json, "failures");
	for (i = 0; i < cases->count; i++)
		if (test_run_case(&test, cases->child[i]))
			return -1;
	jsonw_array_end(&json);
	jsonw_u64(&json, "cases", cases->count);
	jsonw_u64(&json, "failed", test.failed);
	jsonw_object_end(&json);
	if (test.json)
		output_json(&json);
	else
		printf("%s: %zu cases, %zu failed\n", call->argv[0], cases->count, test.failed);
	return test.failed ? RESID_EXIT_EXPECT : RESID_EXIT_OK;
}

static const struct command_option policy_test_options[] = {
	{ "policy", "FILE", "a policy, compiled in memory, instead of a snapshot" },
	{ "snapshot", "FILE", "a snapshot instead of the one in force" },
	SNAPSHOTS_DATA_OPTIONS,
	{ NULL, NULL, NULL },
};

const struct command command_policy_test = {
	.name = "policy test",
	.args = "CASES",
	.summary = "hold a policy against a table of cases",
	.detail = "CASES is a file of packets with the verdict that each must meet, and, if it is said, by which rule. What "
		  "differs is shown with its line and with where the address is and who controls it; then the exit status is "
		  "4. `now` says when the packet leaves; else it is the time of --now, or of the clock.\n\n"
		  "  cases:\n"
		  "    - {class: health, to: \"198.51.100.7:443\", verdict: reject, rule: default-health}\n"
		  "    - {class: health, to: 192.0.2.1/udp, direction: reply, verdict: allow}\n"
		  "    - {class: health, to: 192.0.2.1, now: \"2026-11-22T14:00:00+01:00\", verdict: audit}",
	.json = "one object",
	.min_args = 1,
	.max_args = 1,
	.options = policy_test_options,
	.run = policy_test_run,
};
