// SPDX-License-Identifier: Apache-2.0
/* Location codes, special prefixes, and the reader of tor-geoipdb's files. */
#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

#include "geo/special.h"

static struct geo_table *read_good(const char *text, sa_family_t family)
{
	struct geo_table *table = NULL;
	struct resid_error err = { 0 };

	if (geo_tor_parse("dir/geo.csv", text, strlen(text), family, &table, &err))
		fail_msg("%s", err.text);
	return table;
}

/* The sentence must begin so, name the place, and end with the remedy. */
static void read_bad(const char *text, size_t length, sa_family_t family, const char *expected)
{
	struct geo_table *table = NULL;
	struct resid_error err = { 0 };

	assert_int_equal(geo_tor_parse("geo.csv", text, length, family, &table, &err), -1);
	assert_null(table);
	assert_int_equal(err.status, RESID_EXIT_INPUT);
	if (strncmp(err.text, expected, strlen(expected)))
		fail_msg("expected '%s', got '%s'", expected, err.text);
	assert_non_null(strstr(err.text, "reinstall the package tor-geoipdb"));
}

#define BAD4(text, expected) read_bad(text, sizeof(text) - 1, AF_INET, expected)
#define BAD6(text, expected) read_bad(text, sizeof(text) - 1, AF_INET6, expected)

static void test_codes(void **context)
{
	assert_string_equal(location_name((unsigned int)location_of_code("NO")), "NO");
	assert_string_equal(location_name((unsigned int)location_of_code("UK")), "GB");
	assert_string_equal(location_name((unsigned int)location_of_code("XK")), "XK");
	assert_int_equal(location_of_code("EU"), LOCATION_REGION_EU);
	assert_int_equal(location_of_code("AP"), LOCATION_REGION_AP);
	assert_int_equal(location_of_code("??"), LOCATION_UNKNOWN);
	assert_int_equal(location_of_code("ZZ"), LOCATION_UNKNOWN);
	assert_int_equal(location_of_code("O1"), LOCATION_UNKNOWN);
	assert_int_equal(location_of_code("A1"), LOCATION_PROXY);
	assert_int_equal(location_of_code("A2"), LOCATION_SATELLITE);
	assert_true(location_is_geographic(LOCATION_ANYCAST));
	assert_false(location_is_country(LOCATION_ANYCAST));
	assert_int_equal(location_of_code("QQ"), LOCATION_UNKNOWN);
	assert_string_equal(location_name((unsigned int)location_of_code("AN")), "AN");
	assert_string_equal(location_name((unsigned int)location_of_code("CS")), "CS");
	assert_false(location_is_country((unsigned int)location_of_code("CS")));
	assert_true(location_is_geographic((unsigned int)location_of_code("CS")));
	assert_false(location_is_geographic(LOCATION_LOCAL));
	assert_int_equal(location_of_code("fr"), -1);
	assert_int_equal(location_of_code("F1"), -1);
	assert_int_equal(location_of_code("F"), -1);
	assert_string_equal(location_name((unsigned int)location_of_subdivision("FR-NC")), "NC");
	assert_string_equal(location_name((unsigned int)location_of_subdivision("cn-hk")), "HK");
	assert_int_equal(location_of_subdivision("FR-75"), -1);
	assert_int_equal(location_of_subdivision("US-CA"), -1);
}

static void test_policy_words(void **context)
{
	unsigned int location, countries = 0;

	for (location = 0; location < LOCATION_COUNT; location++)
		countries += location_is_country(location);
	assert_int_equal(countries, 250);
	assert_int_equal(location_find("EU"), -1);	/* a set, not a place */
	assert_int_equal(location_find("UK"), -1);
	assert_int_equal(location_find("unknown"), LOCATION_UNKNOWN);
	assert_int_equal(location_find("FRA"), -1);
	assert_string_equal(location_suggest("UK"), "GB");
	assert_string_equal(location_suggest("EL"), "GR");
	assert_string_equal(location_suggest("germany"), "DE");
	assert_string_equal(location_suggest("Local"), "local");
	assert_null(location_suggest("QQ"));
	assert_string_equal(location_country_name((unsigned int)location_find("NO")), "Norway");
}

