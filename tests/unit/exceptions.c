// SPDX-License-Identifier: Apache-2.0
/* Exceptions, windows and `bootstrap`: what the kernel decides before, during and after, to the second. */
#include "support.h"

#include "util/rfc3339.h"

#define EXCEPTION(id, rest)                                                                                      \
	"  - {id: " id ", class: shut, owner: An Owner, ticket: T-7, justification: a trial, reason: r, " rest \
	", from: 2026-11-01T00:00:00+01:00, until: 2026-12-01T00:00:00Z}\n"
#define RULE(id, rest) "  - {id: " id ", " rest ", reason: r, justification: j}\n"

struct packet {
	unsigned int class_id;
	const char *address;
	uint8_t proto;
	uint16_t port;
	enum resid_direction direction;
};

static void assert_at(const struct snapshot *snapshot, const char *when, struct packet packet, const char *expected)
{
	struct resid_flow flow = { .proto = packet.proto, .proto_known = true, .has_port = packet.port,
				   .dport = packet.port, .direction = packet.direction };
	int64_t now;
	const char *id;

	assert_null(rfc3339_parse(when, &now));
	flow.now = now;
	id = support_rule_of(snapshot, packet.class_id, packet.address, &flow);
	if (strcmp(id, expected))
		fail_msg("class %u to %s port %u at %s: %s, not %s", packet.class_id, packet.address, packet.port, when, id,
			 expected);
}

static void test_exception(void **context)
{
	struct snapshot *snapshot = support_build(CLASSES "exceptions:\n" EXCEPTION("trial", "location: US, proto: tcp, port: 443")
						  "rules:\n" RULE("no-us", "location: US, verdict: drop")
						  RULE("fr", "location: FR, verdict: allow"));
	const struct packet web = { 2, "3.0.0.1", 6, 443, RESID_DIR_UNKNOWN };
	struct packet other = web;
	struct snapshot_rule rule = snapshot_rule_at(snapshot, 0);

	assert_at(snapshot, "2026-10-31T22:59:59Z", web, "no-us");
	assert_at(snapshot, "2026-10-31T23:00:00Z", web, "trial");
	assert_at(snapshot, "2026-11-30T23:59:59Z", web, "trial");
	assert_at(snapshot, "2026-12-01T00:00:00Z", web, "no-us");
	other.port = 80;
	assert_at(snapshot, "2026-11-15T00:00:00Z", other, "no-us");
	other = web;
	other.class_id = 1;
	assert_at(snapshot, "2026-11-15T00:00:00Z", other, "no-us");
	other = web;
	other.address = "2.0.0.1";
	assert_at(snapshot, "2026-11-15T00:00:00Z", other, "fr");
	assert_string_equal(rule.id, "trial");
	assert_int_equal(rule.verdict, RESID_V_AUDIT);
	assert_string_equal(rule.owner, "An Owner");
	assert_string_equal(rule.ticket, "T-7");
	assert_string_equal(rule.justification, "a trial");
	assert_int_equal(rule.until - rule.from, 30 * 86400 + 3600);
	rule = snapshot_rule_at(snapshot, 1);
	assert_string_equal(rule.owner, "");
	assert_true(rule.from == INT64_MIN && rule.until == INT64_MAX);
	snapshot_free(snapshot);
}

/* One destination, one port, two hours; the rest of the day it is as if it were not there. */
static void test_airlock(void **context)
{
	struct snapshot *snapshot = support_build(
		CLASSES "max_exception: 2h\nexceptions:\n"
			"  - {id: airlock, class: shut, prefix: 3.0.0.7, proto: tcp, port: 443, direction: original,\n"
			"     from: 2026-11-22T02:00:00+01:00, until: 2026-11-22T04:00:00+01:00, owner: Operations, ticket: CHG-42,\n"
			"     justification: updates of the platform, reason: the update window}\n");
	const struct packet update = { 2, "3.0.0.7", 6, 443, RESID_DIR_ORIGINAL };
	struct packet other;

	assert_at(snapshot, "2026-11-22T00:59:59Z", update, "default-shut");
	assert_at(snapshot, "2026-11-22T01:00:00Z", update, "airlock");
	assert_at(snapshot, "2026-11-22T02:59:59Z", update, "airlock");
	assert_at(snapshot, "2026-11-22T03:00:00Z", update, "default-shut");
	other = update;
	other.address = "3.0.0.8";
	assert_at(snapshot, "2026-11-22T02:00:00Z", other, "default-shut");
	other = update;
	other.direction = RESID_DIR_REPLY;
	assert_at(snapshot, "2026-11-22T02:00:00Z", other, "default-shut");
	/* nobody knows whether it is an answer: the stricter holds */
	other.direction = RESID_DIR_UNKNOWN;
	assert_at(snapshot, "2026-11-22T02:00:00Z", other, "default-shut");
	other = update;
	other.proto = 17;
	assert_at(snapshot, "2026-11-22T02:00:00Z", other, "default-shut");
	snapshot_free(snapshot);
}

