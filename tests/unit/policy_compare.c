// SPDX-License-Identifier: Apache-2.0
/*
 * What two policies say differently. Each edit of one key is told in one sentence; and every field that a policy is
 * described by is told by some edit here, so that a new one without a sentence of its own fails.
 */
#include "support.h"

#include "policy/compare.h"
#include "util/intern.h"
#include "util/memory.h"

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

#define BASE \
	"resid: 1\n" \
	"home: EU\n" \
	"classes:\n" \
	"  web: {id: 1, default: allow}\n" \
	"  health: {id: 4, default: reject, mode: enforcing, on_unknown: reject, on_stale: keep, on_loss: count}\n" \
	"unlabelled: health\n" \
	"kernel: health\n" \
	"assign:\n" \
	"  - {class: health, target: \"unit:a.service\"}\n" \
	"local: [10.0.0.0/8, 192.168.0.0/16]\n" \
	"nat64: [\"2001:db8:64::/96\"]\n" \
	"non_ip: drop\n" \
	"unparsable: drop\n" \
	"bootstrap: [203.0.113.53]\n" \
	"sets:\n" \
	"  near: [FR, BE]\n" \
	"sources:\n" \
	"  geoip: {path: /data/geoip, max_age: 90d, max_shrink: 10%, max_unknown: 5%}\n" \
	"  feed:\n" \
	"    aws: {path: /data/aws.json, date: 2026-11-16}\n" \
	"  rir: /data/rir\n" \
	"  overrides:\n" \
	"    - {prefix: 198.51.100.0/24, location: FR, control: [FR], reason: r}\n" \
	"max_exception: 31d\n" \
	"exceptions:\n" \
	"  - id: trial\n" \
	"    class: health\n" \
	"    prefix: 3.0.0.0/24\n" \
	"    from: 2031-11-01T00:00:00Z\n" \
	"    until: 2031-11-30T00:00:00Z\n" \
	"    owner: Operations\n" \
	"    ticket: CHG-1\n" \
	"    justification: a trial\n" \
	"    reason: the trial\n" \
	"rules:\n" \
	"  - id: out\n" \
	"    class: health\n" \
	"    location: [FR, DE]\n" \
	"    control: {subset of: [FR, DE]}\n" \
	"    operator: aws\n" \
	"    min_tier: holder\n" \
	"    prefix: 2.0.0.0/16\n" \
	"    proto: tcp\n" \
	"    port: [443, 8000-8099]\n" \
	"    direction: original\n" \
	"    verdict: audit\n" \
	"    reason: a reason\n" \
	"    clause: 1.2\n" \
	"    justification: a contract\n"

