// SPDX-License-Identifier: Apache-2.0
/* Where two snapshots part: every pair of rules that some packet meets is reported once, and the words are right. */
#include "support.h"

#include <unistd.h>

#include "snapshot/between.h"
#include "util/cleanup.h"
#include "util/memory.h"
#include "util/proto.h"

#define PAIRS_MAX 256

struct seen {
	const struct snapshot *old, *new;
	struct {
		uint16_t old, new;
		char *packets;
	} pair[PAIRS_MAX];
	size_t count;
};

static void seen_change(void *context, uint16_t old_rule, uint16_t new_rule, const char *packets)
{
	struct seen *seen = context;
	size_t i;

	for (i = 0; i < seen->count; i++)
		assert_false(seen->pair[i].old == old_rule && seen->pair[i].new == new_rule);
	assert_true(seen->count < PAIRS_MAX);
	seen->pair[seen->count].old = old_rule;
	seen->pair[seen->count].new = new_rule;
	seen->pair[seen->count++].packets = mem_copy(packets, strlen(packets));
}

static void seen_free(struct seen *seen)
{
	while (seen->count)
		free(seen->pair[--seen->count].packets);
}

static struct between_side side(const struct snapshot *snapshot, uint8_t class_id, const char *address)
{
	const struct resid_table *table = snapshot_table(snapshot);
	sa_family_t family;
	uint8_t bytes[16];
	u128 key;

	assert_true(address_parse(address, &family, &key));
	address_bytes(family, key, bytes);
	return (struct between_side){ table, class_id, resid_lpm_lookup4(&table->lpm4, bytes) };
}

/* Class 2, 2.0.0.1: "OLDRULE NEWRULE PACKETS" a line. */
static void assert_between_at(int64_t now, const char *old_rules, const char *new_rules, const char *expected)
{
	_cleanup_free_ char *old_text = mem_format(CLASSES "%s", old_rules), *new_text = mem_format(CLASSES "%s", new_rules);
	struct snapshot *old = support_build(old_text), *new = support_build(new_text);
	const struct between_side left = side(old, 2, "2.0.0.1"), right = side(new, 2, "2.0.0.1");
	struct seen seen = { .old = old, .new = new };
	char got[2048] = "";
	size_t i;

	between_sides(&left, &right, now, seen_change, &seen);
	for (i = 0; i < seen.count; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s %s %s\n",
			 snapshot_rule_at(old, seen.pair[i].old).id, snapshot_rule_at(new, seen.pair[i].new).id,
			 seen.pair[i].packets);
	assert_string_equal(got, expected);
	seen_free(&seen);
	snapshot_free(old);
	snapshot_free(new);
}

static void assert_between(const char *old_rules, const char *new_rules, const char *expected)
{
	assert_between_at(0, old_rules, new_rules, expected);
}

#define RULE(id, rest) "  - {id: " id ", class: shut, reason: r, " rest "}\n"

static void test_words(void **context)
{
	static const char none[] = "rules: []\n";
	static const char all[] = "rules:\n" RULE("all", "location: EU, verdict: allow");
	static const char https[] = "rules:\n" RULE("web", "location: EU, proto: tcp, port: 443, verdict: allow");
	static const char web[] =
		"rules:\n" RULE("web", "location: EU, proto: [tcp, udp], port: [80, 443, 8000-8099], verdict: allow");
	static const char answers[] = "rules:\n" RULE("answers", "location: EU, direction: reply, verdict: allow");
	static const char ports[] = "rules:\n" RULE("mail", "location: EU, port: 25, verdict: drop");

	assert_between(none, none, "");
	assert_between(all, all, "");
	assert_between(none, all, "default-shut all all packets\n");
	assert_between(none, https, "default-shut web tcp 443\n");
	assert_between(https, all, "default-shut all all but tcp 443\n");
	assert_between(https, web, "default-shut web tcp 80,8000-8099, udp 80,443,8000-8099\n");
	assert_between(none, answers, "default-shut answers replies\n");
	assert_between(answers, all, "default-shut all all but replies\n");
	assert_between(none, ports, "default-shut mail tcp 25, udp 25, 33 25, sctp 25, 136 25\n");
	assert_between(https, answers,
		       "web default-shut tcp 443 original\n"
		       "default-shut answers tcp 0-442,444-65535 replies, other protocols replies\n");
}

