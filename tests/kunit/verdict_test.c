// SPDX-License-Identifier: GPL-2.0-only
#include "../../kmod/verdict.h"

static void verdict_test_decide(struct kunit *test)
{
	struct resid_flow https = { .proto = IPPROTO_TCP, .proto_known = true, .has_port = true, .dport = 443 };
	struct resid_flow smtp = { .proto = IPPROTO_TCP, .proto_known = true, .has_port = true, .dport = 25 };
	struct resid_flow ping = { .proto = IPPROTO_ICMP, .proto_known = true };
	struct resid_flow fragment = { .proto = IPPROTO_TCP, .proto_known = true };
	struct resid_flow opaque = {};
	struct resid_table table;
	struct blob blob;

	blob_new(test, &blob);
	KUNIT_ASSERT_STREQ(test, "", resid_table_open(&table, blob.data, blob.length) ?: "");
	KUNIT_EXPECT_EQ(test, resid_verdict_decide(&table, 1, 1, &smtp), 0);
	KUNIT_EXPECT_EQ(test, resid_verdict_decide(&table, 1, 0, &smtp), 1);
	KUNIT_EXPECT_EQ(test, resid_verdict_decide(&table, 2, 1, &https), 0);
	KUNIT_EXPECT_EQ(test, resid_verdict_decide(&table, 2, 1, &smtp), 1);
	KUNIT_EXPECT_EQ(test, resid_verdict_decide(&table, 2, 1, &ping), 1);
	/* in doubt the strictest of what it may have been */
	KUNIT_EXPECT_EQ(test, resid_verdict_decide(&table, 2, 1, &fragment), 1);
	KUNIT_EXPECT_EQ(test, resid_verdict_decide(&table, 2, 1, &opaque), 1);
	/* an undeclared class is judged as class 0 */
	KUNIT_EXPECT_EQ(test, resid_verdict_decide(&table, 200, 1, &https), 1);

	/* doubt never makes it milder: allow by port first, drop for the rest, and the other way round */
	blob.step[0].rule = 2;
	blob.step[1].rule = 0;
	KUNIT_EXPECT_EQ(test, resid_verdict_decide(&table, 2, 1, &fragment), 2);
	KUNIT_EXPECT_EQ(test, resid_verdict_decide(&table, 2, 1, &smtp), 0);
	blob_free(&blob);
}

static void verdict_test_window(struct kunit *test)
{
	struct resid_step step = { .flags = RESID_STEP_F_TIME, .from = 100, .until = 200 };
	struct resid_flow flow = {};

	flow.now = 99;
	KUNIT_EXPECT_EQ(test, (int)resid_verdict_match(&step, &flow), RESID_MATCH_NO);
	flow.now = 100;
	KUNIT_EXPECT_EQ(test, (int)resid_verdict_match(&step, &flow), RESID_MATCH_YES);
	flow.now = 199;
	KUNIT_EXPECT_EQ(test, (int)resid_verdict_match(&step, &flow), RESID_MATCH_YES);
	flow.now = 200;
	KUNIT_EXPECT_EQ(test, (int)resid_verdict_match(&step, &flow), RESID_MATCH_NO);

	step.flags = RESID_STEP_F_REPLY;
	KUNIT_EXPECT_EQ(test, (int)resid_verdict_match(&step, &flow), RESID_MATCH_MAYBE);
	flow.direction = RESID_DIR_REPLY;
	KUNIT_EXPECT_EQ(test, (int)resid_verdict_match(&step, &flow), RESID_MATCH_YES);
	flow.direction = RESID_DIR_ORIGINAL;
	KUNIT_EXPECT_EQ(test, (int)resid_verdict_match(&step, &flow), RESID_MATCH_NO);
}

static struct kunit_case verdict_cases[] = {
	KUNIT_CASE(verdict_test_decide),
	KUNIT_CASE(verdict_test_window),
	{}
};

static struct kunit_suite verdict_suite = {
	.name = "resid_verdict",
	.test_cases = verdict_cases,
};
