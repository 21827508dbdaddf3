// SPDX-License-Identifier: Apache-2.0
/* What a policy's guards refuse of its sources, and what is accepted all the same. */
#include "world_support.h"

#define GUARDED(guard) CLASSES "sources: {feed: {aws: {path: %s, " guard "}}}\n"

static struct build_inputs guarded(const char *format, const char *feed)
{
	_cleanup_free_ char *text = mem_format(format, put("ip-ranges.json", feed));
	struct build_inputs inputs = inputs_of(text);

	inputs.uncached = true;
	return inputs;
}

static const char *accepted(const struct snapshot *snapshot, const char *name)
{
	size_t i;

	for (i = 0; i < snapshot_source_count(snapshot); i++)
		if (!strcmp(snapshot_source_at(snapshot, i).name, name))
			return snapshot_source_at(snapshot, i).accepted;
	return "no such source";
}

static void test_max_age(void **context)
{
	struct build_inputs inputs = guarded(GUARDED("max_age: 21d"), AWS("2026-11-01"));
	struct snapshot *snapshot, *later;
	struct heard heard;

	inputs.now = NOW - 1;
	snapshot = compile(&inputs, NULL);
	assert_int_equal(snapshot_stale_at(snapshot), NOW);
	assert_string_equal(accepted(snapshot, "aws"), "");
	inputs.now = NOW;
	assert_refused(&inputs, RESID_EXIT_INPUT,
		       "source 'aws' (" "/tmp/resid-world-");
	assert_refused(&inputs, RESID_EXIT_INPUT,
		       "is of 2026-11-01, which is 21 days ago, and may be 21 days old at most; bring it up to date, or let it pass once with --accept aws");
	inputs.lenient = true;
	later = compile(&inputs, &heard);
	assert_non_null(strstr(heard.text, "a load would be refused"));
	/* of the date of the compile shows what is fresh, and nothing else */
	assert_same_tables(snapshot, later);
	assert_opinions(snapshot, "3.0.8.1", "location feed aws DE aws; location geoip tor-geoipdb US; control feed aws US aws");
	assert_opinions(later, "3.0.8.1", "-location feed aws DE aws; location geoip tor-geoipdb US; -control feed aws US aws");
	snapshot_free(later);
	inputs.lenient = false;
	inputs.accept = "aws";
	later = compile(&inputs, &heard);
	assert_non_null(strstr(heard.text, "; accepted"));
	assert_string_equal(accepted(later, "aws"), "is of 2026-11-01, which is 21 days ago, and may be 21 days old at most");
	inputs.accept = "aws,azure";
	assert_refused(&inputs, RESID_EXIT_USAGE, "--accept: no source of this policy has the name 'azure'");
	snapshot_free(snapshot);
	snapshot_free(later);
}

/* The first source that becomes too old decides, whatever their order. */
static void test_first_too_old(void **context)
{
	struct build_inputs inputs = guarded(CLASSES "sources: {geoip: {max_age: 400d}, feed: {aws: {path: %s, max_age: 21d}}}\n",
					     AWS("2026-11-10"));
	struct snapshot *snapshot = compile(&inputs, NULL);

	assert_int_equal(snapshot_stale_at(snapshot), NOW + 9 * DAY);
	snapshot_free(snapshot);
	inputs = guarded(CLASSES "sources: {geoip: {max_age: 151d}, feed: {aws: {path: %s, max_age: 21d}}}\n", AWS("2026-11-10"));
	snapshot = compile(&inputs, NULL);
	assert_int_equal(snapshot_stale_at(snapshot), NOW + DAY);
	snapshot_free(snapshot);
}

/* It lets pass the one that it names, whatever is wrong with it, and all of that is told. */
static void test_accept(void **context)
{
	struct build_inputs inputs = guarded(
		GUARDED("max_age: 1d, sha256: 0000000000000000000000000000000000000000000000000000000000000000"), AWS("2026-11-01"));
	_cleanup_free_ char *two = NULL;
	struct snapshot *snapshot;
	struct heard heard;

	inputs.accept = "aws";
	inputs.lenient = true;
	snapshot = compile(&inputs, &heard);
	assert_null(strstr(heard.text, "a load would be refused"));
	assert_int_equal(strncmp(accepted(snapshot, "aws"), "has the SHA-256 ", 16), 0);
	assert_non_null(strstr(accepted(snapshot, "aws"), "; is of 2026-11-01"));
	snapshot_free(snapshot);
	two = mem_format(CLASSES "sources: {feed: {aws: {path: %s, max_age: 1d}, aws-eusc: {path: %s, max_age: 1d}}}\n",
			 in_folder("ip-ranges.json"), in_folder("ip-ranges.json"));
	inputs = inputs_of(two);
	inputs.uncached = true;
	inputs.accept = "aws";
	assert_refused(&inputs, RESID_EXIT_INPUT, "let it pass once with --accept aws-eusc");
}