static const struct edit {
	const char *from, *to, *told;
} edits[] = {
	{ "home: EU", "home: FR", "policy: home: no longer " },
	{ "web: {id: 1", "web: {id: 2", "class web: id: 1 -> 2" },
	{ "web: {id: 1, default: allow", "web: {id: 1, default: audit", "class web: default: allow -> audit" },
	{ "mode: enforcing", "mode: permissive", "class health: mode: enforcing -> permissive" },
	{ "on_unknown: reject", "on_unknown: drop", "class health: on_unknown: reject -> drop" },
	{ "on_stale: keep", "on_stale: drop", "class health: on_stale: keep -> drop" },
	{ "on_loss: count", "on_loss: deny", "class health: on_loss: count -> deny" },
	{ "web: {id: 1", "new: {id: 9, default: drop}\n  web: {id: 1", "class new is new" },
	{ "unlabelled: health", "unlabelled: web", "policy: unlabelled: health -> web" },
	{ "kernel: health", "kernel: web", "policy: kernel: health -> web" },
	{ "class: health, target", "class: web, target", "assignment unit:a.service: class: health -> web" },
	{ "unit:a.service", "unit:b.service", "assignment unit:a.service is no more" },
	{ "local: [10.0.0.0/8, ", "local: [172.16.0.0/12, ", "policy: local: no longer 10.0.0.0/8; now also 172.16.0.0/12" },
	{ "local: [10.0.0.0/8, ", "local: [", "policy: local: no longer 10.0.0.0/8" },
	{ "2001:db8:64::/96", "2001:db8:65::/96", "policy: nat64: no longer 2001:db8:64::/96; now also 2001:db8:65::/96" },
	{ "non_ip: drop", "non_ip: audit", "policy: non_ip: drop -> audit" },
	{ "unparsable: drop", "unparsable: reject", "policy: unparsable: drop -> reject" },
	{ "203.0.113.53]", "203.0.113.53, 203.0.113.54]", "rule bootstrap: prefix: now also 203.0.113.54/32" },
	{ "bootstrap: [203.0.113.53]\n", "", "rule bootstrap is no more" },
	{ "near: [FR, BE]", "near: [FR, LU]", "set near: members: no longer BE; now also LU" },
	{ "near: [", "far: [", "set near is no more" },
	{ "/data/geoip,", "/data/geoip2,", "source geoip: path: /data/geoip -> /data/geoip2" },
	{ "max_age: 90d", "max_age: 91d", "source geoip: max_age: 90d -> 91d" },
	{ "max_shrink: 10%", "max_shrink: 12.5%", "source geoip: max_shrink: 10.0% -> 12.5%" },
	{ "max_unknown: 5%", "max_unknown: 6%", "source geoip: max_unknown: 5.0% -> 6.0%" },
	{ "max_unknown: 5%", "max_unknown: 5%, max_bad: 2%", "source geoip: max_bad: " },
	{ "2026-11-16}", "2026-11-17}", "source feed aws: date: 2026-11-16 -> 2026-11-17" },
	{ "aws: {path", "azure: {path", "source feed aws is no more" },
	{ "/data/rir\n", "{path: /data/rir, sha256: " SHA "}\n", "source rir: sha256: not said -> " SHA },
	{ "location: FR, control", "location: DE, control", "override 198.51.100.0/24: location: FR -> DE" },
	{ "control: [FR], reason", "control: [FR, US], reason", "override 198.51.100.0/24: control: now also US" },
	{ "control: [FR], reason", "control: [FR], operator: ovh, reason", "override 198.51.100.0/24: operator: not said -> ovh" },
	{ "control: [FR], reason", "control: [FR], until: 2031-11-30T00:00:00Z, reason", "override 198.51.100.0/24: until: not said -> 2031-11-30T00:00:00Z" },
	{ "max_exception: 31d", "max_exception: 32d", "policy: max_exception: 31d -> 32d" },
	{ "2031-11-01T", "2031-11-02T", "exception trial: from: 2031-11-01T00:00:00Z -> 2031-11-02T00:00:00Z" },
	{ "2031-11-30T", "2031-11-29T", "exception trial: until: 2031-11-30T00:00:00Z -> 2031-11-29T00:00:00Z" },
	{ "Operations", "Sales", "exception trial: owner: Operations -> Sales" },
	{ "CHG-1", "CHG-2", "exception trial: ticket: CHG-1 -> CHG-2" },
	{ "location: [FR, DE]", "location: [FR, BE]", "rule out: location: no longer DE; now also BE" },
	{ "location: [FR, DE]", "location: [DE, FR]", NULL },
	{ "    class: health\n    location", "    class: [web, health]\n    location", "rule out: class: now also web" },
	{ "{subset of: [FR, DE]}", "{in: [FR, DE]}", "rule out: control: subset of -> in" },
	{ "{subset of: [FR, DE]}", "{subset of: [FR]}", "rule out: controllers: no longer DE" },
	{ "    min_tier", "    uncontradicted: true\n    min_tier", "rule out: uncontradicted: " },
	{ "    min_tier", "    registered: {in: FR}\n    min_tier", "rule out: registered: " },
	{ "operator: aws", "operator: {not in: aws}", "rule out: operator: no longer aws; now also not aws" },
	{ "min_tier: holder", "min_tier: feed", "rule out: min_tier: holder -> feed" },
	{ "2.0.0.0/16", "2.1.0.0/16", "rule out: prefix: no longer 2.0.0.0/16; now also 2.1.0.0/16" },
	{ "proto: tcp", "proto: udp", "rule out: proto: no longer tcp; now also udp" },
	{ "8000-8099", "8000-8098", "rule out: port: no longer 8000-8099; now also 8000-8098" },
	{ "direction: original", "direction: reply", "rule out: direction: original -> reply" },
	{ "verdict: audit", "verdict: allow", "rule out: verdict: audit -> allow" },
	{ "a reason", "another reason", "rule out: reason: a reason -> another reason" },
	{ "clause: 1.2", "clause: 1.3", "rule out: clause: 1.2 -> 1.3" },
	{ "a contract", "no contract", "rule out: justification: a contract -> no contract" },
	{ "id: out", "id: away", "rule away is new" },
	{ "home: EU\n", "# as before\nhome: EU\n", NULL },
};

