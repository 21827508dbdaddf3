// SPDX-License-Identifier: Apache-2.0
/*
 * From files to a world: which tier says where an address is, what the policy says above them, and that the order of
 * what has no order does not show.
 */
#include "world_support.h"

#include "util/paths.h"

static void add_country(struct source *source, const char *text, const char *country, const char *registered)
{
	struct source_fact *fact = MEM_PUSH(source->v4.fact, source->v4.count, source->v4.capacity);
	struct prefix prefix;

	assert_null(prefix_parse(text, &prefix));
	fact->first = prefix.first;
	fact->last = prefix_last(&prefix);
	memcpy(fact->country, country, strlen(country) + 1);
	memcpy(fact->registered, registered, strlen(registered) + 1);
}

static void test_location_chain(void **context)
{
	static char *strings[] = { "", "eu-west-3", "nowhere-1" };
	struct source geofeed = { .format = SOURCE_GEOFEED, .name = "partner", .file = "g.csv" };
	struct source other = { .format = SOURCE_GEOFEED, .name = "other", .file = "o.csv" };
	struct source feed = { .format = SOURCE_AWS, .name = "aws", .file = "ip-ranges.json", .string = strings,
			       .string_count = 3 };
	struct source mmdb = { .format = SOURCE_MMDB, .name = "mmdb", .file = "m.mmdb" };
	struct source libloc = { .format = SOURCE_LIBLOC, .name = "libloc", .file = "l.db" };
	struct source *geofeeds[] = { &geofeed, &other };
	const struct world_feed feeds[] = { { &feed, "ip-ranges.json" } };
	struct world_inputs inputs = { .feed = feeds, .feed_count = 1, .geofeed = geofeeds, .geofeed_count = 2,
				       .mmdb = &mmdb, .asn = &libloc };
	_cleanup_policy_ struct policy *policy = support_policy(CLASSES);
	_cleanup_operators_ struct operators *operators = NULL;
	_cleanup_regions_ struct regions *regions = NULL;
	_cleanup_geo_ struct geo_table *geo4 = NULL, *geo6 = NULL;
	_cleanup_world_ struct world *world = NULL;
	struct world_override override = { .location = location_find("IT"), .operator = CONTROL_NO_OPERATOR };
	struct snapshot *snapshot = NULL;
	struct resid_error err = { 0 };

	add_country(&libloc, "2.0.0.0/8", "DE", "");
	add_country(&libloc, "6.0.1.0/24", "DE", "");
	add_country(&mmdb, "2.0.0.0/20", "ES", "US");
	add_country(&mmdb, "6.0.2.0/24", "", "US");
	add_country(&feed, "2.0.4.0/22", "", "");
	feed.v4.fact[0].region = 1;
	/* a longer range of a region that nobody knows: the feed says nothing there */
	add_country(&feed, "2.0.5.0/24", "", "");
	feed.v4.fact[1].region = 2;
	add_country(&geofeed, "2.0.6.0/23", "NO", "");
	/* one that asks not to be located hides the shorter one */
	add_country(&geofeed, "2.0.7.0/24", "", "");
	add_country(&geofeed, "2.0.8.0/24", "SE", "");
	add_country(&other, "2.0.8.0/24", "FI", "");
	assert_null(prefix_parse("2.0.6.128/25", &override.prefix));
	assert_int_equal(geo_tor_parse("geoip", WORLD4, strlen(WORLD4), AF_INET, &geo4, &err), 0);
	assert_int_equal(geo_tor_parse("geoip6", WORLD6, strlen(WORLD6), AF_INET6, &geo6, &err), 0);
	assert_int_equal(operators_read(NULL, &operators, &err), 0);
	assert_int_equal(regions_read(&regions, &err), 0);
	inputs.geo4 = geo4;
	inputs.geo6 = geo6;
	inputs.operators = operators;
	inputs.regions = regions;
	world_new(&inputs, &world);
	world_override(world, &override, 1);
	if (snapshot_build_data(policy, &(struct full_data){ .world = world }, &snapshot, &err))
		fail_msg("%s", err.text);

	assert_place(snapshot, "2.1.0.1", "DE", "libloc", "libloc");
	assert_place(snapshot, "2.0.20.1", "FR", "geoip", "tor-geoipdb");
	assert_place(snapshot, "2.0.1.1", "ES", "mmdb", "mmdb");
	assert_place(snapshot, "2.0.4.1", "FR", "feed", "aws");
	assert_place(snapshot, "2.0.5.1", "ES", "mmdb", "mmdb");
	assert_place(snapshot, "2.0.6.1", "NO", "geofeed", "partner");
	assert_place(snapshot, "2.0.6.129", "IT", "override", "policy");
	assert_place(snapshot, "2.0.7.1", "FR", "feed", "aws");
	/* two that disagree on the same range say nothing */
	assert_place(snapshot, "2.0.8.1", "ES", "mmdb", "mmdb");
	/* geoip's ?? is no opinion; mmdb's registered country is none on a location */
	assert_place(snapshot, "6.0.1.1", "DE", "libloc", "libloc");
	assert_place(snapshot, "6.0.2.1", "unknown", "none", "tor-geoipdb");
	assert_place(snapshot, "5.0.0.1", "region-EU", "geoip", "tor-geoipdb");
	assert_place(snapshot, "10.0.0.1", "local", "none", "policy");
	snapshot_free(snapshot);
	free(geofeed.v4.fact);
	free(other.v4.fact);
	free(feed.v4.fact);
	free(mmdb.v4.fact);
	free(libloc.v4.fact);
}