static void test_date(void **context)
{
	static const char list[] = "192.0.2.0/24\n";
	_cleanup_free_ char *without = mem_format(CLASSES "sources: {feed: {cloudflare: {path: %s, max_age: 9d}}}\n",
						  put("ips-v4", list));
	_cleanup_free_ char *with = mem_format(
		CLASSES "sources: {feed: {cloudflare: {path: %s, max_age: 9d, date: 2026-11-20}}}\n", in_folder("ips-v4"));
	struct build_inputs inputs = inputs_of(without);
	struct snapshot *snapshot;
	struct heard heard;

	inputs.uncached = true;
	assert_refused(&inputs, RESID_EXIT_INPUT, "does not say of when it is, and `max_age` asks; write its `date`");
	inputs = inputs_of(with);
	inputs.uncached = true;
	snapshot = compile(&inputs, NULL);
	assert_int_equal(snapshot_stale_at(snapshot), NOW + 7 * DAY);
	assert_string_equal(snapshot_source_at(snapshot, snapshot_source_count(snapshot) - 1).date, "2026-11-20");
	snapshot_free(snapshot);
	/* what the data say themselves holds */
	inputs = guarded(GUARDED("date: 2026-11-20, max_age: 100d"), AWS("2026-11-01"));
	snapshot = compile(&inputs, &heard);
	assert_non_null(strstr(heard.text, "source 'aws' says itself that it is of 2026-11-01; its `date` is not used"));
	assert_int_equal(snapshot_stale_at(snapshot), NOW + 79 * DAY);
	snapshot_free(snapshot);
}

/* A year that nobody meant would keep data young for ever; a day more is a zone's midnight. */
static void test_future_date(void **context)
{
	struct build_inputs inputs = guarded(GUARDED("max_age: 21d"), AWS("2062-11-01"));

	assert_refused(&inputs, RESID_EXIT_INPUT, "is of 2062-11-01, a day that has not come yet, and `max_age` asks");
	inputs = guarded(GUARDED("max_age: 21d"), AWS("2026-11-23"));
	snapshot_free(compile(&inputs, NULL));
	inputs = guarded(GUARDED("max_age: 21d"), AWS("2026-11-24"));
	assert_refused(&inputs, RESID_EXIT_INPUT, "is of 2026-11-24, a day that has not come yet");
	inputs = guarded(GUARDED("max_shrink: 5%%"), AWS("2062-11-01"));
	snapshot_free(compile(&inputs, NULL));
}

static void test_max_shrink(void **context)
{
	struct build_inputs inputs = guarded(GUARDED("max_shrink: 10%%"), AWS("2026-11-01"));
	struct snapshot *before = compile(&inputs, NULL), *after;
	_cleanup_free_ char *text = NULL;
	const void *bytes;
	struct resid_error err;
	size_t length;

	bytes = snapshot_bytes(before, &length);
	inputs.previous = in_folder("before.rsnap");
	assert_int_equal(file_write(inputs.previous, bytes, length, 0600, FILE_OWN_GROUP, &err), 0);
	put("ip-ranges.json", AWS_SMALL("2026-11-10"));
	assert_refused(&inputs, RESID_EXIT_INPUT,
		       "has lost 80.0 % of its IPv4 addresses since the policy in force, and may lose 10.0 %");
	inputs.accept = "aws";
	after = compile(&inputs, NULL);
	assert_non_null(strstr(accepted(after, "aws"), "has lost 80.0 %"));
	inputs.accept = NULL;
	/* as much as it may lose */
	text = mem_format(GUARDED("max_shrink: 80%%"), in_folder("ip-ranges.json"));
	put("policy.yaml", text);
	snapshot_free(compile(&inputs, NULL));
	memcpy(strstr(text, "80%"), "79%", 3);
	put("policy.yaml", text);
	assert_refused(&inputs, RESID_EXIT_INPUT, "has lost 80.0 %");
	/* growth is none of its business, and without a snapshot there is nothing to hold it against */
	put("ip-ranges.json", AWS("2026-11-11"));
	snapshot_free(compile(&inputs, NULL));
	put("ip-ranges.json", AWS_SMALL("2026-11-12"));
	inputs.previous = NULL;
	snapshot_free(compile(&inputs, NULL));
	snapshot_free(before);
	snapshot_free(after);
}