struct told {
	char text[8192];
	struct intern *keys; /* "KIND KEY" */
};

static void told_change(void *context, const struct compare_change *change)
{
	_cleanup_free_ char *text = compare_text(change);
	_cleanup_free_ char *key = mem_format("%s %s", describe_kind_name(change->kind), change->key ? change->key : "");
	struct told *told = context;

	strncat(told->text, text, sizeof(told->text) - strlen(told->text) - 1);
	strncat(told->text, "\n", sizeof(told->text) - strlen(told->text) - 1);
	intern_put(told->keys, key, strlen(key));
}

static char *edited(const struct edit *edit)
{
	const char *at = strstr(BASE, edit->from);

	assert_non_null(at);
	return mem_format("%.*s%s%s", (int)(at - BASE), BASE, edit->to, at + strlen(edit->from));
}

static bool has_line(const char *text, const char *begin)
{
	size_t length = strlen(begin);

	for (; text && *text; text = strchr(text, '\n') + 1)
		if (!strncmp(text, begin, length))
			return true;
	return false;
}

static void missing_key(void *context, const struct describe_field *field)
{
	/* a file of the law has those, and a set of the policy's own has them empty */
	static const char *const of_files[] = { "set date", "set source", "set valid_until" };
	_cleanup_free_ char *key = mem_format("%s %s", describe_kind_name(field->kind), field->key);
	struct told *told = context;
	uint32_t known = intern_count(told->keys);

	/* an exception is a rule */
	if (field->kind == DESCRIBE_RULE || field->kind == DESCRIBE_EXCEPTION) {
		_cleanup_free_ char *rule = mem_format("rule %s", field->key);
		_cleanup_free_ char *other = mem_format("exception %s", field->key);

		if (intern_put(told->keys, rule, strlen(rule)) < known ||
		    intern_put(told->keys, other, strlen(other)) < known)
			return;
		fail_msg("no edit of a rule or an exception changes `%s`", field->key);
	}
	for (size_t i = 0; i < sizeof(of_files) / sizeof(of_files[0]); i++)
		if (!strcmp(key, of_files[i]))
			return;
	if (intern_put(told->keys, key, strlen(key)) >= known)
		fail_msg("no edit changes `%s`", key);
}

static void test_every_field(void **state)
{
	_cleanup_policy_ struct policy *old = support_policy(BASE);
	struct told all = { 0 };

	intern_new(&all.keys);
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		_cleanup_free_ char *text = edited(&edits[i]);
		_cleanup_policy_ struct policy *new = support_policy(text);

		*all.text = '\0';
		compare_policies(old, new, told_change, &all);
		if (edits[i].told ? !has_line(all.text, edits[i].told) : *all.text)
			fail_msg("%s -> %s: expected '%s', got '%s'", edits[i].from, edits[i].to,
				 edits[i].told ? edits[i].told : "nothing", all.text);
	}
	describe_policy(old, missing_key, &all);
	intern_free(all.keys);
}

/* One thing that is new is told once, whatever it says; and the other way round it is no more. */
static void test_once(void **state)
{
	static const struct edit edit = { "web: {id: 1", "new: {id: 9, default: drop}\n  web: {id: 1", "" };
	_cleanup_free_ char *text = edited(&edit);
	_cleanup_policy_ struct policy *old = support_policy(BASE), *new = support_policy(text);
	struct told told = { 0 };

	intern_new(&told.keys);
	compare_policies(old, new, told_change, &told);
	assert_string_equal(told.text, "class new is new\n");
	*told.text = '\0';
	compare_policies(new, old, told_change, &told);
	assert_string_equal(told.text, "class new is no more\n");
	*told.text = '\0';
	compare_policies(new, new, told_change, &told);
	assert_string_equal(told.text, "");
	intern_free(told.keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_field),
		cmocka_unit_test(test_once),
	};

	return cmocka_run_group_tests_name("policy_compare", tests, NULL, NULL);
}
