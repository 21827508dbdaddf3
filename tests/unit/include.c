// SPDX-License-Identifier: Apache-2.0
/* `include` and `$home`: what is spliced where, which file is meant, and that a policy's text is complete. */
#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

#include "util/file.h"
#include "util/memory.h"

static char folder[] = "/tmp/resid-include-XXXXXX";

static int move_folder(const char *variable, const char *name)
{
	_cleanup_free_ char *path = mem_format("%s/%s", folder, name);

	return setenv(variable, path, 1);
}

static int make_folder(void **context)
{
	static const char *const below[] = { "conf", "conf/packs", "conf/packs/near", "share", "share/packs",
					     "share/packs/near", "share/packs/far", "site" };
	size_t i;

	if (!mkdtemp(folder) || move_folder("RESID_CONF_DIR", "conf") || move_folder("RESID_SHARE_DIR", "share"))
		return -1;
	for (i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		_cleanup_free_ char *path = mem_format("%s/%s", folder, below[i]);

		if (mkdir(path, 0755))
			return -1;
	}
	return 0;
}

static int remove_folder(void **context)
{
	_cleanup_free_ char *command = mem_format("rm -r %s", folder);

	return system(command);
}

static void put(const char *name, const char *text)
{
	_cleanup_free_ char *path = mem_format("%s/%s", folder, name);
	struct resid_error err;

	if (file_write(path, text, strlen(text), 0644, FILE_OWN_GROUP, &err))
		fail_msg("%s", err.text);
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

static struct policy *read_policy(const char *text, struct warnings *warnings)
{
	const struct policy_options options = { .sets = "/nonexistent", .warn = note_warning, .context = warnings };
	_cleanup_free_ char *path = mem_format("%s/site/policy.yaml", folder);
	struct policy *policy = NULL;
	struct resid_error err;

	put("site/policy.yaml", text);
	if (policy_read(path, &options, &policy, &err))
		fail_msg("%s", err.text);
	return policy;
}

#define RULE(id, place) "  - {id: " id ", class: shut, location: " place ", verdict: allow, reason: r, justification: j}\n"

static void assert_ids(const struct policy *policy, const char *expected)
{
	char ids[256] = "";
	size_t i;

	for (i = 0; i < policy->rule_count; i++)
		snprintf(ids + strlen(ids), sizeof(ids) - strlen(ids), "%s%s", i ? " " : "", policy->rule[i].id);
	assert_string_equal(ids, expected);
}

/* The pack of /etc before that of /usr, a path beside the file before both, and everything in its place. */
static void test_splice(void **context)
{
	struct warnings warnings = { 0 };
	_cleanup_policy_ struct policy *policy = NULL;

	put("conf/packs/near/pack.yaml", "rules:\n" RULE("conf-near", "FR"));
	put("share/packs/near/pack.yaml", "rules:\n" RULE("share-near", "FR"));
	put("share/packs/far/pack.yaml", "sets: {cold: [FI, SE]}\nrules:\n" RULE("far-1", "cold") "  - include: more.yaml\n"
							  RULE("far-2", "JP"));
	put("share/packs/far/more.yaml", "rules:\n" RULE("more", "AU"));
	put("site/nets.yaml", "rules:\n" RULE("nets", "DE"));
	put("share/packs/nets.yaml", "rules:\n" RULE("not-this", "DE"));
	put("share/packs/only.yaml", "rules:\n" RULE("only", "DK"));
	policy = read_policy(CLASSES "rules:\n" RULE("a", "US") "  - include: near\n" RULE("b", "GB") "  - include: nets.yaml\n"
				     "  - include: only.yaml\n  - include: far\n" RULE("c", "[NO, cold, AT]"), &warnings);
	assert_ids(policy, "a conf-near b nets only far-1 more far-2 c");
	assert_int_equal(warnings.count, 0);
	assert_int_equal(policy->rule[6].document, 5);
	assert_true(location_set_has(&policy->rule[5].locations, (unsigned int)location_find("SE")));
}

/* The text with its documents is the same policy, wherever it is read and when no file is left. */
static void test_complete(void **context)
{
	_cleanup_policy_ struct policy *policy = NULL, *again = NULL;
	struct warnings warnings = { 0 };
	struct resid_error err;
	size_t i;

	put("share/packs/far/pack.yaml", "\xef\xbb\xbf# no line end after the last\nrules:\n  - include: more.yaml\n  - "
					 "{id: far, class: shut, location: $home, verdict: allow, reason: r}");
	put("share/packs/far/more.yaml", "sets: {cold: [FI]}\nrules:\n" RULE("more", "cold"));
	put("site/nets.yaml", "rules:\n" RULE("nets", "JP"));
	policy = read_policy(CLASSES "rules: [{include: far}, {include: nets.yaml}]", &warnings);
	assert_int_equal(policy->text_length, strlen(policy->text));
	put("share/packs/far/pack.yaml", "rules: []\n");
	put("share/packs/far/more.yaml", "]");
	if (policy_parse("elsewhere.yaml", policy->text, policy->text_length, &support_options, &again, &err))
		fail_msg("%s", err.text);
	assert_string_equal(again->text, policy->text);
	assert_ids(again, "more far nets");
	for (i = 0; i < again->rule_count; i++)
		assert_memory_equal(&again->rule[i].locations, &policy->rule[i].locations, sizeof(struct location_set));
	assert_string_equal(policy->rule[0].file + strlen(folder), "/share/packs/far/more.yaml");
	assert_string_equal(again->rule[0].file, "elsewhere.yaml");
}

/* A path that is no text, or would end the comment that tells it, is told without what is odd. */
static void test_odd_path(void **context)
{
	static const char text[] = CLASSES "rules: [{include: nets.yaml}]\n";
	_cleanup_free_ char *odd = mem_format("%s/site/a\xff\n]", folder);
	_cleanup_free_ char *path = mem_format("%s/policy.yaml", odd);
	_cleanup_policy_ struct policy *policy = NULL, *again = NULL;
	struct resid_error err;

	assert_int_equal(mkdir(odd, 0755), 0);
	put("site/a\xff\n]/nets.yaml", "rules:\n" RULE("nets", "FR"));
	put("site/a\xff\n]/policy.yaml", text);
	if (policy_read(path, &support_options, &policy, &err) ||
	    policy_parse("again.yaml", policy->text, policy->text_length, &support_options, &again, &err))
		fail_msg("%s", err.text);
	assert_ids(again, "nets");
}

static void refuse(const char *text, const char *expected)
{
	struct policy *policy = NULL;
	struct resid_error err = { 0 };

	assert_int_equal(policy_parse("p.yaml", text, strlen(text), &support_options, &policy, &err), -1);
	assert_int_equal(err.status, RESID_EXIT_INPUT);
	assert_string_equal(err.text, expected);
}

static void test_incomplete(void **context)
{
	refuse(CLASSES "rules: [{include: a}, {include: b}]\n---\nrules: []\n",
	       "p.yaml:6:33: 'b' has no document; the policy's text is not complete");
	refuse(CLASSES "rules: [{include: a}]\n---\nrules: []\n---\nrules: []\n",
	       "p.yaml:10:1: a document that no `include` takes; a policy is one document");
	refuse(CLASSES "rules: [{include: a}]\n---\nrules:\n  - {id: x, verdict: alow, reason: r}\n",
	       "p.yaml:9:22: unknown verdict 'alow'; write allow, audit, reject or drop");
}

/* One file over the length, one file too many. */
static void test_bounds(void **context)
{
	static char filler[700000], text[4096] = CLASSES "rules:\n";
	struct policy *policy = NULL;
	struct resid_error err;
	size_t i;

	memset(filler, '#', sizeof(filler) - 1);
	memcpy(filler, "rules: []\n", 10);
	put("share/packs/a.yaml", filler);
	put("share/packs/b.yaml", filler);
	refuse(CLASSES "rules:\n  - include: a.yaml\n  - include: b.yaml\n",
	       "p.yaml:8:14: with 'b.yaml' the policy is longer than 1048576 bytes");
	put("share/packs/c.yaml", "rules: []\n");
	for (i = 0; i < 63; i++)
		strcat(text, "  - include: c.yaml\n");
	if (policy_parse("p.yaml", text, strlen(text), &support_options, &policy, &err))
		fail_msg("%s", err.text);
	policy_free(policy);
	strcat(text, "  - include: c.yaml\n");
	refuse(text, "p.yaml:70:14: 'c.yaml' is one file more than the 63 that a policy can include");
}

/* Who is at home is the policy's to say. */
static void test_home(void **context)
{
	static const char *const homes[] = { "FR", "DE", "EU" };
	size_t i;

	put("share/packs/far/pack.yaml",
	    "rules:\n  - {id: in, class: shut, location: [$home, local], control: {subset of: $home}, verdict: allow, reason: r}\n"
	    "  - {id: out, class: shut, location: {not in: [$home]}, verdict: drop, reason: r}\n");
	for (i = 0; i < sizeof(homes) / sizeof(homes[0]); i++) {
		_cleanup_free_ char *text = mem_format("resid: 1\nhome: %s\nsets: {wide: [$home, CH]}\n"
						       "classes: {shut: {id: 1, default: reject}}\n"
						       "rules:\n  - include: far\n"
						       "  - {id: wide, location: wide, verdict: audit, reason: r}\n", homes[i]);
		struct warnings warnings = { 0 };
		_cleanup_policy_ struct policy *policy = NULL;
		unsigned int location;

		policy = read_policy(text, &warnings);
		for (location = 0; location < LOCATION_COUNT; location++) {
			bool home = location_set_has(&policy->home, location);
			bool local = location == (unsigned int)location_find("local");
			bool swiss = location == (unsigned int)location_find("CH");

			assert_int_equal(location_set_has(&policy->rule[0].locations, location), home || local);
			assert_int_equal(location_set_has(&policy->rule[0].controllers, location), home);
			assert_int_equal(location_set_has(&policy->rule[1].locations, location),
					 location_is_country(location) && !home);
			assert_int_equal(location_set_has(&policy->rule[2].locations, location), home || swiss);
		}
	}
}

#define PACK_EU \
	"rules:\n" RULE("eu", "EU") "  - {id: no-us, class: shut, control: {in: US}, verdict: reject, reason: r}\n"

static void test_shadowed_pack(void **context)
{
	_cleanup_free_ char *expected = mem_format(
		"%s/site/policy.yaml:7:5: rule 'a' allows what 'no-us' in line 2 of %s/share/packs/far/pack.yaml refuses: the "
		"refusal does not hold where both match; move the rule behind the include, or narrow it", folder, folder);
	struct warnings warnings = { 0 };
	struct policy *policy;

	put("share/packs/far/pack.yaml", "rules:\n  - {id: no-us, class: shut, control: {in: US}, verdict: reject, reason: r}\n");
	policy = read_policy(CLASSES "rules:\n" RULE("a", "EU") "  - include: far\n", &warnings);
	assert_int_equal(warnings.count, 1);
	assert_string_equal(warnings.last, expected);
	policy_free(policy);
	/* behind it, or of the pack's own, it is the usual overlap */
	warnings.count = 0;
	policy = read_policy(CLASSES "rules:\n  - include: far\n" RULE("a", "EU"), &warnings);
	policy_free(policy);
	assert_int_equal(warnings.count, 1);
	assert_non_null(strstr(warnings.last, "site/policy.yaml:8:5: rule 'a' is partly shadowed by 'no-us' in line 2 of "));
	/* inside a pack of the site's own as well; one that came with Resid has been read */
	put("conf/packs/near/pack.yaml", PACK_EU);
	warnings.count = 0;
	policy = read_policy(CLASSES "rules:\n  - include: near\n", &warnings);
	policy_free(policy);
	assert_int_equal(warnings.count, 1);
	assert_non_null(strstr(warnings.last, "pack.yaml:3:5: rule 'no-us' is partly shadowed by 'eu' in line 2, "));
	put("share/packs/far/pack.yaml", PACK_EU);
	warnings.count = 0;
	policy = read_policy(CLASSES "rules:\n  - include: far\n", &warnings);
	policy_free(policy);
	assert_int_equal(warnings.count, 0);
	/* what the site puts before it has not, although the pack's own overlap is met first */
	policy = read_policy(CLASSES "rules:\n  - {id: a, class: shut, location: FR, proto: tcp, verdict: audit, reason: r}\n"
				     "  - include: far\n", &warnings);
	policy_free(policy);
	assert_int_equal(warnings.count, 2);
	assert_non_null(strstr(warnings.last, "pack.yaml:3:5: rule 'no-us' is partly shadowed by 'a' in line 7 of "));
	assert_null(strstr(warnings.last, "by others"));
}

/* What nobody can place may be anybody's, and Puerto Rico is under the law of the United States. */
static void test_reach_of_us_law(void **context)
{
	static const char world[] = WORLD4 "134217728,134283263,PR\n";
	static const struct {
		const char *address, *rule;
	} cases[] = { { "3.0.0.1", "us-soil" },    { "8.0.0.1", "us-soil" },  { "5.0.0.1", "us-unknown" },
		      { "6.0.0.1", "us-unknown" }, { "2.0.0.1", "default-vital" } };
	const struct resid_flow flow = { .proto = 6, .proto_known = true };
	struct snapshot *snapshot;
	size_t i;

	setenv("RESID_SHARE_DIR", "policy", 1);
	snapshot = support_build_world("resid: 1\nhome: EU\nclasses:\n  technical: {id: 1, default: allow}\n"
				       "  health: {id: 2, default: allow}\n  vital: {id: 3, default: allow}\n"
				       "rules: [{include: extraterritorial-us}]\n", world, WORLD6);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(support_rule_of(snapshot, 3, cases[i].address, &flow), cases[i].rule);
	snapshot_free(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splice),	cmocka_unit_test(test_complete), cmocka_unit_test(test_odd_path),
		cmocka_unit_test(test_incomplete), cmocka_unit_test(test_bounds), cmocka_unit_test(test_home),
		cmocka_unit_test(test_shadowed_pack), cmocka_unit_test(test_reach_of_us_law),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
