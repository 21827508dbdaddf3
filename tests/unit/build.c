// SPDX-License-Identifier: Apache-2.0
/* From policy and data to tables: what the kernel will decide, and that the same inputs give the same bytes. */
#include "support.h"

#include <openssl/evp.h>

#include "snapshot/zones.h"

static void assert_rule(const struct snapshot *snapshot, unsigned int class_id, const char *address, uint8_t proto,
			int port, const char *expected)
{
	const char *rule = support_rule(snapshot, class_id, address, proto, port);

	if (strcmp(rule, expected))
		fail_msg("class %u, %s, protocol %u, port %d: %s, not %s", class_id, address, proto, port, rule, expected);
}

static char *read_default(void)
{
	FILE *file = fopen("policy/default.yaml", "re");
	char *text = calloc(1, 1 << 16);

	assert_non_null(file);
	assert_true(fread(text, 1, (1 << 16) - 1, file) > 0);
	fclose(file);
	return text;
}

/* policy/default.yaml as the README promises it; numbers 0 and 255 are unlabelled and kernel. */
static void test_default_policy(void **context)
{
	static const unsigned int strict[] = { 3, 4, 5, 0, 255, 77 };
	static const char *const suffix[] = { "technical", "health", "vital", "vital", "technical", "vital" };
	char *text = read_default();
	struct snapshot *snapshot = support_build(text);
	size_t i;

	for (i = 0; i < sizeof(strict) / sizeof(strict[0]); i++) {
		char fallback[32];

		snprintf(fallback, sizeof(fallback), "default-%s", suffix[i]);
		assert_rule(snapshot, strict[i], "2.0.0.1", 6, 443, "home-only");
		assert_rule(snapshot, strict[i], "2a00::1", 17, 53, "home-only");
		assert_rule(snapshot, strict[i], "10.1.2.3", 6, 22, "home-only");
		assert_rule(snapshot, strict[i], "127.0.0.1", 6, 22, "home-only");
		assert_rule(snapshot, strict[i], "64:ff9b::1", 6, 22, "home-only");
		assert_rule(snapshot, strict[i], "3.0.0.1", 6, 443, fallback);
		assert_rule(snapshot, strict[i], "4.0.0.1", 6, 443, fallback);	/* Norway is not in the EU */
		assert_rule(snapshot, strict[i], "5.0.0.1", 6, 443, fallback);	/* nor is region-EU */
		assert_rule(snapshot, strict[i], "6.0.0.1", 6, 443, fallback);	/* unknown */
		assert_rule(snapshot, strict[i], "9.9.9.9", 6, 443, fallback);	/* not in the data */
		assert_rule(snapshot, strict[i], "100.64.0.1", 6, 443, fallback);
		assert_rule(snapshot, strict[i], "239.1.1.1", 17, 5000, fallback);
		assert_rule(snapshot, strict[i], "169.254.169.254", 6, 80, "metadata");
		assert_rule(snapshot, strict[i], "fd00:ec2::254", 6, 80, "metadata");
	}
	assert_rule(snapshot, 1, "3.0.0.1", 6, 443, "default-public");
	assert_rule(snapshot, 1, "169.254.169.254", 6, 80, "default-public");
	assert_rule(snapshot, 2, "2.0.0.1", 6, 443, "internal-home");
	assert_rule(snapshot, 2, "3.0.0.1", 6, 443, "default-internal");
	assert_rule(snapshot, 2, "6.0.0.1", 6, 443, "default-internal");
	for (i = 0; i < snapshot_rule_count(snapshot); i++) {
		struct snapshot_rule rule = snapshot_rule_at(snapshot, i);

		if (!strcmp(rule.id, "default-public") || !strcmp(rule.id, "home-only") ||
		    !strcmp(rule.id, "internal-home") || !strcmp(rule.id, "default-link"))
			assert_int_equal(rule.verdict, RESID_V_ALLOW);
		else if (!strcmp(rule.id, "default-internal"))
			assert_int_equal(rule.verdict, RESID_V_AUDIT);
		else if (!strcmp(rule.id, "unparsable") || !strcmp(rule.id, "non-ip"))
			assert_int_equal(rule.verdict, RESID_V_DROP);
		else
			assert_int_equal(rule.verdict, RESID_V_REJECT);
	}
	assert_int_equal(snapshot_assignment_count(snapshot), 2);
	assert_string_equal(snapshot_assignment_at(snapshot, 0).target, "unit:system.slice");
	assert_string_equal(snapshot_assignment_at(snapshot, 1).target, "unit:init.scope");
	assert_int_equal(snapshot_assignment_at(snapshot, 1).class_id, 3);
	assert_string_equal(snapshot_policy_text(snapshot), text);
	snapshot_free(snapshot);
	free(text);
}

