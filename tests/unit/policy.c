// SPDX-License-Identifier: Apache-2.0
/* The policy reader: what it refuses and where, what it warns of, what it makes of what it accepts. */
#include "support.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/file.h"
#include "util/memory.h"

#define BAD_FOLDER "tests/unit/bad-policies"

static int is_policy(const struct dirent *entry)
{
	return strlen(entry->d_name) > 5 && !strcmp(entry->d_name + strlen(entry->d_name) - 5, ".yaml");
}

/* The second line of each file is a comment that says "LINE:COLUMN: sentence", or "FILE:LINE:..." of one it includes. */
static void test_bad_policies(void **context)
{
	struct dirent **entry;
	int count = scandir(BAD_FOLDER, &entry, is_policy, alphasort), i;

	assert_true(count >= 100);
	for (i = 0; i < count; i++) {
		_cleanup_free_ char *path = mem_format("%s/%s", BAD_FOLDER, entry[i]->d_name);
		_cleanup_free_ char *text = NULL, *expected = NULL;
		struct policy *policy = NULL;
		struct resid_error err = { 0 };
		const char *line;
		size_t length;

		assert_int_equal(file_read(path, YAML_SIZE_MAX, &text, &length, &err), 0);
		line = strchr(text, '\n') + 3;
		expected = mem_format("%s%s%.*s", *line == 't' ? "" : path, *line == 't' ? "" : ":",
				      (int)strcspn(line, "\n"), line);
		if (!policy_read(path, &support_options, &policy, &err))
			fail_msg("%s was accepted", path);
		assert_null(policy);
		assert_int_equal(err.status, RESID_EXIT_INPUT);
		if (strcmp(err.text, expected))
			fail_msg("expected '%s'\n     got '%s'", expected, err.text);
		free(entry[i]);
	}
	free(entry);
}

static void refuse_bytes(const char *text, size_t length, const char *expected)
{
	struct policy *policy = NULL;
	struct resid_error err = { 0 };

	assert_int_equal(policy_parse("p.yaml", text, length, &support_options, &policy, &err), -1);
	assert_int_equal(err.status, RESID_EXIT_INPUT);
	if (strncmp(err.text, expected, strlen(expected)))
		fail_msg("expected '%s', got '%s'", expected, err.text);
}

/* Bytes that no editor would save. */
static void test_bad_bytes(void **context)
{
	size_t length = YAML_SIZE_MAX + 1;
	_cleanup_free_ char *long_text = mem_zero(length, 1);

	memset(long_text, '\n', length);
	refuse_bytes(long_text, length, "p.yaml: is longer than 1048576 bytes");
	refuse_bytes("", 0, "p.yaml:1:1: the file is empty");
	refuse_bytes("# nothing\n", 10, "p.yaml:1:1: the file is empty");
	refuse_bytes("resid: 1\0\n", 10, "p.yaml:1:1: not UTF-8 text");
	refuse_bytes("home: \"\\0EU\"\n", 13, "p.yaml:1:7: text with a zero byte in it");
	refuse_bytes("home: \xff\xfe\n", 9, "p.yaml:1:1: not UTF-8 text");
	refuse_bytes("\xff\xfeh\0", 4, "p.yaml:1:1: ");
}

