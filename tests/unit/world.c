// SPDX-License-Identifier: Apache-2.0
/*
 * From files to a world: who says where an address is and who controls it, what holds of that, what the policy says
 * itself, and that the order of what has no order does not show.
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

static void add_region(struct source *source, const char *text, uint32_t region)
{
	add_country(source, text, "", "");
	source->v4.fact[source->v4.count - 1].region = region;
}

/* Locations by everybody, and what holds of them. The days of the sources are ages before SUPPORT_NOW. */
static struct snapshot *place_all(const char *rules, const char *feed_date, const char *geofeed_date,
				  const char *libloc_date)
{
	static char *strings[] = { "", "GLOBAL", "eu-central-1", "eu-central-1-ist-1", "eu-west-3", "nowhere-1" };
	struct source geofeed = { .format = SOURCE_GEOFEED, .name = "partner", .file = "g.csv" };
	struct source other = { .format = SOURCE_GEOFEED, .name = "other", .file = "o.csv" };
	struct source own = { .format = SOURCE_GEOFEED, .name = "hetzner", .file = "h.csv" };
	struct source feed = { .format = SOURCE_AWS, .name = "aws", .file = "ip-ranges.json", .string = strings,
			       .string_count = 6 };
	struct source mmdb = { .format = SOURCE_MMDB, .name = "mmdb", .file = "m.mmdb", .date = "2026-06-01" };
	struct source libloc = { .format = SOURCE_LIBLOC, .name = "libloc", .file = "l.db" };
	struct source *geofeeds[] = { &geofeed, &other, &own }, *mmdbs[] = { &mmdb }, *asns[] = { &libloc };
	const struct world_feed feeds[] = { { &feed, "ip-ranges.json" } };
	struct world_inputs inputs = { .feed = feeds, .feed_count = 1, .geofeed = geofeeds, .geofeed_count = 3,
				       .mmdb = mmdbs, .mmdb_count = 1, .asn = asns, .asn_count = 1 };
	_cleanup_free_ char *text = mem_format(CLASSES "%s", rules);
	_cleanup_policy_ struct policy *policy = support_policy(text);
	_cleanup_operators_ struct operators *operators = NULL;
	_cleanup_regions_ struct regions *regions = NULL;
	_cleanup_geo_ struct geo_table *geo4 = NULL, *geo6 = NULL;
	_cleanup_world_ struct world *world = NULL;
	struct world_override override = { .location = location_find("IT"), .operator = EVIDENCE_NOBODY };
	struct snapshot *snapshot = NULL;
	struct resid_error err = { 0 };

	strcpy(feed.date, feed_date);
	strcpy(geofeed.date, geofeed_date);
	strcpy(other.date, geofeed_date);
	strcpy(own.date, geofeed_date);
	strcpy(libloc.date, libloc_date);
	add_country(&libloc, "2.0.0.0/8", "DE", "");
	add_country(&libloc, "6.0.1.0/24", "DE", "");
	add_country(&libloc, "2.0.11.0/24", "FR", "");
	libloc.v4.fact[2].flags = SOURCE_F_ANYCAST;
	add_country(&mmdb, "2.0.0.0/20", "ES", "US");
	add_country(&mmdb, "6.0.2.0/24", "", "US");
	add_country(&mmdb, "2.0.12.0/24", "FR", "");
	mmdb.v4.fact[2].flags = SOURCE_F_SATELLITE | SOURCE_F_PROXY;
	add_region(&feed, "2.0.4.0/22", 4);
	/* a longer range of a region that nobody knows is somewhere */
	add_region(&feed, "2.0.5.0/24", 5);
	add_region(&feed, "2.0.30.0/24", 1);
	add_region(&feed, "3.0.0.0/22", 2);
	add_region(&feed, "3.0.1.0/24", 3);
	add_country(&geofeed, "2.0.6.0/23", "NO", "");
	/* one that asks not to be located hides the shorter one */
	add_country(&geofeed, "2.0.7.0/24", "", "");
	add_country(&geofeed, "2.0.8.0/24", "SE", "");
	add_country(&geofeed, "2.0.9.0/24", "SE", "");
	add_country(&geofeed, "2.0.9.0/24", "US", "");
	add_country(&other, "2.0.8.0/24", "FI", "");
	/* an operator speaks of its own addresses alone */
	add_country(&own, "2.0.10.0/24", "US", "");
	add_country(&own, "2.0.40.0/24", "US", "");
	assert_null(prefix_parse("2.0.6.128/25", &override.prefix));
	libloc.v4.fact[0].asn = 64496;
	add_country(&libloc, "2.0.40.0/24", "DE", "");
	libloc.v4.fact[3].asn = 24940;
	add_country(&libloc, "2.0.50.0/24", "DE", "");
	libloc.v4.fact[4].asn = 16509;
	source_order(&libloc.v4);
	source_order(&mmdb.v4);
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
	assert_int_equal(world->region_count, 1);
	assert_string_equal(world->region[0].name, "nowhere-1");
	assert_int_equal(world->region[0].v4, 256);
	if (snapshot_build_data(policy, &(struct full_data){ .world = world, .now = SUPPORT_NOW }, &snapshot, &err))
		fail_msg("%s", err.text);
	free(geofeed.v4.fact);
	free(other.v4.fact);
	free(own.v4.fact);
	free(feed.v4.fact);
	free(mmdb.v4.fact);
	free(libloc.v4.fact);
	return snapshot;
}