static void test_read_ipv4(void **context)
{
	_cleanup_geo_ struct geo_table *table =
		read_good("# x\n# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n\n0,1,??\n16777216,4294967295,NO\n", AF_INET);

	assert_int_equal(table->count, 2);
	assert_string_equal(table->file, "geo.csv");
	assert_string_equal(table->date, "2026-06-25");
	assert_true(table->range[0].first == 0 && table->range[0].last == (((u128)2 << 96) - 1));
	assert_int_equal(table->range[0].location, LOCATION_UNKNOWN);
	assert_true(table->range[1].first == (u128)1 << 120 && table->range[1].last == U128_MAX);
	assert_string_equal(location_name(table->range[1].location), "NO");
}

static void test_read_ipv6(void **context)
{
	static const char *const forms[] = { "2001:db8:0:0:0:0:0:1", "2001:db8::1", "2001:DB8::0001", "2001:db8::0:1",
					     "2001:db8:0:0::0.0.0.1" };
	const u128 key = (u128)0x20010db8 << 96 | 1;
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		_cleanup_free_ char *line = NULL;
		_cleanup_geo_ struct geo_table *table = NULL;

		assert_true(asprintf(&line, "::,::,US\n%s,ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,FR\n", forms[i]) > 0);
		table = read_good(line, AF_INET6);
		assert_int_equal(table->count, 2);
		assert_true(table->range[0].last == 0);
		assert_true(table->range[1].first == key && table->range[1].last == U128_MAX);
		assert_string_equal(table->date, "");
	}
}

static void test_malformed_ipv4(void **context)
{
	BAD4("", "geo.csv: holds no range at all");
	BAD4("# only a comment\n", "geo.csv: holds no range at all");
	BAD4("0,1,FR", "geo.csv:1: the file is cut short");
	BAD4("0,1,FR\n2,3,F", "geo.csv:2: the file is cut short");
	BAD4("0,1,FR\n2,3", "geo.csv:2: the file is cut short");
	BAD4("0,1,FR\n2,3\n", "geo.csv:2: the second field is not an address");
	BAD4("0,1,FR\n2,3,\n", "geo.csv:2: the file is cut short");
	BAD4("0,1,\n2,3,FR\n", "geo.csv:1: the third field");
	BAD4("0,1,FRA\n", "geo.csv:1: the third field");
	BAD4("0,1,fr\n", "geo.csv:1: the third field");
	BAD4("0,1,FR \n", "geo.csv:1: the third field");
	BAD4("0,1,FR\r\n", "geo.csv:1: the third field");
	BAD4("1,0,FR\n", "geo.csv:1: the range ends before it begins");
	BAD4("0,5,FR\n5,9,DE\n", "geo.csv:2: the range overlaps");
	BAD4("6,9,FR\n0,5,DE\n", "geo.csv:2: the range overlaps");
	BAD4("0,4294967296,FR\n", "geo.csv:1: the second field is not an address");
	BAD4("0,99999999999,FR\n", "geo.csv:1: the second field is not an address");
	BAD4("-1,1,FR\n", "geo.csv:1: the first field is not an address");
	BAD4("1.0.0.0,1.0.0.1,FR\n", "geo.csv:1: the first field is not an address");
	BAD4("\0\0\0\n", "geo.csv:1: the first field is not an address");
	BAD4("0,1,F\0\n", "geo.csv:1: the third field");
	BAD4("0,1,FR\n\0\n", "geo.csv:2: the first field is not an address");
}

