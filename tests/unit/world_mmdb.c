// SPDX-License-Identifier: Apache-2.0
/* From MaxMind DBs to a snapshot: the country is a location, the registered country a holder, the AS an AS. */
#include "mmdb.h"
#include "world_support.h"

#include <arpa/inet.h>

static const char *put_mmdb(const char *name, struct mmdb *db)
{
	_cleanup_buffer_ struct buffer file = { 0 };
	const char *path = in_folder(name);
	struct resid_error err;

	mmdb_write(db, &file);
	assert_int_equal(file_write(path, file.data, file.length, 0644, FILE_OWN_GROUP, &err), 0);
	return path;
}

static const char *put_countries(void)
{
	struct mmdb *db = mmdb_new();

	mmdb_country(db, "2.0.1.0/24", "DE", "US");
	mmdb_country(db, "2.0.2.0/24", "DE", "FR");
	mmdb_country(db, "2.0.3.0/24", "DE", "EU");	/* somewhere in Europe: no holder's country */
	mmdb_add(db, "2.0.4.0/24");
	mmdb_map(&db->data, 1);
	mmdb_code(db, "country", "DE");
	return put_mmdb("country.mmdb", db);
}

static const char *put_ases(void)
{
	struct mmdb *db = mmdb_new();

	mmdb_as(db, "2.0.1.0/24", 16509, "Amazon \"02\"");
	mmdb_as(db, "2.0.4.0/24", 64496, "Example");
	mmdb_as(db, "2001:db8::/32", 64496, "Example");
	return put_mmdb("asn.mmdb", db);
}

static void assert_as(const struct snapshot *snapshot, const char *address, uint32_t number, const char *name)
{
	struct snapshot_as as;
	sa_family_t family;
	uint8_t bytes[16];
	u128 key;

	assert_true(address_parse(address, &family, &key));
	address_bytes(family, key, bytes);
	as = snapshot_as_of(snapshot, family, bytes);
	assert_int_equal(as.number, number);
	assert_string_equal(as.name, name);
}

/* The registered country is told as an opinion on control, and never where an address is. */
static void test_registered(void **context)
{
	struct build_inputs inputs = inputs_of(POLICY);
	struct snapshot *snapshot;
	struct world *world;

	fresh_cache("registered");
	inputs.mmdb = put_countries();
	snapshot = compile(&inputs, NULL);
	assert_place(snapshot, "2.0.1.1", "DE", "mmdb", "mmdb");
	assert_control(snapshot, "2.0.1.1", "US", "rir", "");
	assert_control(snapshot, "2.0.2.1", "FR", "rir", "");
	assert_control(snapshot, "2.0.3.1", "DE", "location", "");
	assert_control(snapshot, "2.0.4.1", "DE", "location", "");
	snapshot_free(snapshot);

	/* below the registries' own list, also where that knows less of the prefix */
	inputs.rir = put("rir.csv", "2.0.0.0/16,FR\n");
	snapshot = compile(&inputs, NULL);
	assert_control(snapshot, "2.0.1.1", "FR", "rir", "");
	world = world_load(snapshot_world(snapshot), NULL, true);
	assert_non_null(world);
	assert_opinions(world, "2.0.1.1", "location mmdb mmdb DE; location geoip tor-geoipdb FR; control rir rir FR; "
					  "control rir mmdb US");
	world_free(world);
	snapshot_free(snapshot);
}

static void test_ases(void **context)
{
	struct build_inputs inputs = inputs_of(POLICY);
	struct snapshot *first, *second;

	fresh_cache("ases");
	inputs.asn = put_ases();
	first = compile(&inputs, NULL);
	assert_control(first, "2.0.1.1", "US", "operator", "aws");
	assert_place(first, "2.0.1.1", "FR", "geoip", "tor-geoipdb");
	/* nobody curated it, and the database knows no countries */
	assert_control(first, "2.0.4.1", "FR", "location", "");
	assert_as(first, "2.0.1.1", 16509, "Amazon \"02\"");
	assert_as(first, "2.0.4.1", 64496, "Example");
	assert_as(first, "2.0.5.1", 0, "");
	assert_as(first, "2001:db8::1", 64496, "Example");
	second = compile(&inputs, NULL);
	assert_same_bytes(first, second);
	snapshot_free(first);
	snapshot_free(second);
}

/* One file for both: countries of a flat record. */
static void test_one_file(void **context)
{
	struct build_inputs inputs = inputs_of(POLICY);
	struct mmdb *db = mmdb_new();
	struct snapshot *snapshot;

	mmdb_both(db, "2.0.1.0/24", "DE", "AS64496", "Beispiel");
	mmdb_both(db, "9.0.0.0/24", "SE", "AS64497", "Exempel");
	inputs.uncached = true;
	inputs.asn = put_mmdb("both.mmdb", db);
	snapshot = compile(&inputs, NULL);
	assert_place(snapshot, "2.0.1.1", "FR", "geoip", "tor-geoipdb");
	assert_place(snapshot, "9.0.0.1", "SE", "libloc", "asn");
	assert_control(snapshot, "2.0.1.1", "DE", "as", "");
	assert_as(snapshot, "2.0.1.1", 64496, "Beispiel");
	snapshot_free(snapshot);
	inputs.mmdb = inputs.asn;
	snapshot = compile(&inputs, NULL);
	assert_place(snapshot, "2.0.1.1", "DE", "mmdb", "mmdb");
	assert_as(snapshot, "9.0.0.1", 64497, "Exempel");
	snapshot_free(snapshot);
}

static void test_wrong_kind(void **context)
{
	struct build_inputs inputs = inputs_of(POLICY);

	inputs.uncached = true;
	inputs.asn = put_countries();
	assert_refused(&inputs, RESID_EXIT_INPUT, "country.mmdb: says of no network which AS announces it; ");
	inputs.asn = "none";
	inputs.mmdb = put_ases();
	assert_refused(&inputs, RESID_EXIT_INPUT, "asn.mmdb: says of no network in which country it is; ");
	inputs.mmdb = NULL;
	inputs.asn = put("noise", "noise");
	assert_refused(&inputs, RESID_EXIT_INPUT, "noise: byte 0: is shorter than the header of a location.db");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registered),
		cmocka_unit_test(test_ases),
		cmocka_unit_test(test_one_file),
		cmocka_unit_test(test_wrong_kind),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