static void test_unreadable(void **context)
{
	struct policy *policy = NULL;
	struct resid_error err = { 0 };

	assert_int_equal(policy_read("/nonexistent/p.yaml", &support_options, &policy, &err), -1);
	assert_string_equal(err.text, "/nonexistent/p.yaml: cannot be opened: No such file or directory");
	assert_int_equal(err.status, RESID_EXIT_INPUT);
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

static bool rule_has(const struct policy_rule *rule, const char *location)
{
	int found = location_find(location);

	assert_true(found >= 0);
	return rule->any_location || location_set_has(&rule->locations, (unsigned int)found);
}

/* YAML 1.1 reads NO as false. */
static void test_no_is_norway(void **context)
{
	_cleanup_policy_ struct policy *policy = support_policy(
		CLASSES "sets:\n  north: [NO, SE]\n"
			"rules:\n  - {id: a, class: shut, location: [NO], verdict: allow, reason: no, justification: j}\n"
			"  - {id: b, class: open, location: north, verdict: reject, reason: r}\n");

	assert_true(rule_has(&policy->rule[0], "NO"));
	assert_false(rule_has(&policy->rule[0], "SE"));
	assert_true(rule_has(&policy->rule[1], "NO"));
	assert_string_equal(policy->rule[0].reason, "no");
}

static void test_sets(void **context)
{
	_cleanup_policy_ struct policy *policy = support_policy(
		CLASSES "rules:\n  - {id: a, class: shut, location: EU, verdict: allow, reason: r}\n"
			"  - {id: b, class: open, location: EEA, verdict: reject, reason: r}\n");
	unsigned int location, eu = 0, eea = 0;

	for (location = 0; location < LOCATION_COUNT; location++) {
		eu += location_set_has(&policy->rule[0].locations, location);
		eea += location_set_has(&policy->rule[1].locations, location);
	}
	/* with the outermost regions and Åland, which have codes of their own */
	assert_int_equal(eu, 27 + 7);
	assert_int_equal(eea, 30 + 7);
	assert_true(rule_has(&policy->rule[0], "RE"));
	assert_true(rule_has(&policy->rule[1], "AX"));
	assert_false(rule_has(&policy->rule[0], "NC"));
	assert_false(rule_has(&policy->rule[1], "SJ"));
	assert_false(rule_has(&policy->rule[0], "region-EU"));
	assert_false(rule_has(&policy->rule[0], "GB"));
	assert_false(rule_has(&policy->rule[0], "NO"));
	assert_true(rule_has(&policy->rule[1], "NO"));
	assert_false(rule_has(&policy->rule[1], "CH"));
	assert_string_equal(policy->set[0].name, "EU");
	assert_string_equal(policy->set[0].date, "2020-02-01");
}

static void write_text(const char *folder, const char *name, const char *text)
{
	_cleanup_free_ char *path = mem_format("%s/%s", folder, name);
	struct resid_error err = { 0 };

	assert_int_equal(file_write(path, text, strlen(text), 0644, FILE_OWN_GROUP, &err), 0);
}

static void read_with_sets(const char *folder, const char *expected)
{
	static const char text[] =
		CLASSES "rules:\n  - {id: a, class: shut, location: EU, verdict: allow, reason: r}\n";
	const struct policy_options options = { .sets = folder };
	_cleanup_policy_ struct policy *policy = NULL;
	struct resid_error err = { 0 };
	int status = policy_parse("p.yaml", text, sizeof(text) - 1, &options, &policy, &err);

	if (expected) {
		assert_int_equal(status, -1);
		if (!strstr(err.text, expected))
			fail_msg("expected '%s' in '%s'", expected, err.text);
		return;
	}
	assert_int_equal(status, 0);
	assert_true(rule_has(&policy->rule[0], "FR"));
	assert_false(rule_has(&policy->rule[0], "DE"));
	assert_string_equal(policy->set[0].date, "2031-01-01");
}

/* A file in the folder comes before the embedded set, and is checked like a policy. */
static void test_set_files(void **context)
{
	char folder[] = "/tmp/resid-sets-XXXXXX";
	_cleanup_free_ char *path = NULL;

	assert_non_null(mkdtemp(folder));
	path = mem_format("%s/EU.yaml", folder);
	write_text(folder, "EU.yaml", "set: EU\ndate: 2031-01-01\nsource: s\nmembers: [FR]\n");
	read_with_sets(folder, NULL);
	write_text(folder, "EU.yaml", "set: EEA\ndate: 2031-01-01\nsource: s\nmembers: [FR]\n");
	read_with_sets(folder, "/EU.yaml:1:6: set 'EEA' in a file that is named after the set 'EU'");
	write_text(folder, "EU.yaml", "set: EU\ndate: 2031-13-01\nsource: s\nmembers: [FR]\n");
	read_with_sets(folder, "/EU.yaml:2:7: date '2031-13-01' must be a day, written YYYY-MM-DD");
	write_text(folder, "EU.yaml", "set: EU\ndate: 2031-01-01\nvalid_until: 2031-06-31\nsource: s\nmembers: [FR]\n");
	read_with_sets(folder, "/EU.yaml:3:14: `valid_until` '2031-06-31' must be a day, written YYYY-MM-DD");
	write_text(folder, "EU.yaml", "set: EU\nsource: s\nmembers: [FR]\n");
	read_with_sets(folder, "/EU.yaml:1:1: key 'date' is missing here");
	write_text(folder, "EU.yaml", "set: EU\ndate: 2031-01-01\nsource: s\nmembers: [UK]\n");
	read_with_sets(folder, "/EU.yaml:4:11: unknown country 'UK'; write GB for United Kingdom");
	write_text(folder, "EU.yaml", "set: EU\ndate: 2031-01-01\nsource: s\nmembers: []\n");
	read_with_sets(folder, "/EU.yaml:4:10: set 'EU' has no members");
	unlink(path);
	rmdir(folder);
}

/* The adequacy decisions are a set like the others, which ends with the first of them that ends. */
static void test_adequacy(void **context)
{
	static const char text[] = CLASSES "rules:\n  - {id: a, class: shut, location: adequacy, verdict: audit, reason: r}\n";
	struct warnings warnings = { 0 };
	struct policy_options options = { "/nonexistent", 1956182399, note_warning, &warnings };
	struct policy *policy = NULL;
	struct resid_error err;

	assert_int_equal(policy_parse("p.yaml", text, strlen(text), &options, &policy, &err), 0);
	assert_int_equal(warnings.count, 0);
	assert_true(rule_has(&policy->rule[0], "CH"));
	assert_true(rule_has(&policy->rule[0], "GB"));
	assert_false(rule_has(&policy->rule[0], "US"));
	assert_false(rule_has(&policy->rule[0], "FR"));
	policy_free(policy);
	options.now++;	/* 2031-12-28 */
	assert_int_equal(policy_parse("p.yaml", text, strlen(text), &options, &policy, &err), 0);
	policy_free(policy);
	assert_int_equal(warnings.count, 1);
	assert_string_equal(warnings.last, "adequacy.yaml:16:14: set 'adequacy' was valid until 2031-12-27; see what the law says "
					   "now, and put a newer file into /etc/resid/sets");
}

/* `not in` matches countries; what is none is matched by name, or the geographic part of it with `unknown: true`. */
static void test_not_in(void **context)
{
	_cleanup_policy_ struct policy *policy = support_policy(
		CLASSES "rules:\n  - {id: a, class: shut, location: {not in: [EU, US]}, verdict: allow, reason: r, justification: j}\n"
			"  - {id: b, class: open, location: {not in: [EU, CS], unknown: true}, verdict: audit, reason: r}\n");
	static const char *const never[] = { "local", "link", "special", "multicast", "metadata", "translated" };
	static const char *const vague[] = { "unknown", "region-EU", "region-AP", "AN" };
	size_t i;

	assert_true(rule_has(&policy->rule[0], "CH"));
	assert_false(rule_has(&policy->rule[0], "US"));
	assert_false(rule_has(&policy->rule[0], "FR"));
	assert_true(rule_has(&policy->rule[1], "US"));
	assert_false(rule_has(&policy->rule[1], "CS"));
	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		assert_false(rule_has(&policy->rule[0], never[i]));
		assert_false(rule_has(&policy->rule[1], never[i]));
	}
	for (i = 0; i < sizeof(vague) / sizeof(vague[0]); i++) {
		assert_false(rule_has(&policy->rule[0], vague[i]));
		assert_true(rule_has(&policy->rule[1], vague[i]));
	}
}