static void test_malformed_ipv6(void **context)
{
	BAD6("2001::1::2,::3,FR\n", "geo.csv:1: the first field");
	BAD6("1:2:3:4:5:6:7,::3,FR\n", "geo.csv:1: the first field");
	BAD6("1:2:3:4:5:6:7:8:9,::3,FR\n", "geo.csv:1: the first field");
	BAD6("1:2:3:4::5:6:7:8,::3,FR\n", "geo.csv:1: the first field");
	BAD6("12345::,::3,FR\n", "geo.csv:1: the first field");
	BAD6(":1,::3,FR\n", "geo.csv:1: the first field");
	BAD6("1:,::3,FR\n", "geo.csv:1: the first field");
	BAD6("::1,::g,FR\n", "geo.csv:1: the second field");
	BAD6("::1.2.3.400,::3,FR\n", "geo.csv:1: the first field");
	BAD6("::2,::1,FR\n", "geo.csv:1: the range ends before it begins");
	BAD6("::1,::5,FR\n::5,::6,DE\n", "geo.csv:2: the range overlaps");
}

/* A good file cut at every length is refused, or, cut after a line, is a shorter good one. */
static void test_cut_anywhere(void **context)
{
	static const char text[] = "# c\n0,1,FR\n2,3,DE\n";
	size_t length;

	for (length = 0; length < sizeof(text) - 1; length++) {
		_cleanup_free_ char *cut = strndup(text, length);
		struct resid_error err = { 0 };
		struct geo_table *table = NULL;
		int status = geo_tor_parse("geo.csv", cut, length, AF_INET, &table, &err);

		assert_int_equal(status, length == 11 ? 0 : -1);
		geo_free(table);
	}
}

static void test_unreadable(void **context)
{
	char folder[] = "/tmp/resid-geo-XXXXXX";
	struct geo_table *table = NULL;
	struct resid_error err = { 0 };

	assert_int_equal(geo_tor_read("/nonexistent/geoip", AF_INET, &table, &err), -1);
	assert_string_equal(err.text, "/nonexistent/geoip: cannot be opened: No such file or directory");
	assert_int_equal(err.status, RESID_EXIT_INPUT);
	assert_non_null(mkdtemp(folder));
	assert_int_equal(geo_tor_read(folder, AF_INET, &table, &err), -1);
	assert_non_null(strstr(err.text, "is a folder"));
	rmdir(folder);
}

static void test_special(void **context)
{
	static const struct {
		const char *address, *location;
	} expected[] = {
		{ "169.254.169.254", "metadata" }, { "169.254.169.253", "special" }, { "fd00:ec2::254", "metadata" },
		{ "fd00:ec2::255", "local" },	   { "127.0.0.1", "local" },	      { "255.255.255.255", "local" },
		{ "255.255.255.254", "special" },  { "::1", "local" },		      { "::", "special" },
		{ "10.255.255.255", "local" },	   { "11.0.0.0", "unknown" },	      { "172.15.255.255", "unknown" },
		{ "172.16.0.0", "local" },	   { "192.168.255.255", "local" },    { "100.64.0.1", "special" },
		{ "192.0.2.1", "special" },	   { "224.0.0.1", "link" },	      { "224.0.1.0", "multicast" },
		{ "ff02::1", "link" },		   { "ff05::1", "multicast" },	      { "fe80::1", "link" },
		{ "64:ff9b::1", "translated" },	   { "64:ff9b:1::1", "special" },     { "2002:102:304::", "translated" },
		{ "2001::1", "translated" },	   { "2001:2::1", "special" },	      { "::ffff:1.2.3.4", "translated" },
		{ "2001:db8::1", "special" },	   { "2a00::1", "FR" },		      { "2.0.0.0", "FR" },
		{ "2.0.255.255", "FR" },	   { "2.1.0.0", "unknown" },	      { "5.0.0.1", "region-EU" },
		{ "6.0.0.1", "unknown" },	   { "7.0.0.1", "CS" },
	};
	struct snapshot *snapshot = support_build(CLASSES);
	size_t i;

	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		if (strcmp(support_location(snapshot, expected[i].address), expected[i].location))
			fail_msg("%s: %s, not %s", expected[i].address, support_location(snapshot, expected[i].address),
				 expected[i].location);
	snapshot_free(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),	       cmocka_unit_test(test_policy_words),
		cmocka_unit_test(test_read_ipv4),      cmocka_unit_test(test_read_ipv6),
		cmocka_unit_test(test_malformed_ipv4), cmocka_unit_test(test_malformed_ipv6),
		cmocka_unit_test(test_cut_anywhere),   cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_special),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