/* One operator's two files are held each against itself. */
static void test_two_files(void **context)
{
	_cleanup_free_ char *text = mem_format(CLASSES "sources: {feed: {cloudflare: {path: %s, max_shrink: 10%%}}}\n",
					       put("ips-v4", "192.0.2.0/24\n"));
	_cleanup_free_ char *feeds = mem_format("cloudflare=%s,cloudflare=%s", in_folder("ips-v4"),
						put("ips-v6", "2001:db8::/32\n"));
	struct build_inputs inputs = inputs_of(text);
	struct snapshot *before;
	struct resid_error err;
	const void *bytes;
	size_t length;

	inputs.uncached = true;
	inputs.feeds = feeds;
	before = compile(&inputs, NULL);
	bytes = snapshot_bytes(before, &length);
	inputs.previous = in_folder("before.rsnap");
	assert_int_equal(file_write(inputs.previous, bytes, length, 0600, FILE_OWN_GROUP, &err), 0);
	snapshot_free(compile(&inputs, NULL));
	put("ips-v4", "192.0.2.0/25\n");
	assert_refused(&inputs, RESID_EXIT_INPUT, "has lost 50.0 % of its IPv4 addresses");
	put("ips-v4", "192.0.2.0/24\n");
	put("ips-v6", "2001:db8::/33\n");
	assert_refused(&inputs, RESID_EXIT_INPUT, "has lost 50.0 % of its IPv6 /64s");
	snapshot_free(before);
}

/* The location data have a limit without being asked, unless the caller names the file. */
static void test_geoip_shrinks(void **context)
{
	_cleanup_free_ char *text = mem_format(CLASSES "sources: {geoip: %s, geoip6: %s}\n", put("geoip", WORLD4),
					       put("geoip6", WORLD6));
	struct build_inputs inputs = inputs_of(text);
	struct snapshot *before;
	const void *bytes;
	struct resid_error err;
	size_t length;

	inputs.uncached = true;
	inputs.geoip4 = inputs.geoip6 = NULL;
	before = compile(&inputs, NULL);
	bytes = snapshot_bytes(before, &length);
	inputs.previous = in_folder("before.rsnap");
	assert_int_equal(file_write(inputs.previous, bytes, length, 0600, FILE_OWN_GROUP, &err), 0);
	put("geoip", "33554432,33619967,FR\n");
	assert_refused(&inputs, RESID_EXIT_INPUT, "source 'tor-geoipdb'");
	inputs.geoip4 = in_folder("geoip");
	snapshot_free(compile(&inputs, NULL));
	put("geoip", WORLD4);
	inputs.geoip4 = NULL;
	/* no IPv6 left but one */
	put("geoip6", "2a00::,2a00::ff,FR\n");
	assert_refused(&inputs, RESID_EXIT_INPUT, "of its IPv6 /64s since the policy in force");
	snapshot_free(before);
}

static void test_max_unknown(void **context)
{
	struct build_inputs inputs;

	inputs = inputs_of(CLASSES "sources: {geoip: {max_unknown: 99%}}\n");
	inputs.uncached = true;
	assert_refused(&inputs, RESID_EXIT_INPUT, "policy.yaml:6:18: source 'tor-geoipdb'");
	assert_refused(&inputs, RESID_EXIT_INPUT, "does not know where 99.9 % of the IPv4 addresses are");
	inputs = inputs_of(CLASSES "sources: {geoip: {max_unknown: 100%}}\n");
	inputs.uncached = true;
	snapshot_free(compile(&inputs, NULL));
}

static void test_pinned(void **context)
{
	_cleanup_free_ char *good = mem_format(GUARDED("sha256: %s"), put("ip-ranges.json", AWS("2026-11-01")),
					       "0000000000000000000000000000000000000000000000000000000000000000");
	struct build_inputs inputs = inputs_of(good);
	struct resid_error err = { 0 };
	struct snapshot *snapshot = NULL;
	const char *has;

	inputs.uncached = true;
	assert_int_equal(snapshot_build(&inputs, NULL, NULL, &snapshot, &err), -1);
	has = strstr(err.text, "has the SHA-256 ");
	assert_non_null(has);
	/* pinned to what it has, it passes */
	memcpy(strstr(good, "0000000000"), has + 16, 64);
	put("policy.yaml", good);
	snapshot_free(compile(&inputs, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_max_age),
		cmocka_unit_test(test_first_too_old),
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_date),
		cmocka_unit_test(test_future_date),
		cmocka_unit_test(test_max_shrink),
		cmocka_unit_test(test_two_files),
		cmocka_unit_test(test_geoip_shrinks),
		cmocka_unit_test(test_max_unknown),
		cmocka_unit_test(test_pinned),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
