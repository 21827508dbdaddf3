// SPDX-License-Identifier: Apache-2.0
/* Which class is laxer: held against every packet that two classes could send, by the kernel's own judge. */
#include "support.h"

#include "kmod/verdict.h"
#include "snapshot/strictness.h"

static const char policy[] = "resid: 1\n"
			     "home: EU\n"
			     "classes:\n"
			     "  open:   {id: 1, default: allow}\n"
			     "  noted:  {id: 2, default: audit}\n"
			     "  eu:     {id: 3, default: reject}\n"
			     "  web:    {id: 4, default: reject}\n"
			     "  us:     {id: 5, default: reject}\n"
			     "  silent: {id: 6, default: drop}\n"
			     "  trial:  {id: 7, default: drop, mode: permissive}\n"
			     "unlabelled: silent\n"
			     "kernel: silent\n"
			     "rules:\n"
			     "  - {id: eu, class: [eu, web], location: EU, proto: tcp, port: 443, verdict: allow, reason: x}\n"
			     "  - {id: eu-all, class: eu, location: EU, verdict: allow, reason: x}\n"
			     "  - {id: us, class: us, location: US, verdict: allow, justification: x, reason: x}\n";

/* The slow way: no verdict of the one is weaker than the other's, group by group, port by port. */
static bool is_laxer(const struct resid_table *table, uint8_t class_id, uint8_t than)
{
	static const uint16_t ports[] = { 53, 442, 443, 444 };

	for (uint16_t group = 0; group < table->core->group_count; group++) {
		for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
			for (int proto = 6; proto <= 17; proto += 11) {
				const struct resid_flow flow = { .proto = (uint8_t)proto, .proto_known = true,
								 .has_port = true, .dport = ports[i] };
				uint16_t own = resid_verdict_decide(table, class_id, group, &flow);
				uint16_t other = resid_verdict_decide(table, than, group, &flow);

				if (table->rule[own].verdict < table->rule[other].verdict)
					return true;
			}
		}
	}
	return false;
}

static void test_against_every_packet(void **context)
{
	struct snapshot *snapshot = support_build(policy);
	const struct resid_table *table = snapshot_table(snapshot);
	unsigned int laxer = 0, not_laxer = 0;

	for (uint8_t a = 0; a <= 6; a++) {
		for (uint8_t b = 0; b <= 6; b++) {
			bool expected = is_laxer(table, a, b), got = strictness_is_laxer(snapshot, a, b);

			/* it may err towards true where chains differ, never towards false */
			assert_true(got || !expected);
			laxer += expected && got;
			not_laxer += !expected && !got;
		}
	}
	assert_true(laxer > 10 && not_laxer > 10);
	snapshot_free(snapshot);
}

static void test_what_operators_expect(void **context)
{
	struct snapshot *snapshot = support_build(policy);

	assert_true(strictness_is_laxer(snapshot, 1, 2));
	assert_false(strictness_is_laxer(snapshot, 2, 1));
	assert_false(strictness_is_laxer(snapshot, 3, 3));
	assert_true(strictness_is_laxer(snapshot, 3, 5));	/* each reaches what the other does not */
	assert_true(strictness_is_laxer(snapshot, 5, 3));
	assert_false(strictness_is_laxer(snapshot, 6, 3));
	/* what is only recorded leaves */
	assert_true(strictness_is_laxer(snapshot, 7, 6));
	snapshot_free(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_every_packet),
		cmocka_unit_test(test_what_operators_expect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
