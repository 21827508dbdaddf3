// SPDX-License-Identifier: Apache-2.0
/* libloc's location.db, made here, damaged here. */
#include "source_support.h"

#include <libloc/as.h>
#include <libloc/libloc.h>
#include <libloc/network.h>
#include <libloc/writer.h>

static void add_network(struct loc_writer *writer, const char *prefix, const char *country, uint32_t asn)
{
	struct loc_network *network;

	assert_int_equal(loc_writer_add_network(writer, &network, prefix), 0);
	if (country)
		assert_int_equal(loc_network_set_country_code(network, country), 0);
	loc_network_set_asn(network, asn);
	loc_network_unref(network);
}

static void add_as(struct loc_writer *writer, uint32_t number, const char *name)
{
	struct loc_as *as;

	assert_int_equal(loc_writer_add_as(writer, &as, number), 0);
	if (name)
		assert_int_equal(loc_as_set_name(as, name), 0);
	loc_as_unref(as);
}

static const char *write_libloc(void (*fill)(struct loc_writer *writer))
{
	const char *path = temporary("location.db");
	struct loc_writer *writer;
	struct loc_ctx *ctx;
	FILE *file;

	assert_int_equal(loc_new(&ctx), 0);
	assert_int_equal(loc_writer_new(ctx, &writer, NULL, NULL), 0);
	fill(writer);
	file = fopen(path, "w+");
	assert_non_null(file);
	assert_int_equal(loc_writer_write(writer, file, LOC_DATABASE_VERSION_1), 0);
	fclose(file);
	loc_writer_unref(writer);
	loc_unref(ctx);
	return path;
}

static void fill_some(struct loc_writer *writer)
{
	add_network(writer, "192.0.2.0/24", "NO", 64496);
	add_network(writer, "198.51.100.0/24", "FR", 64497);
	add_network(writer, "198.51.100.128/25", NULL, 64498);
	add_network(writer, "2001:db8::/32", "DE", 64499);
	add_as(writer, 64498, "Telef\xc3\xb3nica \"de\" Ib\xc3\xa9rica");
	add_as(writer, 64496, "Sixteen bytes: 6");
	add_as(writer, 64497, "bell\a, half a letter \xc3, esc\x1b[2J");
}

static const char *make_libloc(void)
{
	return write_libloc(fill_some);
}

static void fill_nothing(struct loc_writer *writer)
{
}

static void fill_all(struct loc_writer *writer)
{
	add_network(writer, "0.0.0.0/0", "FR", 64496);
}

static void test_guards(void **context)
{
	refused(SOURCE_LIBLOC, write_libloc(fill_nothing), "holds no prefix at all");
	refused(SOURCE_LIBLOC, write_libloc(fill_all), "has a network with the prefix length 0");
}

static void test_libloc(void **context)
{
	struct source *source = good(SOURCE_LIBLOC, make_libloc());
	_cleanup_free_ char *data = NULL;
	struct resid_error err;
	size_t length, i;

	assert_int_equal(source->v4.count, 3);
	V4(0, "192.0.2.0/24 - - NO - 64496");
	V4(1, "198.51.100.0/24 - - FR - 64497");
	V4(2, "198.51.100.128/25 - - - - 64498");
	assert_int_equal(source->v6.count, 1);
	V6(0, "2001:db8::/32 - - DE - 64499");
	assert_int_equal(strlen(source->date), 10);
	assert_int_equal(source->as.length, 3 * sizeof(struct source_as));
	as_is(source, 0, 64496, "Sixteen bytes: 6");
	as_is(source, 1, 64497, "bell, half a letter , esc[2J");
	as_is(source, 2, 64498, "Telef\xc3\xb3nica \"de\" Ib\xc3\xa9rica");
	source_free(source);

	assert_int_equal(file_read(temporary("location.db"), 1 << 22, &data, &length, &err), 0);
	refused(SOURCE_LIBLOC, keep("bad.db", data, 0), "is empty");
	for (i = 1; i < 64; i += 7)
		refused(SOURCE_LIBLOC, keep("bad.db", data, i), "byte 0: is shorter than the header");
	refused(SOURCE_LIBLOC, keep("bad.db", data, 68), "byte 68: is cut short");
	refused(SOURCE_LIBLOC, keep("bad.db", data, 4096), "byte 4096: is cut short");
	refused(SOURCE_LIBLOC, keep("bad.db", data, length / 2), "is cut short: its section of ");
	data[7] = 9;
	refused(SOURCE_LIBLOC, keep("bad.db", data, length), "byte 7: is of version 9");
	data[0] = 'X';
	refused(SOURCE_LIBLOC, keep("bad.db", data, length), "byte 0: is no location.db");
}

static void fill_flags(struct loc_writer *writer)
{
	struct loc_network *network;

	add_network(writer, "192.0.2.0/24", "NO", 64496);
	assert_int_equal(loc_writer_add_network(writer, &network, "198.51.100.0/24"), 0);
	assert_int_equal(loc_network_set_country_code(network, "IT"), 0);
	assert_int_equal(loc_network_set_flag(network, LOC_NETWORK_FLAG_ANYCAST), 0);
	loc_network_unref(network);
	assert_int_equal(loc_writer_add_network(writer, &network, "203.0.113.0/24"), 0);
	assert_int_equal(loc_network_set_flag(network, LOC_NETWORK_FLAG_SATELLITE_PROVIDER), 0);
	assert_int_equal(loc_network_set_flag(network, LOC_NETWORK_FLAG_ANONYMOUS_PROXY), 0);
	loc_network_unref(network);
}

/* A location that means nothing is not one. */
static void test_libloc_flags(void **context)
{
	struct source *source = good(SOURCE_LIBLOC, write_libloc(fill_flags));

	assert_int_equal(source->v4.count, 3);
	assert_int_equal(source->v4.fact[0].flags, 0);
	assert_int_equal(source->v4.fact[1].flags, SOURCE_F_ANYCAST);
	assert_string_equal(source->v4.fact[1].country, "IT");
	assert_int_equal(source->v4.fact[2].flags, SOURCE_F_SATELLITE | SOURCE_F_PROXY);
	assert_string_equal(source->v4.fact[2].country, "");
	source_free(source);
}

static void test_libloc_damage(void **context)
{
	_cleanup_free_ char *data = NULL;
	struct resid_error err;
	size_t length;

	assert_int_equal(file_read(make_libloc(), 1 << 22, &data, &length, &err), 0);
	damage(SOURCE_LIBLOC, data, length, 8, 60);
	/* the tree alone: its sections are small against the padding between them */
	damage(SOURCE_LIBLOC, data, 4096 < length ? length : 4096, 28, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_libloc),
		cmocka_unit_test(test_libloc_flags),
		cmocka_unit_test(test_libloc_damage),
		cmocka_unit_test(test_guards),
	};

	return cmocka_run_group_tests(tests, source_setup, source_teardown);
}
