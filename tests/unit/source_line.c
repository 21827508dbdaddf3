// SPDX-License-Identifier: Apache-2.0
/* Sources of lines and rows: good files, and refused ones with their words. */
#include "source_support.h"

static void test_good_lines(void **context)
{
	struct source *source = good(SOURCE_GEOFEED, FEEDS "geofeed.csv"), *packed;

	assert_int_equal(source->v4.count, 7);
	V4(0, "192.0.2.1/32 - - - - 0");
	/* parts of a country whose law is another; IPv4 that is written as IPv6 */
	V4(1, "198.18.0.0/24 FR-NC - NC - 0");
	V4(2, "198.18.1.0/24 us-pr - PR - 0");
	V4(3, "198.18.2.0/24 FR-75 - FR - 0");
	V4(4, "198.18.3.0/24 FI-01 - AX - 0");
	V4(5, "198.51.100.0/24 NO-03 - NO - 0");
	V4(6, "203.0.113.0/24 - - - - 0");
	V6(0, "2001:db8::/32 - - GB - 0");
	source_free(source);

	source = good(SOURCE_LIST, FEEDS "list.txt");
	assert_int_equal(source->v4.count, 3);
	V4(0, "198.51.100.0/24 - - - - 0");
	V4(1, "198.51.100.0/25 - - - - 0");
	V4(2, "203.0.113.0/24 - - - - 0");
	source_free(source);

	source = good(SOURCE_RIR, FEEDS "rir.csv");
	packed = good(SOURCE_RIR, pack("rir.csv.gz", FEEDS "rir.csv"));
	V4(0, "192.0.2.0/24 - - - NO 0");
	V4(1, "198.51.100.0/24 - - - EU 0");
	V4(2, "198.51.100.0/25 - - - FR 0");
	V4(3, "203.0.113.0/24 - - - - 0");
	V6(0, "2001:db8::/32 - - - GB 0");
	assert_int_equal(packed->v4.count, 4);
	assert_memory_equal(packed->v4.fact, source->v4.fact, 4 * sizeof(*source->v4.fact));
	assert_memory_not_equal(packed->sha256, source->sha256, sizeof(source->sha256));
	source_free(packed);
	source_free(source);

	/* a byte order mark, no end of the last line */
	source = good(SOURCE_LIST, keep("mark", "\xef\xbb\xbf" "192.0.2.0/24\n2001:db8::/32", 29));
	assert_int_equal(source->v4.count + source->v6.count, 2);
	source_free(source);
}

static void test_bad_lines(void **context)
{
	bad(SOURCE_LIST, "", ": is empty");
	bad(SOURCE_LIST, "# nothing\n\n", "holds no prefix at all");
	bad(SOURCE_LIST, "192.0.2.0/24\n\nwww.example.org\n", ":3: 'www.example.org' is not an address or a prefix");
	bad(SOURCE_LIST, "192.0.2.7/24\n", ":1: '192.0.2.7/24' has bits set after its prefix length");
	bad(SOURCE_LIST, "0.0.0.0/0\n", ":1: '0.0.0.0/0' is every address there is");
	bad(SOURCE_LIST, "::/0\n", ":1: '::/0' is every address there is");
	bad(SOURCE_LIST, "192.0.2.0/24,NO\n", ":1: '192.0.2.0/24,NO' has a prefix length that is not a number");
	refused(SOURCE_LIST, keep("bad", "192.0.2.0/24\n\0\n", 15), ":2: a zero byte");
	bad(SOURCE_GEOFEED, "192.0.2.0/24\n", ":1: '192.0.2.0/24' stands alone");
	bad(SOURCE_GEOFEED, "192.0.2.0/24,Norway\n", ":1: 'Norway' is not a country of two letters");
	bad(SOURCE_GEOFEED, "192.0.2.0/24,N1\n", ":1: 'N1' is not a country of two letters");
	bad(SOURCE_GEOFEED, "192.0.2.0/24,NO,SE-AB\n", ":1: 'SE-AB' is not a region of the country 'NO'");
	bad(SOURCE_GEOFEED, ",NO\n", ":1: '' is not an address or a prefix");
	bad(SOURCE_RIR, "192.0.2.0/24\n", ":1: '192.0.2.0/24' is not followed by a country");
	bad(SOURCE_RIR, "192.0.2.0/24,NO,x,y\n", ":1: '192.0.2.0/24' is not followed by a country, a holder or nothing");
	bad(SOURCE_RIR, "192.0.2.0/24,no way\n", ":1: 'no way' is not a country");
	bad(SOURCE_RIR, "192.0.2.0/24,NO\n192.0.2.1/24,NO\n", ":2: '192.0.2.1/24' has bits set");
}