#define RULE(id, rest) "  - {id: " id ", " rest ", reason: r, justification: j}\n"

static void test_order_and_predicates(void **context)
{
	struct snapshot *snapshot = support_build(
		CLASSES "rules:\n"
		RULE("host", "class: shut, prefix: 2.0.0.7, verdict: drop")
		RULE("https", "class: shut, location: [FR, US], proto: tcp, port: [443, 8000-8009], verdict: allow")
		RULE("ping", "class: shut, location: FR, proto: icmp, verdict: audit")
		RULE("net", "class: shut, prefix: [3.0.0.0/24, '2b00::/121'], verdict: allow")
		RULE("away", "class: open, location: {not in: FR}, verdict: reject"));

	assert_rule(snapshot, 2, "2.0.0.7", 6, 443, "host");
	assert_rule(snapshot, 2, "2.0.0.6", 6, 443, "https");
	assert_rule(snapshot, 2, "2.0.0.8", 6, 8009, "https");
	assert_rule(snapshot, 2, "2.0.0.8", 6, 8010, "default-shut");
	assert_rule(snapshot, 2, "2.0.0.8", 17, 443, "default-shut");
	assert_rule(snapshot, 2, "2.0.0.8", 1, -1, "ping");
	assert_rule(snapshot, 2, "3.0.0.255", 6, 443, "https");
	assert_rule(snapshot, 2, "3.0.0.255", 6, 80, "net");
	assert_rule(snapshot, 2, "3.0.1.0", 6, 80, "default-shut");
	assert_rule(snapshot, 2, "2b00::7f", 6, 80, "net");
	assert_rule(snapshot, 2, "2b00::80", 6, 80, "default-shut");
	assert_rule(snapshot, 1, "2.0.0.7", 6, 443, "default-open");
	assert_rule(snapshot, 1, "3.0.0.1", 6, 443, "away");
	assert_rule(snapshot, 1, "6.0.0.1", 6, 443, "default-open");
	assert_rule(snapshot, 1, "10.0.0.1", 6, 443, "default-open");
	snapshot_free(snapshot);
}

/* A packet that hides its port must not be refused for a rule that it could not have met. */
static void test_dead_steps_are_left_out(void **context)
{
	struct snapshot *snapshot = support_build(
		CLASSES "rules:\n"
		RULE("all", "class: open, location: FR, proto: tcp, verdict: allow")
		RULE("web", "class: open, location: [FR, US], proto: tcp, port: 80, verdict: drop"));

	assert_rule(snapshot, 1, "2.0.0.1", 6, -1, "all");
	assert_rule(snapshot, 1, "2.0.0.1", 0, -1, "all");
	assert_rule(snapshot, 1, "3.0.0.1", 6, -1, "web");
	snapshot_free(snapshot);
}

