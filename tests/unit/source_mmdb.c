// SPDX-License-Identifier: Apache-2.0
/* The reader of MaxMind DBs: the records of those who make them, and damage. */
#include "mmdb.h"
#include "source_support.h"

static const char *make_mmdb(struct buffer *file)
{
	struct mmdb *db = mmdb_new();

	mmdb_add(db, "192.0.2.0/24");
	mmdb_map(&db->data, 3);
	mmdb_code(db, "country", "NO");
	mmdb_code(db, "registered_country", "US");
	mmdb_text(&db->data, "autonomous_system_number");
	mmdb_number(&db->data, 6, 64496, 4);
	mmdb_add(db, "2001:db8::/32");
	mmdb_map(&db->data, 2);
	mmdb_text(&db->data, "country_code");
	mmdb_text(&db->data, "FR");
	mmdb_text(&db->data, "asn");
	mmdb_text(&db->data, "AS64497");
	mmdb_write(db, file);
	return keep("test.mmdb", file->data, file->length);
}

static void test_mmdb(void **context)
{
	_cleanup_buffer_ struct buffer file = { 0 };
	struct source *source = good(SOURCE_MMDB, make_mmdb(&file));
	uint8_t noise[4096];
	size_t i;

	assert_string_equal(source->date, "2026-06-25");
	assert_int_equal(source->v4.count, 1);
	V4(0, "192.0.2.0/24 - - NO US 64496");
	assert_int_equal(source->v6.count, 1);
	V6(0, "2001:db8::/32 - - FR - 64497");
	source_free(source);

	for (i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(i * 2654435761u >> 13);
	refused(SOURCE_MMDB, keep("noise.mmdb", noise, sizeof(noise)), "is no MaxMind DB, or damaged: ");
	refused(SOURCE_MMDB, keep("noise.mmdb", noise, 0), "is empty");
	refused(SOURCE_MMDB, keep("cut.mmdb", file.data, file.length / 2), "is no MaxMind DB, or damaged: ");
	/* the metadata at the end are whole, and speak of a tree that is not there */
	refused(SOURCE_MMDB, keep("tail.mmdb", file.data + 600, file.length - 600), "");
	damage(SOURCE_MMDB, (const char *)file.data, file.length, 0, 120);
	/* every node's children are node 1 */
	for (i = 0; i < 900; i++)
		file.data[i] = i % 3 == 2;
	refused(SOURCE_MMDB, keep("loop.mmdb", file.data, file.length), "its search tree is deeper than an address is long");
}

static void test_makers(void **context)
{
	_cleanup_buffer_ struct buffer file = { 0 };
	struct mmdb *db = mmdb_new();
	struct source *source;

	mmdb_as(db, "192.0.2.0/25", 64496, "Sixteen bytes: 6");
	mmdb_as(db, "192.0.2.128/25", 64496, "the second name of 64496");
	mmdb_both(db, "198.51.100.0/24", "DE", "AS64497", "Beispiel \"GmbH\" & Co. of a name that is longer than 28 bytes");
	mmdb_both(db, "203.0.113.0/25", "SE", "AS4294967296", "is no number of an AS");
	mmdb_both(db, "203.0.113.128/25", "FI", "64500", "without its AS");
	mmdb_add(db, "2001:db8::/32");
	mmdb_map(&db->data, 2);
	mmdb_code(db, "country", "FR");
	mmdb_text(&db->data, "traits");
	mmdb_map(&db->data, 2);
	mmdb_members(db, 4200000000, "above what is remembered");
	mmdb_write(db, &file);
	source = good(SOURCE_MMDB, keep("makers.mmdb", file.data, file.length));
	V4(0, "192.0.2.0/25 - - - - 64496");
	V4(1, "192.0.2.128/25 - - - - 64496");
	V4(2, "198.51.100.0/24 - - DE - 64497");
	V4(3, "203.0.113.0/25 - - SE - 0");
	V4(4, "203.0.113.128/25 - - FI - 0");
	V6(0, "2001:db8::/32 - - FR - 4200000000");
	assert_int_equal(source->as.length, 3 * sizeof(struct source_as));
	as_is(source, 0, 64496, "Sixteen bytes: 6");
	as_is(source, 1, 64497, "Beispiel \"GmbH\" & Co. of a name that is longer than 28 bytes");
	as_is(source, 2, 4200000000, "above what is remembered");
	source_free(source);
	damage(SOURCE_MMDB, (const char *)file.data, file.length, 0, 60);
}

static void fact_says(const struct source *source, size_t i, const char *country, const char *represented,
		      uint8_t flags)
{
	assert_true(i < source->v4.count);
	assert_string_equal(source->v4.fact[i].country, country);
	assert_string_equal(source->v4.fact[i].represented, represented);
	assert_int_equal(source->v4.fact[i].flags, flags);
}

/* Where a country is not all there is to say. */
static void test_more_than_a_country(void **context)
{
	_cleanup_buffer_ struct buffer file = { 0 };
	struct mmdb *db = mmdb_new();
	struct source *source;

	mmdb_add(db, "192.0.2.0/25");
	mmdb_map(&db->data, 2);
	mmdb_code(db, "country", "US");
	mmdb_text(&db->data, "traits");
	mmdb_map(&db->data, 1);
	mmdb_true(db, "is_anycast");
	mmdb_add(db, "192.0.2.128/25");
	mmdb_map(&db->data, 2);
	mmdb_true(db, "is_satellite_provider");
	mmdb_text(&db->data, "traits");
	mmdb_map(&db->data, 1);
	mmdb_true(db, "is_anonymous_proxy");
	mmdb_add(db, "198.51.100.0/25");
	mmdb_map(&db->data, 2);
	mmdb_code(db, "country", "PH");
	mmdb_code(db, "represented_country", "US");
	mmdb_add(db, "198.51.100.128/25");
	mmdb_map(&db->data, 2);
	mmdb_code(db, "country", "FR");
	mmdb_text(&db->data, "subdivisions");
	mmdb_list(&db->data, 1);
	mmdb_map(&db->data, 1);
	mmdb_text(&db->data, "iso_code");
	mmdb_text(&db->data, "NC");
	mmdb_write(db, &file);
	source = good(SOURCE_MMDB, keep("more.mmdb", file.data, file.length));
	fact_says(source, 0, "US", "", SOURCE_F_ANYCAST);
	fact_says(source, 1, "", "", SOURCE_F_SATELLITE | SOURCE_F_PROXY);
	fact_says(source, 2, "PH", "US", 0);
	fact_says(source, 3, "NC", "", 0);
	source_free(source);
}

/* Nothing in it; all of IPv4 in it. */
static void test_guards(void **context)
{
	_cleanup_buffer_ struct buffer nothing = { 0 }, all = { 0 };
	struct mmdb *db = mmdb_new();

	mmdb_write(db, &nothing);
	refused(SOURCE_MMDB, keep("nothing.mmdb", nothing.data, nothing.length), "holds no prefix at all");
	db = mmdb_new();
	mmdb_country(db, "::/96", "FR", "FR");
	mmdb_write(db, &all);
	refused(SOURCE_MMDB, keep("all.mmdb", all.data, all.length), "has a network with the prefix length 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mmdb),
		cmocka_unit_test(test_makers),
		cmocka_unit_test(test_more_than_a_country),
		cmocka_unit_test(test_guards),
	};

	return cmocka_run_group_tests(tests, source_setup, source_teardown);
}