/* A file of 40 good rows, with text before the one of this number. */
static struct source *with(enum source_format format, const char *after, unsigned int at, const char *text)
{
	_cleanup_buffer_ struct buffer file = { 0 };
	char row[64];

	for (unsigned int i = 0; i < 40; i++) {
		if (i == at)
			buffer_append(&file, text, strlen(text));
		snprintf(row, sizeof(row), "198.51.100.%u/32%s\n", i, after);
		buffer_append(&file, row, strlen(row));
	}
	return good(format, keep("with", file.data, file.length));
}

static void left_out(enum source_format format, const char *after, const char *text, const char *expected)
{
	struct source *source = with(format, after, 20, text);

	assert_int_equal(source->v4.count, 40);
	assert_int_equal(source->rows, 41);
	assert_int_equal(source->bad, 1);
	assert_int_equal(source->said_count, 1);
	if (strcmp(source->said[0], expected))
		fail_msg("expected '%s', got '%s'", expected, source->said[0]);
	source_free(source);
}

/* RFC 8805, 2.1.2 and RFC 4180: what is bad is left out, and told. The good twin is that nothing else is lost. */
static void test_bad_rows(void **context)
{
	left_out(SOURCE_LIST, "", "www.example.org\n", "21: 'www.example.org' is not an address or a prefix");
	left_out(SOURCE_LIST, "", "203.0.113.1/24\n", "21: '203.0.113.1/24' has bits set after its prefix length");
	left_out(SOURCE_GEOFEED, ",NO,,,", "203.0.113.1/24,NO\n",
		 "21: '203.0.113.1/24' has bits set after its prefix length");
	left_out(SOURCE_GEOFEED, ",NO,,,", "203.0.113.0/24,NO,-,Oslo,\n",
		 "21: '-' is not a region of the country 'NO' in the form of ISO 3166-2");
	left_out(SOURCE_GEOFEED, ",NO,,,", "203.0.113.0/24,Norway\n", "21: 'Norway' is not a country of two letters");
	left_out(SOURCE_GEOFEED, ",NO,,,", "198.51.100.7/32,no,,,\n", "21: '198.51.100.7/32' stands twice, first in line 8");
	left_out(SOURCE_GEOFEED, ",NO,,,", "::ffff:198.51.100.7,NO\n",
		 "21: '198.51.100.7/32' stands twice, first in line 8");
	left_out(SOURCE_GEOFEED, ",NO,,,", "203.0.113.0/24,NO,,Os\"l\"o,\n",
		 "21: a quote stands where RFC 4180 has none");
	left_out(SOURCE_GEOFEED, ",NO,,,", "203.0.113.0/24,NO,,\"Oslo\"x,\n",
		 "21: a quote stands where RFC 4180 has none");
	/* a quote that nobody closes takes no other row with it */
	left_out(SOURCE_GEOFEED, ",NO,,,", "203.0.113.0/24,NO,,\"Oslo,\n", "21: a quote is opened and nobody closes it");
	left_out(SOURCE_RIR, ",NO,\"A, B\"", "203.0.113.0/24,NO,A, B\n",
		 "21: '203.0.113.0/24' is not followed by a country, a holder or nothing, and the end of the row");
}

static void same(enum source_format format, const char *text)
{
	struct source *source = good(format, keep("same", text, strlen(text)));

	assert_int_equal(source->bad, 0);
	assert_int_equal(source->v4.count, 2);
	assert_int_equal(source->v4.fact[0].first >> 96, 0xc0000200);
	assert_int_equal(source->v4.fact[1].first >> 96, 0xcb007100);
	source_free(source);
}