static void test_defaults(void **context)
{
	_cleanup_policy_ struct policy *policy = support_policy(
		"resid: 1\nhome: FR\nclasses:\n  a: {id: 9, default: drop}\n  b: {id: 8, default: drop}\n"
		"  c: {id: 7, default: allow, mode: permissive}\n");

	assert_string_equal(policy->class[policy->unlabelled].name, "b");
	assert_int_equal(policy->kernel, policy->unlabelled);
	assert_int_equal(policy->non_ip, RESID_V_DROP);
	assert_int_equal(policy->unparsable, RESID_V_DROP);
	assert_int_equal(policy->local_count, 4);
	assert_int_equal(policy->nat64_count, 0);
	assert_true(policy->class[2].permissive);
	assert_false(policy->class[0].permissive);
}

/* A range of one port, a tenth of a per cent. */
static void test_numbers(void **context)
{
	_cleanup_policy_ struct policy *policy = support_policy(
		CLASSES "sources: {geoip: {max_shrink: 2.5%, max_unknown: 7%}}\n"
			"rules:\n  - {id: a, class: open, proto: tcp, port: 443-443, verdict: drop, reason: r}\n");

	assert_int_equal(policy->rule[0].ports[0].first, 443);
	assert_int_equal(policy->rule[0].ports[0].last, 443);
	assert_int_equal(policy->sources.geoip4.guard.max_shrink, 25);
	assert_int_equal(policy->sources.geoip4.guard.max_unknown, 70);
	assert_int_equal(policy->sources.geoip6.guard.max_shrink, 200);
}