static void test_overrides(void **context)
{
	static const char text[] = CLASSES
		"sources:\n  overrides:\n"
		"    - {prefix: 2.0.9.0/24, control: [FR, DE], reason: r}\n"
		"    - {prefix: 2.0.9.128/25, operator: bleu, location: DE, reason: r}\n"
		"    - {prefix: 51.81.0.0/16, operator: hetzner, control: [AT], reason: r}\n"
		"    - {prefix: 198.51.100.0/25, location: FR, reason: r}\n"
		"    - {prefix: 192.0.2.0/24, operator: bleu, reason: r}\n"
		"    - {prefix: 10.9.0.0/16, location: FR, reason: r}\n";
	struct build_inputs inputs = inputs_of(text);
	struct snapshot *snapshot;

	inputs.uncached = true;
	inputs.feeds = mem_format("aws=%s", put("ip-ranges.json", AWS("2026-11-01")));
	snapshot = compile(&inputs, NULL);
	assert_control(snapshot, "2.0.8.1", "US", "feed", "aws");
	assert_control(snapshot, "2.0.9.1", "DE,FR", "override", "");
	assert_control(snapshot, "2.0.9.129", "FR", "override", "bleu");
	assert_place(snapshot, "2.0.9.129", "DE", "override", "policy");
	assert_control(snapshot, "2.0.10.1", "US", "feed", "aws");
	/* special prefixes are where somebody here says that they are; what the policy calls local is local */
	assert_place(snapshot, "198.51.100.127", "FR", "override", "policy");
	assert_place(snapshot, "198.51.100.128", "special", "none", "iana");
	assert_place(snapshot, "192.0.2.1", "special", "none", "iana");
	assert_place(snapshot, "10.9.0.1", "local", "none", "policy");
	/* above what operators.yaml says of the very same prefix */
	assert_control(snapshot, "51.81.0.1", "AT", "override", "hetzner");
	assert_control(snapshot, "135.148.0.1", "FR,US", "override", "ovh-us");
	snapshot_free(snapshot);
	free((char *)inputs.feeds);
	inputs = inputs_of(CLASSES "sources: {overrides: [{prefix: 2.0.0.0/24, operator: blue, reason: r}]}\n");
	assert_refused(&inputs, RESID_EXIT_INPUT, "policy.yaml:6:54: unknown operator 'blue'");
	inputs = inputs_of(CLASSES "sources: {overrides: [{prefix: 2.0.0.0/24, operator: amazon, reason: r}]}\n");
	assert_refused(&inputs, RESID_EXIT_INPUT, "unknown operator 'amazon'; 'aws' is Amazon Web Services");
}

/* All tiers, the winner first. */
static void test_opinions(void **context)
{
	struct build_inputs inputs = all_inputs();
	struct snapshot *snapshot;
	struct world *world;

	fresh_cache("opinions");
	snapshot = compile(&inputs, NULL);
	world = world_load(snapshot_world(snapshot), NULL, true);
	assert_non_null(world);
	assert_opinions(world, "2.0.8.1", "location feed aws FR; location geoip tor-geoipdb FR; control feed aws US aws; "
					  "control rir rir FR");
	assert_opinions(world, "2.0.9.1", "location geoip tor-geoipdb FR; control feed aws US aws; control rir rir FR");
	assert_opinions(world, "2.0.10.255", "location geofeed partner NO; location feed aws FR; "
					     "location geoip tor-geoipdb FR; control feed aws US aws; control rir rir FR");
	assert_opinions(world, "51.81.0.0", "control override operators FR,US ovh-us");
	assert_opinions(world, "2a00::5", "location geoip tor-geoipdb FR");
	assert_opinions(world, "9.9.9.9", "");
	world_free(world);
	snapshot_free(snapshot);
	free_inputs(&inputs);
}

