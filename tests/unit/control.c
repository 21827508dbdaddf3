// SPDX-License-Identifier: Apache-2.0
/* Who controls an address: the chain of tiers, and what a policy makes of it. */
#include "control_support.h"

static void test_tiers(void **context)
{
	struct snapshot *snapshot = build("");

	assert_control(snapshot, "2.0.0.1", "FR", "rir", "");
	assert_control(snapshot, "2.0.2.1", "US", "feed", "cloud");
	/* equal prefixes of two operators unite */
	assert_control(snapshot, "2.0.3.1", "FR,US", "feed", "cloud");
	/* the narrower filter says whose range it is */
	assert_control(snapshot, "2.0.4.1", "FR,US", "feed", "sealed");
	assert_control(snapshot, "2.0.5.1", "DE,US", "rir", "");
	assert_control(snapshot, "2.0.6.1", "US", "operator", "cloud");
	/* a longer prefix of another AS takes the address from the operator */
	assert_control(snapshot, "2.0.6.200", "FR", "rir", "");
	assert_control(snapshot, "2.0.9.1", "FR", "override", "host");
	/* EU is no country, so the registry has no opinion here */
	assert_control(snapshot, "2.0.10.1", "US", "as", "");
	assert_control(snapshot, "2.0.129.1", "US", "as", "");
	assert_control(snapshot, "2.0.128.1", "FR", "location", "");
	/* without an AS of its own it is announced with what is around it */
	assert_control(snapshot, "2.0.200.1", "US", "as", "");
	assert_control(snapshot, "3.0.0.1", "US", "location", "");
	assert_control(snapshot, "5.0.0.1", "", "none", "");
	assert_control(snapshot, "9.9.9.9", "", "none", "");
	assert_control(snapshot, "10.0.0.1", "", "none", "");
	assert_control(snapshot, "2a00::1", "FR", "location", "");
	snapshot_free(snapshot);
}

static void assert_rule(const struct snapshot *snapshot, const char *address, const char *expected)
{
	const char *rule = support_rule(snapshot, 2, address, 6, 443);

	if (strcmp(rule, expected))
		fail_msg("%s: %s, not %s", address, rule, expected);
}

#define RULE(id, rest) "  - {id: " id ", class: shut, " rest ", reason: r, justification: j}\n"

static void test_predicates(void **context)
{
	static const char rules[] =
		"rules:\n"
		RULE("sealed", "operator: sealed, verdict: audit")
		RULE("others", "operator: {not in: [cloud, sealed]}, verdict: audit")
		RULE("strong", "control: {subset of: [FR, DE]}, min_tier: rir, verdict: allow")
		RULE("weak", "control: {subset of: EU}, verdict: audit")
		RULE("clear", "control: {not in: [FR, DE]}, location: EU, verdict: drop")
		RULE("mixed", "control: {in: [US, unknown]}, verdict: drop");
	struct snapshot *snapshot = build(rules);

	assert_rule(snapshot, "2.0.4.1", "sealed");
	assert_rule(snapshot, "2.0.9.1", "others");
	assert_rule(snapshot, "2.0.0.1", "strong");
	assert_rule(snapshot, "2.0.128.1", "weak");
	assert_rule(snapshot, "2.0.2.1", "clear");
	assert_rule(snapshot, "2.0.3.1", "mixed");
	assert_rule(snapshot, "3.0.0.1", "mixed");
	assert_rule(snapshot, "9.9.9.9", "mixed");
	assert_rule(snapshot, "4.0.0.1", "default-shut");
	snapshot_free(snapshot);
}

/* Of an operator whose control is uncertain what is said refuses, and nothing allows. */
static void test_uncertain(void **context)
{
	static const char rules[] =
		"rules:\n"
		RULE("known", "control: {subset of: [FR, DE]}, verdict: allow")
		RULE("told", "control: {in: FR}, verdict: audit");
	struct snapshot *snapshot = build(rules);

	assert_rule(snapshot, "2.0.9.1", "known");
	snapshot_free(snapshot);
	operator_list[2].uncertain = true;
	snapshot = build(rules);
	operator_list[2].uncertain = false;
	assert_rule(snapshot, "2.0.9.1", "told");
	snapshot_free(snapshot);
}

