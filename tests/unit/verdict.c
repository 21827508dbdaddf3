// SPDX-License-Identifier: Apache-2.0
/* kmod/verdict.h on a table made by hand: chains, and packets that do not say. */
#include "support.h"

enum { ALLOW, AUDIT, REJECT, DROP };	/* rules, each with the verdict of its name */

static const struct resid_rule rules[] = {
	{ .verdict = RESID_V_ALLOW }, { .verdict = RESID_V_AUDIT }, { .verdict = RESID_V_REJECT },
	{ .verdict = RESID_V_DROP },
};

static const struct resid_step steps[] = {
	/* 0: tcp 443 allow, tcp audit, else reject */
	{ .flags = RESID_STEP_F_PROTO | RESID_STEP_F_PORT, .proto = 6, .port_first = 443, .port_last = 443,
	  .rule = ALLOW },
	{ .flags = RESID_STEP_F_PROTO, .proto = 6, .rule = AUDIT },
	{ .flags = RESID_STEP_F_LAST, .rule = REJECT },
	/* 3: any 53 drop, replies allow, else audit */
	{ .flags = RESID_STEP_F_PORT, .port_first = 53, .port_last = 60, .rule = DROP },
	{ .flags = RESID_STEP_F_REPLY, .rule = ALLOW },
	{ .flags = RESID_STEP_F_LAST, .rule = AUDIT },
	/* 6: from 100 to 200 allow, else reject */
	{ .flags = RESID_STEP_F_TIME, .from = 100, .until = 200, .rule = ALLOW },
	{ .flags = RESID_STEP_F_LAST, .rule = REJECT },
	/* 8: tcp drop, udp allow, else audit */
	{ .flags = RESID_STEP_F_PROTO, .proto = 6, .rule = DROP },
	{ .flags = RESID_STEP_F_PROTO, .proto = 17, .rule = ALLOW },
	{ .flags = RESID_STEP_F_LAST, .rule = AUDIT },
	/* 11: replies reject, else allow */
	{ .flags = RESID_STEP_F_REPLY, .rule = REJECT },
	{ .flags = RESID_STEP_F_LAST, .rule = ALLOW },
};

/* row 0: classes 0 and undeclared; row 1: class 9 */
static const uint16_t matrix[] = {
	DROP, RESID_CELL_CHAIN | 0, RESID_CELL_CHAIN | 3, RESID_CELL_CHAIN | 6, RESID_CELL_CHAIN | 8,
	RESID_CELL_CHAIN | 11,
	ALLOW, ALLOW, ALLOW, ALLOW, ALLOW, ALLOW,
};
static const struct resid_core core = { .row = { [9] = 1 }, .row_count = 2, .rule_count = 4, .group_count = 6 };
static const struct resid_table table = { .core = &core, .rule = rules, .step = steps, .matrix = matrix };

static uint16_t decide(unsigned int class, uint16_t group, struct resid_flow flow)
{
	return resid_verdict_decide(&table, (uint8_t)class, group, &flow);
}

#define TCP(port) ((struct resid_flow){ .proto = 6, .proto_known = true, .has_port = true, .dport = (port) })
#define UDP(port) ((struct resid_flow){ .proto = 17, .proto_known = true, .has_port = true, .dport = (port) })

static void test_cell(void **context)
{
	assert_int_equal(decide(0, 0, TCP(443)), DROP);
	assert_int_equal(decide(7, 0, TCP(443)), DROP);
	assert_int_equal(decide(9, 0, TCP(443)), ALLOW);
}

static void test_first_match(void **context)
{
	assert_int_equal(decide(0, 1, TCP(443)), ALLOW);
	assert_int_equal(decide(0, 1, TCP(442)), AUDIT);
	assert_int_equal(decide(0, 1, TCP(444)), AUDIT);
	assert_int_equal(decide(0, 1, UDP(443)), REJECT);
	assert_int_equal(decide(0, 2, UDP(53)), DROP);
	assert_int_equal(decide(0, 2, TCP(60)), DROP);
}

static void test_fragment(void **context)
{
	/* TCP without ports: 443 or not, so allow or audit; never reject */
	assert_int_equal(decide(0, 1, (struct resid_flow){ .proto = 6, .proto_known = true }), AUDIT);
	/* nothing known: the strictest of all ways */
	assert_int_equal(decide(0, 1, (struct resid_flow){ 0 }), REJECT);
	assert_int_equal(decide(0, 4, (struct resid_flow){ 0 }), DROP);
	/* ICMP has no ports, so a step with ports is no doubt */
	assert_int_equal(decide(0, 1, (struct resid_flow){ .proto = 1, .proto_known = true }), REJECT);
	assert_int_equal(decide(0, 2, (struct resid_flow){ .proto = 1, .proto_known = true,
							   .direction = RESID_DIR_REPLY }), ALLOW);
}

static void test_direction(void **context)
{
	struct resid_flow flow = TCP(80);

	flow.direction = RESID_DIR_REPLY;
	assert_int_equal(decide(0, 2, flow), ALLOW);
	flow.direction = RESID_DIR_ORIGINAL;
	assert_int_equal(decide(0, 2, flow), AUDIT);
	assert_int_equal(decide(0, 5, flow), ALLOW);
	flow.direction = RESID_DIR_UNKNOWN;
	assert_int_equal(decide(0, 2, flow), AUDIT);
	assert_int_equal(decide(0, 5, flow), REJECT);
}

static void test_time(void **context)
{
	assert_int_equal(decide(0, 3, (struct resid_flow){ .now = 99 }), REJECT);
	assert_int_equal(decide(0, 3, (struct resid_flow){ .now = 100 }), ALLOW);
	assert_int_equal(decide(0, 3, (struct resid_flow){ .now = 199 }), ALLOW);
	assert_int_equal(decide(0, 3, (struct resid_flow){ .now = 200 }), REJECT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cell),	  cmocka_unit_test(test_first_match), cmocka_unit_test(test_fragment),
		cmocka_unit_test(test_direction), cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