static void test_core(void **context)
{
	struct snapshot *snapshot = support_build(
		"resid: 1\nhome: FR\nclasses:\n  a: {id: 9, default: allow, on_loss: deny}\n"
		"  b: {id: 200, default: drop, mode: permissive}\n"
		"unlabelled: b\nkernel: a\nnon_ip: reject\nunparsable: audit\nnat64: ['2001:db8:1::/48', '64:ff9b::/96']\n");
	const struct resid_core *core = snapshot_table(snapshot)->core;
	uint8_t digest[RESID_DIGEST_LEN];
	uint64_t key;

	assert_int_equal(core->row_count, 4);
	assert_int_equal(core->row[9], 0);
	assert_int_equal(core->row[200], 1);
	assert_int_equal(core->row[0], 2);
	assert_int_equal(core->row[17], 2);
	assert_int_equal(core->row[255], 3);
	assert_int_equal(core->class_flags[200], RESID_CLASS_F_PERMISSIVE);
	assert_int_equal(core->class_flags[0], RESID_CLASS_F_PERMISSIVE);
	assert_int_equal(core->class_flags[17], RESID_CLASS_F_PERMISSIVE);
	assert_int_equal(core->class_flags[9], RESID_CLASS_F_DENY_ON_LOSS);
	assert_int_equal(core->class_flags[255], RESID_CLASS_F_DENY_ON_LOSS);
	assert_int_equal(core->nat64_count, 2);
	assert_int_equal(core->nat64[0].length, 48);
	assert_memory_equal(core->nat64[0].prefix, "\x20\x01\x0d\xb8\x00\x01\x00\x00", 8);
	assert_string_equal(snapshot_rule_at(snapshot, core->non_ip_rule).id, "non-ip");
	assert_int_equal(snapshot_table(snapshot)->rule[core->non_ip_rule].verdict, RESID_V_REJECT);
	assert_string_equal(snapshot_rule_at(snapshot, core->unparsable_rule).id, "unparsable");
	assert_int_equal(snapshot_table(snapshot)->rule[core->unparsable_rule].verdict, RESID_V_AUDIT);
	assert_rule(snapshot, 0, "2.0.0.1", 6, 1, "default-b");
	assert_rule(snapshot, 255, "2.0.0.1", 6, 1, "default-a");
	assert_true(EVP_Digest("default-a", 9, digest, NULL, EVP_sha256(), NULL));
	memcpy(&key, digest, sizeof(key));
	assert_true(snapshot_table(snapshot)->rule[0].key == key);
	assert_string_equal(snapshot_class_name(snapshot, 200), "b");
	assert_string_equal(snapshot_class_name(snapshot, 0), "unlabelled");
	assert_string_equal(snapshot_class_name(snapshot, 17), "class-17");
	assert_string_equal(snapshot_class_name(snapshot, 255), "kernel");
	assert_string_equal(snapshot_class_at(snapshot, 2).judged_as, "b");
	assert_string_equal(snapshot_class_at(snapshot, 3).judged_as, "a");
	assert_int_equal(snapshot_class_find(snapshot, "b"), 200);
	assert_int_equal(snapshot_class_find(snapshot, "kernel"), 255);
	assert_int_equal(snapshot_class_find(snapshot, "c"), -1);
	snapshot_free(snapshot);
}

/* What no rule tells apart is one group, and a policy without rules has one. */
static void test_groups(void **context)
{
	struct snapshot *one = support_build(CLASSES);
	struct snapshot *two = support_build(
		CLASSES "rules:\n" RULE("a", "class: shut, location: [FR, NO], verdict: allow"));
	struct snapshot *four = support_build(
		CLASSES "rules:\n" RULE("a", "class: shut, location: [FR, NO], verdict: allow")
			RULE("b", "class: open, location: [FR, US], verdict: drop"));

	assert_int_equal(snapshot_table(one)->core->group_count, 2);	/* the link is one of its own */
	assert_int_equal(snapshot_table(two)->core->group_count, 3);
	assert_int_equal(snapshot_table(four)->core->group_count, 5);
	snapshot_free(one);
	snapshot_free(two);
	snapshot_free(four);
}