static size_t count_warnings(const char *text, const char *expected)
{
	_cleanup_policy_ struct policy *policy = NULL;
	struct warnings warnings = { 0 };
	const struct policy_options options = { .sets = "/nonexistent", .warn = note_warning, .context = &warnings };
	struct resid_error err = { 0 };

	if (policy_parse("p.yaml", text, strlen(text), &options, &policy, &err))
		fail_msg("%s", err.text);
	if (expected && strcmp(warnings.last, expected))
		fail_msg("expected '%s', got '%s'", expected, warnings.last);
	return warnings.count;
}

#define RULE(id, rest) "  - {id: " id ", " rest ", reason: r, justification: j}\n"

static void test_warnings(void **context)
{
	assert_int_equal(count_warnings(CLASSES "rules:\n" RULE("a", "location: EU, verdict: allow")
						RULE("b", "location: [FR, US], verdict: reject"),
					"p.yaml:8:5: rule 'b' is partly shadowed by 'a' in line 7, which decides otherwise; "
					"the earlier one wins where both match"),
			 1);
	/* the same verdict contradicts nothing */
	assert_int_equal(count_warnings(CLASSES "rules:\n" RULE("a", "location: EU, verdict: allow")
					RULE("b", "location: [FR, US], verdict: allow"), NULL), 0);
	/* nor do rules that never meet: class, location, prefix, protocol, port */
	assert_int_equal(count_warnings(CLASSES "rules:\n" RULE("a", "class: open, location: EU, verdict: audit")
					RULE("b", "class: shut, location: EU, verdict: allow"), NULL), 0);
	assert_int_equal(count_warnings(CLASSES "rules:\n" RULE("a", "prefix: 2.0.0.0/25, verdict: audit")
					RULE("b", "prefix: 2.0.0.128/25, verdict: allow"), NULL), 0);
	assert_int_equal(count_warnings(CLASSES "rules:\n" RULE("a", "proto: tcp, port: 1-10, verdict: audit")
					RULE("b", "proto: tcp, port: 11, verdict: allow")
					RULE("c", "proto: udp, port: 5, verdict: allow"), NULL), 0);
	assert_int_equal(count_warnings(CLASSES "rules:\n" RULE("a", "port: 53, verdict: audit")
					RULE("b", "proto: [icmp, tcp], verdict: allow"), NULL), 1);
}

#define BY_OPERATOR \
	"rules:\n" RULE("a", "operator: {not in: [aws]}, verdict: allow") RULE("b", "operator: aws, verdict: allow") \
		RULE("c", "min_tier: override, verdict: audit")

/* Nearly taken is not taken. */
static void test_reachable(void **context)
{
	count_warnings(CLASSES "rules:\n" RULE("a", "location: EU, verdict: allow")
		       RULE("b", "location: [LI, NO], verdict: allow") RULE("c", "location: EEA, verdict: allow"), NULL);
	count_warnings(CLASSES "rules:\n" RULE("a", "prefix: 2.0.0.0/25, verdict: allow")
		       RULE("b", "prefix: [2.0.0.128/26, 2.0.0.192/27], verdict: allow")
		       RULE("c", "prefix: 2.0.0.0/24, verdict: allow"), NULL);
	count_warnings(CLASSES "rules:\n" RULE("a", "proto: tcp, port: 0-65534, verdict: allow")
		       RULE("b", "proto: tcp, verdict: allow"), NULL);
	/* icmp has no ports */
	count_warnings(CLASSES "rules:\n" RULE("a", "port: 0-65535, verdict: allow")
		       RULE("b", "proto: icmp, verdict: allow") RULE("c", "verdict: allow"), NULL);
	/* each tier by itself, and who controls what nobody can place */
	count_warnings(CLASSES "rules:\n" RULE("a", "min_tier: override, verdict: audit") RULE("b", "min_tier: prefix, verdict: audit")
		       RULE("f", "min_tier: feed, verdict: audit") RULE("c", "min_tier: operator, verdict: audit") RULE("d", "min_tier: holder, verdict: audit")
		       RULE("g", "control: {in: unknown}, verdict: audit"), NULL);
	/* of the registries' prefixes what an override places is somewhere */
	count_warnings(CLASSES "sources: {overrides: [{prefix: 198.51.100.0/25, location: FR, reason: r}]}\n"
			       "rules:\n" RULE("a", "prefix: 198.51.100.0/24, location: FR, verdict: audit"), NULL);
	/* an override need not name an operator, and then none is known */
	count_warnings(CLASSES "sources: {overrides: [{prefix: 2.0.0.0/24, control: US, reason: r}]}\n" BY_OPERATOR, NULL);
}

