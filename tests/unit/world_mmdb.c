// SPDX-License-Identifier: Apache-2.0
/* From MaxMind DBs to a snapshot: the country is a location, the registered country a registration, the AS an AS. */
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

/* The registered country is where the holder is registered: neither control nor a location. */
static void test_registered(void **context)
{
	struct build_inputs inputs = inputs_of(POLICY);
	struct snapshot *snapshot;

	inputs.uncached = true;
	inputs.mmdb = put_countries();
	snapshot = compile(&inputs, NULL);
	assert_place(snapshot, "2.0.1.1", "DE", "mmdb", "mmdb");
	assert_control(snapshot, "2.0.1.1", "", "none", "");
	assert_registered(snapshot, "2.0.1.1", "US");
	assert_registered(snapshot, "2.0.2.1", "FR");
	assert_registered(snapshot, "2.0.3.1", "");
	assert_registered(snapshot, "2.0.4.1", "");
	snapshot_free(snapshot);

	/* beside the registries' own list */
	inputs.rir = put("rir.csv", "2.0.0.0/16,FR\n");
	snapshot = compile(&inputs, NULL);
	assert_registered(snapshot, "2.0.1.1", "FR,US");
	assert_opinions(snapshot, "2.0.1.1", "location mmdb mmdb DE; location geoip tor-geoipdb FR; -registered rir rir FR; "
					     "registered mmdb mmdb US");
	snapshot_free(snapshot);
}

/* A base of another state is under its law, although nobody is named: it refuses, and lets nothing go. */
static void test_represented(void **context)
{
	struct build_inputs inputs = inputs_of(CLASSES
					       "rules:\n  - {id: us, class: shut, control: {in: US}, port: 25, verdict: drop, reason: r}\n"
					       "  - {id: home, class: shut, location: FR, control: {subset of: [FR, US]}, min_tier: holder, verdict: allow, "
					       "reason: r, justification: j}\n");
	struct mmdb *db = mmdb_new();
	struct snapshot *snapshot;

	mmdb_add(db, "2.0.1.0/24");
	mmdb_map(&db->data, 2);
	mmdb_code(db, "country", "FR");
	mmdb_code(db, "represented_country", "US");
	inputs.uncached = true;
	inputs.mmdb = put_mmdb("base.mmdb", db);
	snapshot = compile(&inputs, NULL);
	assert_control(snapshot, "2.0.1.1", "US", "represented", "");
	assert_string_equal(support_rule(snapshot, 2, "2.0.1.1", 6, 25), "us");
	assert_string_equal(support_rule(snapshot, 2, "2.0.1.1", 6, 443), "default-shut");
	snapshot_free(snapshot);
}

/* The flags of a network are places of their own. */
static void test_flags(void **context)
{
	struct build_inputs inputs = inputs_of(CLASSES
					       "rules: [{id: home, class: shut, location: [EU, US], verdict: allow, reason: r, justification: j}]\n");
	struct mmdb *db = mmdb_new();
	struct snapshot *snapshot;

	mmdb_add(db, "2.0.1.0/24");
	mmdb_map(&db->data, 2);
	mmdb_code(db, "country", "US");
	mmdb_text(&db->data, "traits");
	mmdb_map(&db->data, 1);
	mmdb_true(db, "is_anycast");
	inputs.uncached = true;
	inputs.mmdb = put_mmdb("flags.mmdb", db);
	snapshot = compile(&inputs, NULL);
	assert_place(snapshot, "2.0.1.1", "anycast", "mmdb", "mmdb");
	assert_string_equal(support_rule(snapshot, 2, "2.0.1.1", 6, 443), "default-shut");
	assert_string_equal(support_rule(snapshot, 2, "2.0.2.1", 6, 443), "home");
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
	/* a cloud, without its list */
	assert_place(first, "2.0.1.1", "unknown", "none", "");
	/* nobody curated it */
	assert_place(first, "2.0.4.1", "FR", "geoip", "tor-geoipdb");
	assert_control(first, "2.0.4.1", "", "none", "");
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
	/* of one day, so the stronger has the word */
	assert_place(snapshot, "2.0.1.1", "FR", "geoip", "tor-geoipdb");
	assert_place(snapshot, "9.0.0.1", "SE", "libloc", "asn");
	assert_control(snapshot, "2.0.1.1", "", "none", "");
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
	assert_refused(&inputs, RESID_EXIT_INPUT, "noise: is of no format that is read here: asn-csv, ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registered),
		cmocka_unit_test(test_represented),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_ases),
		cmocka_unit_test(test_one_file),
		cmocka_unit_test(test_wrong_kind),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
