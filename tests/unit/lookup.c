// SPDX-License-Identifier: Apache-2.0
/* Addresses and prefixes as text and numbers, and the lookup that names a place. */
#include "support.h"

static void assert_prefix(const struct snapshot *snapshot, const char *address, const char *prefix,
			  const char *location, const char *source, const char *date)
{
	struct snapshot_place place;
	sa_family_t family;
	uint8_t bytes[16];
	u128 key;

	assert_true(address_parse(address, &family, &key));
	address_bytes(family, key, bytes);
	snapshot_lookup(snapshot, family, bytes, &place);
	assert_string_equal(place.prefix, prefix);
	assert_string_equal(place.location, location);
	assert_string_equal(place.source, source);
	assert_string_equal(place.source_date, date);
}

static void test_places(void **context)
{
	struct snapshot *snapshot = support_build(CLASSES);

	assert_prefix(snapshot, "2.0.3.4", "2.0.0.0/16", "FR", "tor-geoipdb", "2026-06-25");
	assert_prefix(snapshot, "2.1.0.0", "2.1.0.0/16", "unknown", "", "");
	assert_prefix(snapshot, "1.2.3.4", "1.0.0.0/8", "unknown", "", "");
	assert_prefix(snapshot, "10.2.3.4", "10.0.0.0/8", "local", "policy", "");
	assert_prefix(snapshot, "127.0.0.1", "127.0.0.0/8", "local", "iana", "");
	assert_prefix(snapshot, "169.254.169.254", "169.254.169.254/32", "metadata", "resid", "");
	assert_prefix(snapshot, "2a00:1::", "2a00::/16", "FR", "tor-geoipdb", "");
	assert_prefix(snapshot, "2b00::ff", "2b00::/120", "US", "tor-geoipdb", "");
	assert_prefix(snapshot, "2b00::100", "2b00::100/120", "unknown", "", "");
	assert_prefix(snapshot, "::1", "::1/128", "local", "iana", "");
	snapshot_free(snapshot);
}

/* A range that is no prefix gives the longest one around the address. */
static void test_ragged_range(void **context)
{
	struct snapshot *snapshot =
		support_build_world(CLASSES, "33554435,33554440,FR\n", "2a00::3,2a00::8,FR\n");

	assert_prefix(snapshot, "2.0.0.3", "2.0.0.3/32", "FR", "tor-geoipdb", "");
	assert_prefix(snapshot, "2.0.0.5", "2.0.0.4/30", "FR", "tor-geoipdb", "");
	assert_prefix(snapshot, "2.0.0.8", "2.0.0.8/32", "FR", "tor-geoipdb", "");
	assert_prefix(snapshot, "2.0.0.9", "2.0.0.9/32", "unknown", "", "");
	assert_prefix(snapshot, "2.0.0.10", "2.0.0.10/31", "unknown", "", "");
	assert_prefix(snapshot, "2a00::6", "2a00::4/126", "FR", "tor-geoipdb", "");
	snapshot_free(snapshot);
}

static void test_address_text(void **context)
{
	static const char *const bad[] = { "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", " 1.2.3.4", "1.2.3.4 ",
					   "::1%eth0", "g::", "1:2:3:4:5:6:7:8:9", "example.org", "0x1020304" };
	char text[ADDRESS_TEXT];
	sa_family_t family;
	size_t i;
	u128 key;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(address_parse(bad[i], &family, &key));
	assert_true(address_parse("192.0.2.1", &family, &key));
	assert_int_equal(family, AF_INET);
	assert_true(key == (u128)0xc0000201 << 96);
	assert_true(address_parse("2001:DB8::0:1", &family, &key));
	assert_true(key == ((u128)0x20010db8 << 96 | 1));
	address_format(family, key, text);
	assert_string_equal(text, "2001:db8::1");
	assert_true(address_parse("::ffff:192.0.2.1", &family, &key));
	assert_true(family == AF_INET && key == (u128)0xc0000201 << 96);
	assert_true(address_parse("::192.0.2.1", &family, &key));
	assert_int_equal(family, AF_INET6);
}

static void test_prefix_text(void **context)
{
	struct prefix prefix;
	char text[ADDRESS_TEXT];

	assert_null(prefix_parse("0.0.0.0/0", &prefix));
	assert_true(prefix.first == 0 && prefix_last(&prefix) == U128_MAX && prefix.length == 0);
	assert_null(prefix_parse("::/0", &prefix));
	assert_null(prefix_parse("192.0.2.1", &prefix));
	assert_int_equal(prefix.length, 32);
	assert_null(prefix_parse("2001:db8::/32", &prefix));
	prefix_format(&prefix, text);
	assert_string_equal(text, "2001:db8::/32");
	assert_string_equal(prefix_parse("192.0.2.1/24", &prefix), PREFIX_HOST_BITS);
	prefix_format(&prefix, text);
	assert_string_equal(text, "192.0.2.0/24");
	/* IPv4 that is written as IPv6 is IPv4; what only looks like it is not */
	assert_null(prefix_parse("::ffff:192.0.2.0/120", &prefix));
	prefix_format(&prefix, text);
	assert_string_equal(text, "192.0.2.0/24");
	assert_null(prefix_parse("::ffff:192.0.2.1", &prefix));
	prefix_format(&prefix, text);
	assert_string_equal(text, "192.0.2.1/32");
	assert_null(prefix_parse("::ffff:0:0/96", &prefix));
	assert_true(prefix.family == AF_INET && !prefix.length);
	assert_string_equal(prefix_parse("::ffff:192.0.2.1/120", &prefix), PREFIX_HOST_BITS);
	prefix_format(&prefix, text);
	assert_string_equal(text, "192.0.2.0/24");
	assert_null(prefix_parse("::ffff:0:192.0.2.0/120", &prefix));
	assert_int_equal(prefix.family, AF_INET6);
	assert_null(prefix_parse("::fffe:0:0/95", &prefix));
	assert_int_equal(prefix.family, AF_INET6);
	assert_null(prefix_parse_literal("::ffff:0:0/96", &prefix));
	assert_true(prefix.family == AF_INET6 && prefix.length == 96);
	assert_non_null(prefix_parse("192.0.2.0/33", &prefix));
	assert_non_null(prefix_parse("192.0.2.0/", &prefix));
	assert_non_null(prefix_parse("192.0.2.0/+8", &prefix));
	assert_non_null(prefix_parse("192.0.2.0/08", &prefix));
	assert_non_null(prefix_parse("192.0.2.0/255.255.255.0", &prefix));
	assert_non_null(prefix_parse("::/129", &prefix));
	assert_non_null(prefix_parse("/8", &prefix));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places), cmocka_unit_test(test_ragged_range), cmocka_unit_test(test_address_text),
		cmocka_unit_test(test_prefix_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
