// SPDX-License-Identifier: Apache-2.0
/* Who controls an address, where its holder is registered, and what a policy makes of it. */
#include "control_support.h"

static void test_tiers(void **context)
{
	struct snapshot *snapshot = build("");

	/* registered in France, announced by somebody whom nobody curated: known to nobody */
	assert_control(snapshot, "2.0.0.1", "", "none", "");
	assert_registered(snapshot, "2.0.0.1", "FR");
	/* the operator's list says US; the AS of a French host announces it: both can be compelled */
	assert_control(snapshot, "2.0.2.1", "FR,US", "feed", "cloud");
	/* equal prefixes of two operators unite */
	assert_control(snapshot, "2.0.3.1", "FR,US", "feed", "cloud");
	/* the narrower filter says whose range it is */
	assert_control(snapshot, "2.0.4.1", "FR,US", "feed", "sealed");
	assert_control(snapshot, "2.0.5.1", "", "none", "");
	assert_registered(snapshot, "2.0.5.1", "DE,US");
	assert_control(snapshot, "2.0.6.1", "US", "operator", "cloud");
	/* a longer prefix of another AS takes the address from the operator */
	assert_control(snapshot, "2.0.6.200", "", "none", "");
	assert_control(snapshot, "2.0.9.1", "FR", "prefix", "host");
	assert_registered(snapshot, "2.0.9.1", "US");
	/* EU is no country, and hides the shorter prefix around it */
	assert_registered(snapshot, "2.0.10.1", "");
	assert_control(snapshot, "2.0.10.1", "", "none", "");
	/* where it is names nobody */
	assert_control(snapshot, "2.0.128.1", "", "none", "");
	assert_control(snapshot, "3.0.0.1", "", "none", "");
	assert_control(snapshot, "5.0.0.1", "", "none", "");
	assert_control(snapshot, "9.9.9.9", "", "none", "");
	assert_control(snapshot, "10.0.0.1", "", "none", "");
	assert_control(snapshot, "2a00::1", "", "none", "");
	snapshot_free(snapshot);
}

static void assert_rule(const struct snapshot *snapshot, const char *address, const char *expected)
{
	const char *rule = support_rule(snapshot, 2, address, 6, 443);

	if (strcmp(rule, expected))
		fail_msg("%s: %s, not %s", address, rule, expected);
}

#define RULE(id, rest) "  - {id: " id ", class: shut, " rest ", reason: r, justification: j}\n"

/* A denial by `in` wants one of them, an allow by `subset of` all; not in: none, or it is not sure. */
static void test_predicates(void **context)
{
	static const char rules[] =
		"rules:\n"
		RULE("sealed", "operator: sealed, control: {in: FR}, registered: {in: [FR]}, location: EU, verdict: drop")
		RULE("others", "operator: {not in: [cloud, sealed]}, verdict: audit")
		RULE("clear", "control: {not in: [FR, DE]}, location: EU, verdict: drop")
		RULE("mixed", "control: {in: [US, unknown]}, registered: {not in: FR}, verdict: drop")
		RULE("nobody", "control: {in: unknown}, registered: {in: unknown}, verdict: reject")
		RULE("elsewhere", "registered: {subset of: [FR, IT]}, verdict: audit");
	struct snapshot *snapshot = build(rules);

	assert_rule(snapshot, "2.0.4.1", "sealed");
	assert_rule(snapshot, "2.0.9.1", "others");
	assert_rule(snapshot, "2.0.6.1", "clear");
	/* one names the US alone: a refusal needs no more */
	assert_rule(snapshot, "2.0.2.1", "clear");
	assert_rule(snapshot, "2.0.5.1", "mixed");
	assert_rule(snapshot, "9.9.9.9", "nobody");
	assert_rule(snapshot, "2.0.0.1", "elsewhere");
	snapshot_free(snapshot);
}