static void assert_where(const struct snapshot *snapshot, const char *address, const char *location, const char *where)
{
	struct snapshot_place place;

	look(snapshot, address, &place);
	if (strcmp(place.location, location) || strcmp(place.where, where))
		fail_msg("%s: %s of %s, not %s of %s", address, place.location, place.where, location, where);
}

static void test_location_chain(void **context)
{
	struct snapshot *snapshot = place_all("", "2026-07-10", "2026-07-10", "2022-10-29");

	/* what is four years old does not speak against what is fresh and stronger; where it is alone it is all there
	 * is */
	assert_place(snapshot, "2.0.20.1", "FR", "geoip", "tor-geoipdb");
	assert_where(snapshot, "2.0.20.1", "FR", "FR");
	assert_place(snapshot, "2.1.0.1", "DE", "libloc", "libloc");
	assert_place(snapshot, "6.0.1.1", "DE", "libloc", "libloc");
	/* the strongest has the word, unless somebody younger says another */
	assert_where(snapshot, "2.0.1.1", "unknown", "ES,FR");
	assert_place(snapshot, "2.0.4.1", "FR", "feed", "aws");
	assert_where(snapshot, "2.0.4.1", "FR", "ES,FR");
	assert_where(snapshot, "2.0.5.1", "unknown", "ES,FR,unknown");
	assert_place(snapshot, "2.0.6.1", "NO", "geofeed", "partner");
	assert_where(snapshot, "2.0.6.1", "NO", "ES,FR,NO");
	assert_place(snapshot, "2.0.6.129", "IT", "override", "policy");
	assert_where(snapshot, "2.0.6.129", "IT", "IT");
	assert_place(snapshot, "2.0.7.1", "FR", "feed", "aws");
	/* two lists of one day that disagree, and two rows of one list */
	assert_where(snapshot, "2.0.8.1", "SE", "ES,FI,FR,SE");
	assert_where(snapshot, "2.0.9.1", "unknown", "ES,FR,SE,US");
	/* a geofeed counts where its operator is named, and nowhere else */
	assert_where(snapshot, "2.0.10.1", "unknown", "ES,FR");
	assert_where(snapshot, "2.0.40.1", "US", "FR,US");
	/* nowhere in particular: a flag does not age, and GLOBAL is everywhere */
	assert_where(snapshot, "2.0.11.1", "anycast", "ES,FR,anycast");
	assert_where(snapshot, "2.0.12.1", "satellite", "FR,satellite,proxy");
	assert_where(snapshot, "2.0.30.1", "anycast", "FR,anycast");
	/* the finest field of a record: a zone of Frankfurt's region that is in Istanbul */
	assert_where(snapshot, "3.0.0.1", "DE", "DE,US");
	assert_where(snapshot, "3.0.1.1", "TR", "TR,US");
	/* of a cloud whose list does not have it nobody knows where it is */
	assert_where(snapshot, "2.0.50.1", "unknown", "FR,unknown");
	/* geoip's ?? is no opinion; mmdb's registered country is none on a location */
	assert_where(snapshot, "6.0.2.1", "unknown", "unknown");
	assert_registered(snapshot, "6.0.2.1", "US");
	assert_place(snapshot, "5.0.0.1", "region-EU", "geoip", "tor-geoipdb");
	assert_place(snapshot, "10.0.0.1", "local", "none", "policy");
	snapshot_free(snapshot);
}