/* Unknown is neither a subset of anything nor outside of anything; what no rule takes goes to `on_unknown`. */
static void test_unknown(void **context)
{
	struct snapshot *snapshot = support_build(
		"resid: 1\nhome: EU\nclasses:\n  open: {id: 2, default: allow, on_unknown: drop}\nrules:\n"
		"  - {id: in, location: EU, control: {subset of: EU}, verdict: audit, reason: r}\n"
		"  - {id: out, control: {not in: [EU, NO]}, verdict: reject, reason: r}\n");

	assert_rule(snapshot, "2.0.0.1", "in");
	assert_rule(snapshot, "3.0.0.1", "out");
	assert_rule(snapshot, "4.0.0.1", "default-open");
	assert_rule(snapshot, "5.0.0.1", "unknown-open");
	assert_rule(snapshot, "6.0.0.1", "unknown-open");
	assert_rule(snapshot, "7.0.0.1", "unknown-open");
	assert_rule(snapshot, "9.9.9.9", "unknown-open");
	assert_rule(snapshot, "10.0.0.1", "default-open");
	snapshot_free(snapshot);
}

static const char *directed_rule(const struct snapshot *snapshot, const char *address, enum resid_direction direction)
{
	const struct resid_table *table = snapshot_table(snapshot);
	const struct resid_flow flow = { .proto = 6, .proto_known = true, .has_port = true, .dport = 1,
					 .direction = direction };
	sa_family_t family;
	uint8_t bytes[16];
	uint16_t rule;
	u128 key;

	assert_true(address_parse(address, &family, &key));
	address_bytes(family, key, bytes);
	rule = resid_verdict_decide(table, 2, resid_lpm_lookup4(&table->lpm4, bytes), &flow);
	return snapshot_rule_at(snapshot, rule).id;
}

static void test_direction(void **context)
{
	static const char rules[] =
		"rules:\n"
		RULE("answer", "location: FR, direction: reply, verdict: drop")
		RULE("ask", "location: FR, direction: original, proto: tcp, verdict: allow");
	struct snapshot *snapshot = build(rules);

	assert_string_equal(directed_rule(snapshot, "2.0.0.1", RESID_DIR_REPLY), "answer");
	assert_string_equal(directed_rule(snapshot, "2.0.0.1", RESID_DIR_ORIGINAL), "ask");
	assert_string_equal(directed_rule(snapshot, "2.0.0.1", RESID_DIR_UNKNOWN), "answer");
	assert_string_equal(directed_rule(snapshot, "3.0.0.1", RESID_DIR_REPLY), "default-shut");
	snapshot_free(snapshot);
}

/* Without a rule that asks for control the kernel's part does not know that there is such a thing. */
static void test_kernel_part_is_the_same(void **context)
{
	static const char rules[] = "rules:\n" RULE("home", "location: [FR, NO], verdict: allow");
	_cleanup_free_ char *text = mem_format(CLASSES "%s", rules);
	struct snapshot *with = build(rules), *without = support_build(text);
	size_t with_length, without_length, header = sizeof(struct resid_snapshot_header);
	const uint8_t *a = snapshot_kernel_part(with, &with_length);
	const uint8_t *b = snapshot_kernel_part(without, &without_length);

	assert_int_equal(with_length, without_length);
	assert_memory_equal(a + header, b + header, with_length - header);
	snapshot_free(with);
	snapshot_free(without);
}

static void test_unknown_operator(void **context)
{
	_cleanup_policy_ struct policy *policy =
		support_policy(CLASSES "rules:\n" RULE("a", "operator: [cloud, clod], verdict: drop"));
	struct resid_error err = { 0 };

	assert_int_equal(controls_check_operators(policy, &operators, &err), -1);
	assert_non_null(strstr(err.text, "test.yaml:7:"));
	assert_non_null(strstr(err.text, "unknown operator 'clod'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tiers),
		cmocka_unit_test(test_predicates),
		cmocka_unit_test(test_uncertain),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_direction),
		cmocka_unit_test(test_kernel_part_is_the_same),
		cmocka_unit_test(test_unknown_operator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