/* Rules have windows as well, with either end open; the final rule behind them stays final. */
static void test_rule_windows(void **context)
{
	struct snapshot *snapshot = support_build(
		CLASSES "rules:\n"
		RULE("late", "class: shut, location: US, from: 2030-01-01T00:00:00Z, verdict: audit")
		RULE("early", "class: shut, location: US, until: 2020-01-01T00:00:00Z, verdict: drop")
		RULE("us", "class: shut, location: US, port: 22, verdict: allow"));
	const struct packet ssh = { 2, "3.0.0.1", 6, 22, RESID_DIR_UNKNOWN };

	assert_at(snapshot, "1970-01-01T00:00:00Z", ssh, "early");
	assert_at(snapshot, "2019-12-31T23:59:59Z", ssh, "early");
	assert_at(snapshot, "2020-01-01T00:00:00Z", ssh, "us");
	assert_at(snapshot, "2029-12-31T23:59:59Z", ssh, "us");
	assert_at(snapshot, "2030-01-01T00:00:00Z", ssh, "late");
	assert_at(snapshot, "9999-12-31T23:59:59Z", ssh, "late");
	snapshot_free(snapshot);
}

static void test_bootstrap(void **context)
{
	struct snapshot *snapshot = support_build(
		CLASSES "bootstrap: [3.0.0.53, '2b00::/64']\nexceptions:\n" EXCEPTION("trial", "location: US")
		"rules:\n" RULE("none", "verdict: drop"));
	unsigned int class_id;

	for (class_id = 0; class_id < 256; class_id++) {
		assert_at(snapshot, "2026-11-15T00:00:00Z", (struct packet){ class_id, "3.0.0.53", 17, 53, 0 }, "bootstrap");
		assert_at(snapshot, "2030-11-15T00:00:00Z", (struct packet){ class_id, "2b00::1", 17, 123, 0 }, "bootstrap");
	}
	assert_at(snapshot, "2026-11-15T00:00:00Z", (struct packet){ 2, "3.0.0.54", 17, 53, 0 }, "trial");
	assert_at(snapshot, "2026-12-15T00:00:00Z", (struct packet){ 2, "3.0.0.54", 17, 53, 0 }, "none");
	assert_int_equal(snapshot_rule_at(snapshot, 0).verdict, RESID_V_ALLOW);
	snapshot_free(snapshot);
}