/* A list of last year against young data: both may be right, so neither is. */
static void test_old_feed(void **context)
{
	struct snapshot *snapshot = place_all("", "2025-07-01", "", "2026-07-01");

	assert_where(snapshot, "3.0.0.1", "unknown", "DE,US");
	assert_where(snapshot, "2.0.4.1", "unknown", "DE,ES,FR");
	/* undated is old */
	assert_where(snapshot, "2.0.6.1", "unknown", "DE,ES,FR,NO");
	/* and libloc is young now */
	assert_where(snapshot, "2.0.20.1", "unknown", "DE,FR");
	snapshot_free(snapshot);
}

static void assert_rule(const struct snapshot *snapshot, const char *address, const char *expected)
{
	const char *rule = support_rule(snapshot, 2, address, 6, 443);

	if (strcmp(rule, expected))
		fail_msg("%s: %s, not %s", address, rule, expected);
}

/* An allow wants every place that it may be in; a denial one. What `unknown` is, is said by name. */
static void test_disputed(void **context)
{
	struct snapshot *snapshot = place_all(
		"rules:\n"
		"  - {id: norway, class: shut, location: 'NO', verdict: drop, reason: r}\n"
		"  - {id: home, class: shut, location: [EU], verdict: allow, reason: r}\n"
		"  - {id: nowhere, class: shut, location: [anycast, satellite, proxy], verdict: drop, reason: r}\n"
		"  - {id: sky, class: shut, location: unknown, verdict: audit, reason: r}\n", "2026-07-10", "2026-07-10", "2022-10-29");

	assert_rule(snapshot, "2.0.20.1", "home");
	/* FR or ES: in the EU in any case */
	assert_rule(snapshot, "2.0.1.1", "home");
	/* somebody says Norway */
	assert_rule(snapshot, "2.0.6.1", "norway");
	assert_rule(snapshot, "2.0.9.1", "default-shut");
	assert_rule(snapshot, "2.0.11.1", "nowhere");
	assert_rule(snapshot, "2.0.12.1", "nowhere");
	assert_rule(snapshot, "2.0.30.1", "nowhere");
	assert_rule(snapshot, "3.0.0.1", "default-shut");
	assert_rule(snapshot, "2.0.50.1", "default-shut");
	assert_rule(snapshot, "6.0.2.1", "sky");
	snapshot_free(snapshot);
}