/* `local` replaces the default; what it holds is local even in a registry's block or a country, but never metadata. */
static void test_local(void **context)
{
	struct snapshot *snapshot = support_build(
		CLASSES "local: [100.64.0.0/10, 2.0.1.0/24, 169.254.0.0/16, 'fd00::/8']\nnat64: ['2001:db8:64::/96']\n");

	assert_string_equal(support_location(snapshot, "100.64.0.1"), "local");
	assert_string_equal(support_location(snapshot, "100.100.100.200"), "metadata");
	assert_string_equal(support_location(snapshot, "2.0.1.255"), "local");
	assert_string_equal(support_location(snapshot, "2.0.2.0"), "FR");
	assert_string_equal(support_location(snapshot, "169.254.169.253"), "local");
	assert_string_equal(support_location(snapshot, "169.254.169.254"), "metadata");
	assert_string_equal(support_location(snapshot, "10.0.0.1"), "special");
	assert_string_equal(support_location(snapshot, "127.0.0.1"), "local");
	assert_string_equal(support_location(snapshot, "fd00:ec2::254"), "metadata");
	assert_string_equal(support_location(snapshot, "fd00::1"), "local");
	assert_string_equal(support_location(snapshot, "fc00::1"), "special");
	assert_string_equal(support_location(snapshot, "2001:db8:64::1"), "translated");
	assert_string_equal(support_location(snapshot, "2001:db8:65::1"), "special");
	snapshot_free(snapshot);
}

/* The numbers of heap, stack and hash must not show. */
static void test_same_bytes(void **context)
{
	char *text = read_default();
	struct snapshot *first = support_build(text), *second;
	const void *a, *b;
	size_t length_a, length_b;
	void *hole = malloc(12345);

	second = support_build(text);
	a = snapshot_bytes(first, &length_a);
	b = snapshot_bytes(second, &length_b);
	assert_int_equal(length_a, length_b);
	assert_memory_equal(a, b, length_a);
	snapshot_free(second);
	/* and another policy or another world is another generation */
	second = support_build_world(text, "0,1,FR\n", WORLD6);
	assert_memory_not_equal(snapshot_generation(first), snapshot_generation(second), RESID_DIGEST_LEN);
	snapshot_free(first);
	snapshot_free(second);
	free(hole);
	free(text);
}

/* The kernel's table and the full one must speak of the same world: group by both ways, at every edge. */
static void test_tables_agree(void **context)
{
	struct snapshot *snapshot = support_build(
		CLASSES "rules:\n" RULE("a", "class: shut, location: [FR, NO, local], verdict: allow")
			RULE("b", "class: open, prefix: [2.0.0.0/20, 3.0.0.128/25], verdict: drop"));
	uint32_t address;

	for (address = 0x01ff0000; address < 0x08000000; address += 61) {
		uint8_t bytes[4] = { (uint8_t)(address >> 24), (uint8_t)(address >> 16), (uint8_t)(address >> 8),
				     (uint8_t)address };
		char text[ADDRESS_TEXT];
		struct snapshot_place place;
		bool home;

		snapshot_lookup(snapshot, AF_INET, bytes, &place);
		home = !strcmp(place.location, "FR") || !strcmp(place.location, "NO");
		address_format(AF_INET, (u128)address << 96, text);
		assert_rule(snapshot, 2, text, 6, 1, home ? "a" : "default-shut");
		assert_rule(snapshot, 1, text, 6, 1,
			    address >> 12 == 0x02000 || address >> 7 == 0x03000080 >> 7 ? "b" : "default-open");
	}
	snapshot_free(snapshot);
}

static void test_missing_data(void **context)
{
	const struct build_inputs inputs = { .geoip4 = "/nonexistent/geoip" };
	struct snapshot *snapshot = NULL;
	struct resid_error err = { 0 };

	assert_int_equal(snapshot_build(&inputs, NULL, NULL, &snapshot, &err), -1);
	assert_null(snapshot);
	assert_int_equal(err.status, RESID_EXIT_INPUT);
	assert_non_null(strstr(err.text, "/nonexistent/geoip: cannot be opened"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_policy), cmocka_unit_test(test_order_and_predicates),
		cmocka_unit_test(test_dead_steps_are_left_out), cmocka_unit_test(test_core),
		cmocka_unit_test(test_groups), cmocka_unit_test(test_local), cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_tables_agree), cmocka_unit_test(test_missing_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