/* Of an operator whose control is uncertain what is said refuses, and nothing allows. */
static void test_uncertain(void **context)
{
	static const char rules[] =
		"rules:\n"
		RULE("known", "control: {subset of: [FR, DE]}, min_tier: prefix, verdict: allow")
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

#define SUBSET(id, rest) RULE(id, "location: EU, control: {subset of: EU}, " rest ", verdict: allow")

/* What an allow leans on: who names it, how long ago, and whether somebody speaks against it. */
static void test_burden(void **context)
{
	static const char rules[] = "rules:\n" SUBSET("curated", "min_tier: prefix, uncontradicted: true")
		SUBSET("contradicted", "min_tier: prefix")
			SUBSET("announced", "min_tier: operator");
	struct snapshot *snapshot;

	asn_list[0].operator = 2;
	snapshot = build(rules);
	/* curated, and registered in the US */
	assert_rule(snapshot, "2.0.9.1", "contradicted");
	/* an AS names it, which the first two do not accept */
	assert_rule(snapshot, "2.0.6.1", "announced");
	/* a feed of 2026-07-01 is fresh, but the cloud is not European */
	assert_rule(snapshot, "2.0.2.1", "default-shut");
	assert_rule(snapshot, "2.0.0.1", "default-shut");
	snapshot_free(snapshot);
	asn_list[0].operator = 0;
}

/* An AS database is good for 60 days: from then on it refuses, and lets nothing go. */
static void test_age(void **context)
{
	static const char rules[] =
		"rules:\n"
		RULE("refused", "control: {in: US}, verdict: drop")
		SUBSET("announced", "min_tier: operator")
		RULE("named", "operator: host, verdict: audit")
		RULE("other", "operator: host, verdict: reject");
	static const struct {
		int64_t now;
		const char *host, *cloud;
	} expected[] = {
		{ SUPPORT_NOW, "announced", "refused" },
		{ SUPPORT_AGED(59), "announced", "refused" },
		{ SUPPORT_AGED(60), "other", "refused" },
		{ SUPPORT_AGED(900), "other", "refused" },
		/* what is of a day that has not come is not fresh either */
		{ SUPPORT_AGED(-3), "other", "refused" },
	};

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct snapshot *snapshot = build_at(rules, expected[i].now);

		assert_rule(snapshot, "2.0.11.1", expected[i].host);
		assert_rule(snapshot, "2.0.6.1", expected[i].cloud);
		snapshot_free(snapshot);
	}
}

/* Unknown is neither a subset of anything nor outside of anything; what no rule takes goes to `on_unknown`. */
static void test_unknown(void **context)
{
	struct snapshot *snapshot = support_build(
		"resid: 1\nhome: EU\nclasses:\n  open: {id: 2, default: allow, on_unknown: drop}\n"
		"  plain: {id: 3, default: allow, on_unknown: drop}\nrules:\n"
		"  - {id: in, class: open, location: EU, control: {subset of: EU}, min_tier: holder, verdict: audit, reason: r}\n"
		"  - {id: out, class: open, control: {not in: [EU, NO]}, verdict: reject, reason: r}\n"
		"  - {id: far, class: plain, location: US, verdict: audit, reason: r}\n");

	/* nobody names the operator of anything here */
	assert_rule(snapshot, "2.0.0.1", "unknown-open");
	assert_rule(snapshot, "6.0.0.1", "unknown-open");
	assert_rule(snapshot, "10.0.0.1", "default-open");
	/* who does not ask need not know */
	assert_string_equal(support_rule(snapshot, 3, "2.0.0.1", 6, 443), "default-plain");
	assert_string_equal(support_rule(snapshot, 3, "3.0.0.1", 6, 443), "far");
	assert_string_equal(support_rule(snapshot, 3, "5.0.0.1", 6, 443), "unknown-plain");
	assert_string_equal(support_rule(snapshot, 3, "9.9.9.9", 6, 443), "unknown-plain");
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

/*
 * Without a rule that asks for control the kernel's part does not know that there is such a thing; unless a cloud is
 * named that publishes where its ranges are, and does not do so here.
 */
static void test_kernel_part_is_the_same(void **context)
{
	static const char rules[] = "rules:\n" RULE("home", "location: [FR, NO], verdict: allow");
	_cleanup_free_ char *text = mem_format(CLASSES "%s", rules);
	struct snapshot *with, *without = support_build(text), *cloud = build(rules);
	size_t with_length, without_length, header = sizeof(struct resid_snapshot_header);
	const uint8_t *a, *b = snapshot_kernel_part(without, &without_length);

	assert_rule(cloud, "2.0.2.1", "home");
	assert_rule(cloud, "2.0.6.1", "default-shut");
	assert_string_equal(support_location(cloud, "2.0.6.1"), "unknown");
	snapshot_free(cloud);
	operator_list[0].feed_count = operator_list[1].feed_count = 0;
	with = build(rules);
	operator_list[0].feed_count = operator_list[1].feed_count = 1;
	a = snapshot_kernel_part(with, &with_length);

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
		cmocka_unit_test(test_burden),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_direction),
		cmocka_unit_test(test_kernel_part_is_the_same),
		cmocka_unit_test(test_unknown_operator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