static void test_overlaps(void **context)
{
	struct build_inputs inputs = all_inputs();
	struct snapshot *snapshot;
	struct heard heard;
	unsigned int round;

	fresh_cache("overlaps");
	/* also from the cache */
	for (round = 0; round < 2; round++) {
		snapshot = compile(&inputs, &heard);
		assert_non_null(strstr(heard.text, "sources 'aws' and 'google' both list 128 IPv4 addresses and 0 IPv6 /64s"));
		assert_control(snapshot, "3.0.8.1", "US", "feed", "aws");
		assert_control(snapshot, "3.0.8.129", "US", "feed", "google");
		assert_place(snapshot, "3.0.8.129", "FR", "feed", "google");
		snapshot_free(snapshot);
	}
	free_inputs(&inputs);
}

/* Feeds, geofeeds, overrides and the lines of a file have no order. */
static void test_order(void **context)
{
	struct build_inputs inputs = all_inputs();
	struct snapshot *first, *second;

	inputs.uncached = true;
	put("rir.csv", "2.0.0.0/16,FR\n2.0.0.0/16,DE\n3.0.0.0/16,US\n2.0.1.0/24,NO\n");
	first = compile(&inputs, NULL);
	free((char *)inputs.feeds);
	inputs.feeds = mem_format("google=%s,aws=%s", in_folder("cloud.json"), in_folder("ip-ranges.json"));
	second = compile(&inputs, NULL);
	assert_same_bytes(first, second);
	snapshot_free(second);
	snapshot_free(first);

	put("policy.yaml", CLASSES "sources:\n  overrides:\n    - {prefix: 2.0.0.0/24, location: DE, reason: r}\n"
				   "    - {prefix: 2.0.0.0/25, control: DE, reason: r}\n");
	first = compile(&inputs, NULL);
	put("policy.yaml", CLASSES "sources:\n  overrides:\n    - {prefix: 2.0.0.0/25, control: DE, reason: r}\n"
				   "    - {prefix: 2.0.0.0/24, location: DE, reason: r}\n");
	second = compile(&inputs, NULL);
	/* the text of the policy is part of a snapshot; what the kernel gets is not */
	{
		size_t a_length, b_length, header = sizeof(struct resid_snapshot_header);
		const uint8_t *a = snapshot_kernel_part(first, &a_length), *b = snapshot_kernel_part(second, &b_length);

		assert_int_equal(a_length, b_length);
		assert_memory_equal(a + header, b + header, a_length - header);
	}
	snapshot_free(second);
	snapshot_free(first);

	put("policy.yaml", POLICY);
	first = compile(&inputs, NULL);
	put("rir.csv", "2.0.1.0/24,NO\n3.0.0.0/16,US\n2.0.0.0/16,DE\n2.0.0.0/16,FR\n");
	second = compile(&inputs, NULL);
	assert_control(first, "2.0.20.1", "DE,FR", "rir", "");
	/* another file with another digest, but the same tables */
	{
		size_t a_length, b_length, header = sizeof(struct resid_snapshot_header);
		const uint8_t *a = snapshot_kernel_part(first, &a_length), *b = snapshot_kernel_part(second, &b_length);

		assert_int_equal(a_length, b_length);
		assert_memory_equal(a + header, b + header, a_length - header);
	}
	snapshot_free(second);
	snapshot_free(first);
	free_inputs(&inputs);
}

#define OPERATORS                                                                                                    \
	"resid-operators: 1\ndate: 2026-11-01\noperators:\n"                                                         \
	"  - {id: one, name: One, parent: One, citation: c, reviewed: 2026-11-01, confidence: low, prefixes: "         \
	"[2.0.0.0/24],\n     jurisdictions: [{country: US, basis: law}, {country: US, basis: old, valid_until: "       \
	"2026-11-21}]}\n"                                                                                            \
	"  - {id: two, name: Two, parent: Two, citation: c, reviewed: 2026-11-01, confidence: low, prefixes: "         \
	"[2.0.1.0/24],\n     jurisdictions: [{country: FR, basis: seat}, {country: US, basis: old, valid_until: "      \
	"2026-11-21}]}\n"                                                                                            \
	"  - {id: idle, name: Idle, parent: Idle, citation: c, reviewed: 2026-11-01, confidence: low,\n"               \
	"     jurisdictions: [{country: US, basis: old, valid_until: 2026-11-21}]}\n"