/* Two hours from 1795341600 on: what is past is not told, and the last second is. */
static void test_windows(void **context)
{
	static const char none[] = "rules: []\n";
	static const char window[] =
		"rules:\n" RULE("w", "location: EU, from: 2026-11-22T10:00:00Z, until: 2026-11-22T12:00:00Z, verdict: allow");
	const int64_t from = 1795341600, until = from + 7200;

	assert_between_at(from - 1, none, window,
			  "default-shut w all packets from 2026-11-22T10:00:00Z until 2026-11-22T12:00:00Z\n");
	assert_between_at(from, none, window, "default-shut w all packets until 2026-11-22T12:00:00Z\n");
	assert_between_at(until - 1, none, window, "default-shut w all packets until 2026-11-22T12:00:00Z\n");
	assert_between_at(until, none, window, "");
}

/* Packets drawn at random meet only pairs that were reported, and all pairs that were reported are met by some. */
static void test_random(void **context)
{
	static const char *const verdicts[] = { "allow", "audit", "drop" };
	static const char *const protos[] = { "", "proto: tcp, ", "proto: [udp, tcp], ", "proto: icmp, ", "proto: 47, " };
	static const char *const ports[] = { "", "port: 443, ", "port: [0-99, 400-443], ", "port: [1-65535], " };
	static const char *const ways[] = { "", "direction: reply, ", "direction: original, " };
	static const uint8_t sent[] = { 1, 6, 17, 47, 132, 200 };
	static const uint16_t dports[] = { 0, 1, 99, 100, 399, 400, 442, 443, 444, 65535 };
	unsigned int round, rule, s;

	srand(7);
	for (round = 0; round < 60; round++) {
		struct snapshot *snapshot[2];
		struct between_side sides[2];
		struct seen seen = { 0 };
		bool met[PAIRS_MAX] = { false };
		size_t i;

		for (s = 0; s < 2; s++) {
			_cleanup_free_ char *text = mem_format(CLASSES "rules:\n");

			for (rule = 0; rule < 4; rule++) {
				int proto = rand() % 5;
				/* a rule that no packet reaches would be refused: each has an address of its own */
				char *more = mem_format("%s  - {id: r%u, class: shut, prefix: [2.0.0.0/24, 9.0.%u.0/24], %s%s%s"
							"verdict: %s, reason: r, justification: j}\n", text, rule, rule, protos[proto],
							proto < 3 ? ports[rand() % 4] : "", ways[rand() % 3],
							verdicts[rand() % 3]);

				free(text);
				text = more;
			}
			snapshot[s] = support_build(text);
			sides[s] = side(snapshot[s], 2, "2.0.0.1");
		}
		between_sides(&sides[0], &sides[1], 0, seen_change, &seen);
		for (i = 0; i < 6 * 10 * 2; i++) {
			const struct resid_flow flow = {
				.proto = sent[i % 6], .proto_known = true, .dport = dports[i / 6 % 10],
				.has_port = resid_verdict_has_ports(sent[i % 6]),
				.direction = i / 60 ? RESID_DIR_REPLY : RESID_DIR_ORIGINAL,
			};
			uint16_t old = resid_verdict_decide(sides[0].table, 2, sides[0].group, &flow);
			uint16_t new = resid_verdict_decide(sides[1].table, 2, sides[1].group, &flow);
			size_t j;

			for (j = 0; j < seen.count && (seen.pair[j].old != old || seen.pair[j].new != new); j++)
				;
			assert_int_equal(j < seen.count,
					 sides[0].table->rule[old].verdict != sides[1].table->rule[new].verdict);
			if (j < seen.count)
				met[j] = true;
		}
		for (i = 0; i < seen.count; i++)
			assert_true(met[i]);
		seen_free(&seen);
		snapshot_free(snapshot[0]);
		snapshot_free(snapshot[1]);
	}
}

static void test_proto(void **context)
{
	unsigned int i;
	char number[4];
	uint8_t proto;

	for (i = 0; i < 256; i++) {
		assert_true(proto_parse(proto_name((uint8_t)i, number), &proto));
		assert_int_equal(proto, i);
	}
	assert_false(proto_parse("256", &proto));
	assert_false(proto_parse("", &proto));
	assert_false(proto_parse("quic", &proto));
	assert_false(proto_parse("1x", &proto));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_proto),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