/* What is allowed is not taken from those behind it where the evidence is stale, or speaks against it. */
static void test_burden_leaves(void **context)
{
	count_warnings(CLASSES "rules:\n" RULE("sure", "location: EU, control: {subset of: EU}, min_tier: feed, uncontradicted: true, verdict: allow")
			       RULE("less", "location: EU, control: {subset of: EU}, min_tier: feed, verdict: audit")
				       RULE("least", "location: EU, control: {subset of: EU}, min_tier: operator, verdict: audit")
					       RULE("none", "location: EU, control: {subset of: EU}, verdict: reject")
						       RULE("registered", "registered: {in: US}, verdict: drop")
							       RULE("nowhere", "registered: {in: unknown}, location: anycast, verdict: drop"),
		       NULL);
}

/* A country is its legal territory wherever it is named. */
static void test_territories(void **context)
{
	_cleanup_policy_ struct policy *policy = support_policy(
		"resid: 1\nhome: FR\nclasses: {shut: {id: 1, default: reject}}\nsets: {own: [US, CH]}\nrules:\n"
		RULE("a", "location: $home, verdict: allow") RULE("c", "location: own, verdict: drop")
		RULE("d", "location: GB, verdict: reject") RULE("b", "location: {not in: [CN]}, verdict: audit")
		RULE("e", "control: {in: US}, verdict: reject"));

	assert_true(rule_has(&policy->rule[0], "RE"));
	assert_false(rule_has(&policy->rule[0], "NC"));
	assert_true(rule_has(&policy->rule[1], "PR"));
	assert_false(rule_has(&policy->rule[2], "JE"));
	assert_false(rule_has(&policy->rule[3], "HK"));
	assert_true(rule_has(&policy->rule[3], "TW"));
	assert_true(location_set_has(&policy->rule[4].controllers, (unsigned int)location_find("GU")));
}

/* What is sound and yet not what somebody would want. */
static void test_weak_allows(void **context)
{
	assert_int_equal(count_warnings(CLASSES "rules:\n" RULE("a", "control: {subset of: EU}, verdict: allow"),
					"p.yaml:7:5: rule 'a' lets go by who controls a place and does not say on what evidence: "
					"`min_tier` is operator"), 1);
	assert_int_equal(count_warnings(CLASSES "rules:\n" RULE("a", "control: {in: EU}, min_tier: feed, verdict: allow"),
					"p.yaml:7:5: rule 'a' allows by `control: {in: ...}`, which more evidence can loosen; "
					"an allow says {subset of: ...}"), 1);
	assert_int_equal(count_warnings(CLASSES "rules:\n" RULE("a", "registered: {subset of: EU}, verdict: allow"),
					"p.yaml:7:5: rule 'a' allows by where a holder is registered, which says nothing of who "
					"controls it"), 1);
	assert_int_equal(count_warnings(CLASSES "rules:\n" RULE("a", "control: {in: EU}, verdict: reject"), NULL), 0);
}

/* What only an override can say needs one. */
static void test_unreachable_operator(void **context)
{
	static const char text[] =
		CLASSES "sources: {overrides: [{prefix: 2.0.0.0/24, operator: aws, control: FR, reason: r}]}\n" BY_OPERATOR;

	refuse_bytes(text, sizeof(text) - 1, "p.yaml:10:5: rule 'c' is unreachable: everything that it matches is taken by 'a' "
					     "in line 8 and by others before it");
}

static void test_examples(void **context)
{
	static const char *const path[] = { "policy/grammar.yaml", "policy/default.yaml" };
	size_t i;

	for (i = 0; i < 2; i++) {
		_cleanup_policy_ struct policy *policy = NULL;
		struct warnings warnings = { 0 };
		const struct policy_options options = { .sets = "/nonexistent", .warn = note_warning,
							.context = &warnings };
		struct resid_error err = { 0 };

		if (policy_read(path[i], &options, &policy, &err))
			fail_msg("%s", err.text);
		assert_int_equal(warnings.count, 0);
		assert_true(policy->rule_count >= 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_policies),
		cmocka_unit_test(test_bad_bytes),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_no_is_norway),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_set_files),
		cmocka_unit_test(test_adequacy),
		cmocka_unit_test(test_not_in),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_reachable),
		cmocka_unit_test(test_burden_leaves),
		cmocka_unit_test(test_territories),
		cmocka_unit_test(test_weak_allows),
		cmocka_unit_test(test_unreachable_operator),
		cmocka_unit_test(test_examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