static void test_overrides(void **context)
{
	static const char text[] = CLASSES
		"sources:\n  overrides:\n"
		"    - {prefix: 2.0.9.0/24, control: [FR, DE], reason: r}\n"
		"    - {prefix: 2.0.9.128/25, operator: bleu, location: DE, reason: r}\n"
		"    - {prefix: 2.0.10.0/25, operator: bleu, reason: r, until: 2026-12-01T00:00:00Z}\n"
		"    - {prefix: 51.81.0.0/16, operator: hetzner, control: [AT], reason: r}\n"
		"    - {prefix: 198.51.100.0/25, location: FR, reason: r}\n"
		"    - {prefix: 192.0.2.0/24, operator: bleu, reason: r}\n"
		"    - {prefix: 10.9.0.0/16, location: FR, reason: r}\n"
		"    - {prefix: 9.9.9.0/24, location: anycast, reason: r}\n";
	struct build_inputs inputs = inputs_of(text);
	struct snapshot *snapshot;

	inputs.uncached = true;
	inputs.feeds = mem_format("aws=%s", put("ip-ranges.json", AWS("2026-11-01")));
	snapshot = compile(&inputs, NULL);
	assert_control(snapshot, "2.0.8.1", "US", "feed", "aws");
	/* beside what others say; with an end in place of it */
	assert_control(snapshot, "2.0.9.1", "DE,FR,US", "override", "");
	assert_control(snapshot, "2.0.9.129", "FR,US", "override", "bleu");
	assert_place(snapshot, "2.0.9.129", "DE", "override", "policy");
	assert_control(snapshot, "2.0.10.1", "FR", "override", "bleu");
	assert_control(snapshot, "2.0.10.129", "US", "feed", "aws");
	/* special prefixes are where somebody here says that they are; what the policy calls local is local */
	assert_place(snapshot, "198.51.100.127", "FR", "override", "policy");
	assert_place(snapshot, "198.51.100.128", "special", "none", "iana");
	assert_place(snapshot, "192.0.2.1", "special", "none", "iana");
	assert_place(snapshot, "10.9.0.1", "local", "none", "policy");
	assert_place(snapshot, "9.9.9.9", "anycast", "override", "policy");
	/* beside what operators.yaml says of the very same prefix */
	assert_control(snapshot, "51.81.0.1", "AT,FR,US", "override", "hetzner");
	assert_control(snapshot, "135.148.0.1", "FR,US", "prefix", "ovh-us");
	snapshot_free(snapshot);
	free((char *)inputs.feeds);
	inputs = inputs_of(CLASSES "sources: {overrides: [{prefix: 2.0.0.0/24, operator: blue, reason: r}]}\n");
	assert_refused(&inputs, RESID_EXIT_INPUT, "policy.yaml:6:54: unknown operator 'blue'");
	inputs = inputs_of(CLASSES "sources: {overrides: [{prefix: 2.0.0.0/24, operator: amazon, reason: r}]}\n");
	assert_refused(&inputs, RESID_EXIT_INPUT, "unknown operator 'amazon'; 'aws' is Amazon Web Services");
}

static const char *rule_at(const struct snapshot *snapshot, const char *address, int64_t now)
{
	const struct resid_flow flow = { .now = now, .proto = 6, .proto_known = true, .has_port = true, .dport = 443 };

	return support_rule_of(snapshot, 2, address, &flow);
}

/* An override settles what is contradicted until its end, and the kernel sees to that. */
static void test_override_ends(void **context)
{
	static const char text[] = CLASSES
		"sources:\n  overrides:\n"
		"    - {prefix: 2.0.8.0/24, operator: bleu, reason: r, until: 2026-12-01T00:00:00Z}\n"
		"    - {prefix: 2.0.8.128/25, operator: bleu, reason: r, until: 2026-11-20T00:00:00Z}\n"
		"    - {prefix: 2.0.10.0/24, operator: bleu, reason: r}\n"
		"rules:\n"
		"  - {id: home, class: shut, location: EU, control: {subset of: EU}, min_tier: override, uncontradicted: true,\n"
		"     verdict: allow, reason: r}\n"
		"  - {id: us, class: shut, control: {in: US}, port: 443, verdict: drop, reason: r}\n";
	const int64_t end = NOW + 9 * DAY;
	struct build_inputs inputs = inputs_of(text);
	struct snapshot *snapshot;

	inputs.uncached = true;
	inputs.rir = put("rir.csv", "2.0.0.0/16,US\n");
	inputs.feeds = mem_format("aws=%s", put("ip-ranges.json", AWS("2026-11-01")));
	snapshot = compile(&inputs, NULL);
	assert_string_equal(rule_at(snapshot, "2.0.8.1", end - 1), "home");
	assert_string_equal(rule_at(snapshot, "2.0.8.1", end), "us");
	/* it had ended before */
	assert_string_equal(rule_at(snapshot, "2.0.8.129", NOW - 10 * DAY), "us");
	/* without an end it settles nothing */
	assert_string_equal(rule_at(snapshot, "2.0.10.1", NOW), "us");
	snapshot_free(snapshot);
	free((char *)inputs.feeds);
}