/* The same two rows, as they are found. */
static void test_forms(void **context)
{
	static const char *const files[] = {
		"192.0.2.0/24,NO,,,\n203.0.113.0/24,FR,,,\n",
		"192.0.2.0/24,NO,,,\n203.0.113.0/24,FR,,,",
		"192.0.2.0/24,NO,,,\r\n203.0.113.0/24,FR,,,\r\n",
		"192.0.2.0/24,NO,,,\r203.0.113.0/24,FR,,,\r",
		"192.0.2.0/24,NO,,,\r\r203.0.113.0/24,FR,,,",
		"\xef\xbb\xbf" "192.0.2.0/24,NO,,,\n203.0.113.0/24,FR,,,\n",
		"\xef\xbb\xbf# a comment\n192.0.2.0/24,NO,,,\n203.0.113.0/24,FR,,,\n",
		"\xef\xbb\xbf\r\n192.0.2.0/24,NO,,,\r\n203.0.113.0/24,FR,,,\r\n",
		"\"192.0.2.0/24\",\"NO\",\"\",\"\",\"\"\n\"203.0.113.0/24\",FR,,,\n",
		"192.0.2.0/24,NO,,\"a, \"\"quoted\"\" city # 7\",\n203.0.113.0/24,FR,,,\n",
		"192.0.2.0/24,NO,,\"a city\non two lines\",\n203.0.113.0/24,FR,,,\n",
		"192.0.2.0/24,NO,,\"a city\r\non two lines\",\r\n203.0.113.0/24,FR,,,\r\n",
		" 192.0.2.0/24 , NO , , ,\t\n\t203.0.113.0/24\t,FR\n",
		"network,iso_country_code,iso_region_code,city_name,postal_code\n192.0.2.0/24,NO,,,\n203.0.113.0/24,FR,,,\n",
		"# prefix, country\nip_prefix,alpha2code,region,city,postal\n192.0.2.0/24,NO,,,\n203.0.113.0/24,FR,,,\n",
		"192.0.2.0/24,NO,,, # Oslo\n  # and\n203.0.113.0/24,FR#,,,\n",
		"::ffff:192.0.2.0/120,no,,,\n::ffff:203.0.113.0/120,fr,,,\n",
		"203.0.113.0/24,FR,,,\n\n \n192.0.2.0/24,NO,,,\n",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		same(SOURCE_GEOFEED, files[i]);
	same(SOURCE_LIST, "192.0.2.0/24\r203.0.113.0/24\r");
	same(SOURCE_LIST, "\xef\xbb\xbf 192.0.2.0/24\t\r\n203.0.113.0/24");
	same(SOURCE_LIST, "192.0.2.0/24 # Oslo, NO\n::ffff:203.0.113.0/120\n");
	same(SOURCE_RIR, "prefix,country\r\n192.0.2.0/24,NO\r\n\"203.0.113.0/24\",FR");
}

/* Two rows of which one is bad are too many of 20, and not of 40. */
static void test_share(void **context)
{
	_cleanup_buffer_ struct buffer file = { 0 };
	struct source *source = NULL;
	struct resid_error err;
	char row[64];

	for (unsigned int i = 0; i < 60; i++) {
		snprintf(row, sizeof(row), i % 10 ? "198.51.100.%u,NO\n" : "198.51.100.%u/8,NO\n", i);
		buffer_append(&file, row, strlen(row));
	}
	refused(SOURCE_GEOFEED, keep("share", file.data, file.length),
		":1: '198.51.100.0/8' has bits set after its prefix length; line 11: '198.51.100.10/8' has bits");
	refused(SOURCE_GEOFEED, temporary("share"), "line 41: ");
	refused(SOURCE_GEOFEED, temporary("share"), "; 6 of its 60 rows are bad, and 5.0 % may be (`max_bad`); ");
	assert_int_equal(source_read(&(struct source_want){ SOURCE_BIT(SOURCE_GEOFEED), "it", 99 }, temporary("share"),
				     &source, &err), -1);
	assert_int_equal(source_read(&(struct source_want){ SOURCE_BIT(SOURCE_GEOFEED), "it", 100 }, temporary("share"),
				     &source, &err), 0);
	assert_int_equal(source->v4.count, 54);
	assert_int_equal(source->bad, 6);
	/* five are told */
	assert_int_equal(source->said_count, SOURCE_SAYS_BAD);
	assert_string_equal(source->said[4], "41: '198.51.100.40/8' has bits set after its prefix length");
	source_free(source);
}

static void test_twice(void **context)
{
	bad(SOURCE_GEOFEED, "192.0.2.0/24,FR,,,\n192.0.2.0/24,US,,,\n",
	    ":2: '192.0.2.0/24' stands twice with two answers, 'US' here and 'FR' in line 1");
	bad(SOURCE_GEOFEED, "192.0.2.0/24,FR,FR-75,,\n198.51.100.0/24,FR\n192.0.2.0/24,FR,FR-NC,,\n",
	    ":3: '192.0.2.0/24' stands twice with two answers, 'FR-NC' here and 'FR-75' in line 1");
	bad(SOURCE_GEOFEED, "192.0.2.0/24,FR\n::ffff:192.0.2.0/120,US\n", ":2: '192.0.2.0/24' stands twice with two answers");
	bad(SOURCE_GEOFEED, "192.0.2.0/24,FR\n192.0.2.0/24,\n", ":2: '192.0.2.0/24' stands twice with two answers, '' here");
	/* a part of it may be elsewhere */
	source_free(good(SOURCE_GEOFEED, keep("nested", "192.0.2.0/24,FR\n192.0.2.0/25,US\n", 32)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_lines),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_bad_rows),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_twice),
	};

	return cmocka_run_group_tests(tests, source_setup, source_teardown);
}