/* They are told, and nothing is loosened. */
static void test_ended_bases(void **context)
{
	struct build_inputs inputs = inputs_of(POLICY);
	struct snapshot *before, *after;
	struct snapshot_place place;
	struct heard heard;

	inputs.uncached = true;
	inputs.operators = put("operators.yaml", OPERATORS);
	inputs.now = NOW - 1;
	before = compile(&inputs, &heard);
	assert_string_equal(heard.text, "");
	inputs.now = NOW;
	after = compile(&inputs, &heard);
	assert_string_equal(heard.text,
			    "operators.yaml: 'old' ended on 2026-11-21 (1 of the operators, among them 'one'); other bases stand, review the entries\n"
			    "operators.yaml: all that puts 'two' under the law of US has ended, 'old' on 2026-11-21; it still counts, review the entry\n");
	assert_same_bytes(before, after);
	assert_control(after, "2.0.1.1", "FR,US", "override", "two");
	look(after, "2.0.0.1", &place);
	assert_string_equal(place.basis, "US: law; US: old, until 2026-11-21");
	/* who only looks is not told */
	snapshot_free(after);
	inputs.lenient = true;
	after = compile(&inputs, &heard);
	assert_string_equal(heard.text, "");
	snapshot_free(before);
	snapshot_free(after);
}

/* ---- country sets ---- */

#define SET(until, members) "set: adequacy\ndate: 2026-01-01\n" until "source: s\nmembers: [" members "]\n"

static const char *put_set(const char *root, const char *text)
{
	_cleanup_free_ char *folder_name = mem_format("%s/sets", root), *name = mem_format("%s/sets/adequacy.yaml", root);
	struct resid_error err;

	assert_int_equal(paths_make_dir(in_folder(folder_name), 0755, &err), 0);
	return put(name, text);
}

static const char *members(const struct snapshot *snapshot)
{
	size_t i;

	for (i = 0; i < snapshot_set_count(snapshot); i++)
		if (!strcmp(snapshot_set_at(snapshot, i).name, "adequacy"))
			return snapshot_set_at(snapshot, i).members;
	return "no such set";
}

/* A snapshot knows when the law ends that a set of its copies; the end does not move with the day of the compile. */
static void test_set_ends(void **context)
{
	struct build_inputs inputs =
		inputs_of(CLASSES "rules: [{id: a, class: open, location: [EU, adequacy], verdict: audit, reason: r}]\n");
	struct snapshot *snapshot, *later;
	int64_t ended = 0;

	inputs.uncached = true;
	put_set("own", SET("valid_until: 2026-11-21\n", "CH"));
	inputs.sets = in_folder("own/sets");
	inputs.now = NOW - 1;
	snapshot = compile(&inputs, NULL);
	assert_null(snapshot_set_ended(snapshot, NOW - 1, &ended));
	assert_string_equal(snapshot_set_ended(snapshot, NOW, &ended), "adequacy");
	assert_int_equal(ended, NOW);
	inputs.now = NOW + 100 * DAY;
	later = compile(&inputs, NULL);
	assert_same_bytes(snapshot, later);
	snapshot_free(snapshot);
	snapshot_free(later);

	/* one that the policy does not use, and one without an end */
	put("policy.yaml", CLASSES "rules: [{id: a, class: open, location: EU, verdict: audit, reason: r}]\n");
	snapshot = compile(&inputs, NULL);
	assert_null(snapshot_set_ended(snapshot, INT64_MAX, &ended));
	snapshot_free(snapshot);
}

/* Where packs are looked for, in the same order. */
static void test_set_folders(void **context)
{
	struct build_inputs inputs =
		inputs_of(CLASSES "rules: [{id: a, class: open, location: adequacy, verdict: audit, reason: r}]\n");
	struct snapshot *snapshot;

	inputs.uncached = true;
	inputs.sets = NULL;
	setenv("RESID_CONF_DIR", in_folder("conf"), 1);
	setenv("RESID_SHARE_DIR", in_folder("share"), 1);
	snapshot = compile(&inputs, NULL);
	assert_non_null(strstr(members(snapshot), "JP"));
	snapshot_free(snapshot);
	put_set("share", SET("", "CH"));
	snapshot = compile(&inputs, NULL);
	assert_string_equal(members(snapshot), "CH");
	snapshot_free(snapshot);
	put_set("conf", SET("", "IS"));
	snapshot = compile(&inputs, NULL);
	assert_string_equal(members(snapshot), "IS");
	snapshot_free(snapshot);
	put_set("conf", SET("valid_until: 2026-11-21\n", "IS"));
	{
		struct heard heard;
		_cleanup_free_ char *where = mem_format("put a newer file into %s/sets", in_folder("conf"));

		snapshot_free(compile(&inputs, &heard));
		assert_non_null(strstr(heard.text, where));
	}
	unsetenv("RESID_CONF_DIR");
	unsetenv("RESID_SHARE_DIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_location_chain),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_opinions),
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_ended_bases),
		cmocka_unit_test(test_set_ends),
		cmocka_unit_test(test_set_folders),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
