// SPDX-License-Identifier: Apache-2.0
/* Sources of lines, plain and packed: good files, refused ones with their words, and damaged archives. */
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
	bad(SOURCE_LIST, "", "holds no prefix at all");
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
	bad(SOURCE_RIR, "192.0.2.0/24,no way\n", ":1: 'no way' is not a country");
	bad(SOURCE_RIR, "192.0.2.0/24,NO\n192.0.2.1/24,NO\n", ":2: '192.0.2.1/24' has bits set");
}

static void test_bad_gzip(void **context)
{
	_cleanup_free_ char *data = NULL;
	struct resid_error err;
	size_t length, i;

	assert_int_equal(file_read(pack("rir.csv.gz", FEEDS "rir.csv"), 4096, &data, &length, &err), 0);
	for (i = 2; i < length; i++)
		refused(SOURCE_RIR, keep("cut.gz", data, i), "byte ");
	for (i = 10; i < length; i++) {
		struct source *source = NULL;

		data[i] ^= 0x55;
		if (!source_read(SOURCE_RIR, "it", keep("flip.gz", data, length), &source, &err))
			fail_msg("byte %zu does not matter", i);
		data[i] ^= 0x55;
	}
	refused(SOURCE_RIR, keep("tail.gz", memcpy(strcpy(data, ""), "\x1f\x8b\x08\x00garbage", 11), 11), "byte ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_lines),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_bad_gzip),
	};

	return cmocka_run_group_tests(tests, source_setup, source_teardown);
}