/* All that is said of a place, from strong to weak. */
static void test_opinions(void **context)
{
	struct build_inputs inputs = all_inputs();
	struct snapshot *snapshot;

	inputs.uncached = true;
	snapshot = compile(&inputs, NULL);
	assert_opinions(snapshot, "2.0.8.1", "location feed aws FR aws; location geoip tor-geoipdb FR; -registered rir rir FR; "
					     "control feed aws US aws");
	assert_opinions(snapshot, "2.0.9.1", "location feed aws anycast aws; location geoip tor-geoipdb FR; "
					     "-registered rir rir FR; control feed aws US aws");
	assert_opinions(snapshot, "2.0.10.255", "-location geofeed partner NO; location feed aws FR aws; "
						"location geoip tor-geoipdb FR; -registered rir rir FR; control feed aws US aws");
	/* to the world of this test the day of operators.yaml has not come, so it is not fresh */
	assert_opinions(snapshot, "51.81.0.0", "-control prefix operators FR,US ovh-us");
	assert_opinions(snapshot, "2a00::5", "-location geoip tor-geoipdb FR");
	assert_opinions(snapshot, "9.9.9.9", "");
	assert_opinions(snapshot, "10.0.0.1", "location none policy local");
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
		/* both are named */
		assert_opinions(snapshot, "3.0.8.129", "location feed aws DE aws; location feed google FR google; "
						       "location geoip tor-geoipdb US; -registered rir rir US; "
						       "control feed aws US aws; control feed google US google");
		assert_where(snapshot, "3.0.8.129", "DE", "DE,FR,US");
		snapshot_free(snapshot);
	}
	free_inputs(&inputs);
}

/* A region that regions.yaml does not know is told, with how much is in it; from the cache as well. */
static void test_unknown_region(void **context)
{
	struct build_inputs inputs = inputs_of(POLICY);
	struct snapshot *snapshot;
	struct heard heard;

	fresh_cache("regions");
	inputs.feeds = mem_format("aws=%s", put("ip-ranges.json",
						"{\"createDate\": \"2026-11-01-00-00-00\", \"prefixes\": ["
						"{\"ip_prefix\": \"2.0.8.0/22\", \"region\": \"me-westest-1\", \"service\": \"EC2\"}], \"ipv6_prefixes\": ["
						"{\"ipv6_prefix\": \"2a00::/48\", \"region\": \"me-westest-1\", \"service\": \"EC2\"}]}"));
	for (unsigned int round = 0; round < 2; round++) {
		snapshot = compile(&inputs, &heard);
		assert_non_null(strstr(heard.text, "source 'aws' (ip-ranges.json) has 1024 IPv4 addresses and 65536 IPv6 /64s in the region 'me-westest-1', which regions.yaml does not know"));
		assert_where(snapshot, "2.0.8.1", "unknown", "FR,unknown");
		snapshot_free(snapshot);
	}
	free((char *)inputs.feeds);
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
	assert_same_tables(first, second);
	snapshot_free(second);
	snapshot_free(first);

	put("policy.yaml", POLICY);
	first = compile(&inputs, NULL);
	put("rir.csv", "2.0.1.0/24,NO\n3.0.0.0/16,US\n2.0.0.0/16,DE\n2.0.0.0/16,FR\n");
	second = compile(&inputs, NULL);
	assert_registered(first, "2.0.20.1", "DE,FR");
	/* another file with another digest, but the same tables */
	assert_same_tables(first, second);
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
	assert_control(after, "2.0.1.1", "FR,US", "prefix", "two");
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
	inputs.now = NOW + 2 * DAY;
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
		cmocka_unit_test(test_old_feed),
		cmocka_unit_test(test_disputed),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_override_ends),
		cmocka_unit_test(test_opinions),
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_unknown_region),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_ended_bases),
		cmocka_unit_test(test_set_ends),
		cmocka_unit_test(test_set_folders),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