/* To the second at which the data are too old: what they let go is judged by `on_stale`, and nothing else is. */
static void test_stale(void **context)
{
	static const char text[] =
		"resid: 1\nhome: EU\nclasses:\n  keep: {id: 1, default: allow, on_stale: keep}\n"
		"  shut: {id: 2, default: audit, on_stale: reject}\n  note: {id: 3, default: drop, on_stale: audit}\n"
		"exceptions:\n" EXCEPTION("trial", "location: US, port: 443")
		"rules:\n" RULE("host", "prefix: 2.0.0.9, verdict: allow") RULE("bad", "location: US, verdict: drop")
		RULE("ssh", "location: FR, proto: tcp, port: 22, verdict: allow")
		RULE("home", "location: [FR, local], verdict: allow");
	static const struct {
		struct packet packet;
		const char *fresh, *stale;
	} cases[] = {
		{ { 1, "2.0.0.1", 6, 80, 0 }, "home", "home" },
		{ { 2, "2.0.0.1", 6, 80, 0 }, "home", "stale-shut" },
		{ { 2, "2.0.0.1", 6, 22, 0 }, "ssh", "stale-shut" },
		{ { 3, "2.0.0.1", 6, 22, 0 }, "ssh", "stale-note" },
		{ { 3, "2.0.0.1", 6, 80, 0 }, "home", "stale-note" },
		{ { 2, "2.0.0.9", 6, 80, 0 }, "host", "host" },		/* a prefix is no datum */
		{ { 2, "10.0.0.1", 6, 80, 0 }, "home", "home" },	/* nor is a local network */
		{ { 2, "3.0.0.1", 6, 80, 0 }, "bad", "bad" },		/* refusals stay */
		{ { 2, "3.0.0.1", 6, 443, 0 }, "trial", "stale-shut" },	/* an exception rests on data as well */
		{ { 2, "4.0.0.1", 6, 80, 0 }, "default-shut", "default-shut" },
		{ { 3, "4.0.0.1", 6, 80, 0 }, "default-note", "default-note" },
	};
	int64_t stale_at;
	struct snapshot *aging, *fresh = support_build(text);
	size_t i;

	assert_null(rfc3339_parse("2026-11-15T12:00:00Z", &stale_at));
	aging = support_build_aging(text, WORLD4, WORLD6, stale_at);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_at(aging, "2026-11-15T11:59:59Z", cases[i].packet, cases[i].fresh);
		assert_at(aging, "2026-11-15T12:00:00Z", cases[i].packet, cases[i].stale);
		assert_at(fresh, "2026-11-15T12:00:00Z", cases[i].packet, cases[i].fresh);
	}
	/* the exception ends in its own time all the same, and a port that is hidden is a doubt within its time only */
	assert_at(aging, "2026-12-15T12:00:00Z", cases[8].packet, "bad");
	assert_at(aging, "2026-10-15T12:00:00Z", cases[8].packet, "bad");
	snapshot_free(aging);
	snapshot_free(fresh);
}

struct warnings {
	size_t count;
	char last[1024];
};

static void note_warning(void *context, const char *text)
{
	struct warnings *warnings = context;

	warnings->count++;
	snprintf(warnings->last, sizeof(warnings->last), "%s", text);
}

static void assert_warning(const char *text, const char *now, const char *expected)
{
	struct warnings warnings = { 0 };
	struct policy_options options = { .sets = "/nonexistent", .warn = note_warning, .context = &warnings };
	_cleanup_policy_ struct policy *policy = NULL;
	struct resid_error err;

	assert_null(rfc3339_parse(now, &options.now));
	if (policy_parse("p.yaml", text, strlen(text), &options, &policy, &err))
		fail_msg("%s", err.text);
	assert_int_equal(warnings.count, expected ? 1 : 0);
	if (expected)
		assert_string_equal(warnings.last, expected);
}

/* What has ended is warned of, what has not begun is fine; an exception contradicts no rule, it is there for that. */
static void test_warnings(void **context)
{
	static const char text[] = CLASSES "exceptions:\n" EXCEPTION("trial", "location: US") "rules:\n"
		RULE("no-us", "location: US, verdict: drop");
	static const char window[] = CLASSES "rules:\n" RULE("old", "location: US, until: 2020-01-01T00:00:00Z, verdict: drop");

	assert_warning(text, "2026-10-01T00:00:00Z", NULL);
	assert_warning(text, "2026-11-30T23:59:59Z", NULL);
	assert_warning(text, "2026-12-01T00:00:00Z",
		       "p.yaml:7:5: exception 'trial' ended on 2026-12-01T00:00:00Z and does nothing any more; take it out");
	assert_warning(window, "2019-12-31T23:59:59Z", NULL);
	assert_warning(window, "2020-01-01T00:00:00Z",
		       "p.yaml:7:5: rule 'old' ended on 2020-01-01T00:00:00Z and does nothing any more; take it out");
}

/* The longest that is allowed is allowed. */
static void test_lengths(void **context)
{
	static const char *const longest[] = { "90d", "2160h", "129600m" };
	size_t i;

	for (i = 0; i < sizeof(longest) / sizeof(longest[0]); i++) {
		char text[1024];
		_cleanup_policy_ struct policy *policy = NULL;

		snprintf(text, sizeof(text), CLASSES "max_exception: %s\nexceptions:\n"
			 "  - {id: e, class: shut, location: US, owner: o, ticket: t, justification: j, reason: r,\n"
			 "     from: 2026-01-01T00:00:00Z, until: 2026-04-01T00:00:00Z}\n", longest[i]);
		policy = support_policy(text);
		assert_int_equal(policy->max_exception, 90 * 86400);
		assert_true(policy->rule[0].exception);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exception),
		cmocka_unit_test(test_airlock),
		cmocka_unit_test(test_rule_windows),
		cmocka_unit_test(test_bootstrap),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
