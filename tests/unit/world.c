// SPDX-License-Identifier: Apache-2.0
/*
 * From files to a world: which tier says where an address is, what is kept on disk and when it is believed, what a
 * policy's guards refuse, and that the order of what has no order does not show.
 */
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "geo/opinions.h"
#include "geo/world_file.h"
#include "snapshot/full_build.h"
#include "util/file.h"
#include "util/memory.h"

#define DAY 86400
#define NOW 1795305600	/* 2026-11-22 */

static char folder[] = "/tmp/resid-world-XXXXXX";

/* Stays as it is: one place a name. */
static const char *in_folder(const char *name)
{
	static char path[32][128];
	size_t i;
	_cleanup_free_ char *wanted = mem_format("%s/%s", folder, name);

	for (i = 0; *path[i] && strcmp(path[i], wanted); i++)
		assert_true(i + 1 < 32);
	snprintf(path[i], sizeof(path[i]), "%s", wanted);
	return path[i];
}

static const char *put(const char *name, const char *text)
{
	const char *path = in_folder(name);
	struct resid_error err;

	if (file_write(path, text, strlen(text), 0644, FILE_OWN_GROUP, &err))
		fail_msg("%s", err.text);
	return path;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

#define AWS(date)                                                                                                    \
	"{\"createDate\": \"" date "-00-00-00\", \"prefixes\": ["                                                    \
	"{\"ip_prefix\": \"2.0.8.0/22\", \"region\": \"eu-west-3\", \"service\": \"EC2\"},"                           \
	"{\"ip_prefix\": \"2.0.9.0/24\", \"region\": \"GLOBAL\", \"service\": \"CLOUDFRONT\"},"                       \
	"{\"ip_prefix\": \"3.0.8.0/24\", \"region\": \"eu-central-1\", \"service\": \"EC2\"}], \"ipv6_prefixes\": []}"
#define AWS_SMALL(date)                                                                                              \
	"{\"createDate\": \"" date "-00-00-00\", \"prefixes\": ["                                                    \
	"{\"ip_prefix\": \"3.0.8.0/24\", \"region\": \"eu-central-1\", \"service\": \"EC2\"}], \"ipv6_prefixes\": []}"
#define GOOGLE                                                                                                       \
	"{\"creationTime\": \"2026-11-01T00:00:00\", \"prefixes\": ["                                                \
	"{\"ipv4Prefix\": \"3.0.8.128/25\", \"service\": \"Google Cloud\", \"scope\": \"europe-west9\"}]}"
#define GEOFEED "2.0.10.0/24,NO,,,\n"
#define RIR     "2.0.0.0/16,FR\n3.0.0.0/16,US\n"

struct heard {
	char text[4096];
};

static void hear(void *context, const char *text)
{
	struct heard *heard = context;

	snprintf(heard->text + strlen(heard->text), sizeof(heard->text) - strlen(heard->text), "%s\n", text);
}

/* With the files of the folder. */
static struct build_inputs inputs_of(const char *policy)
{
	struct build_inputs inputs = { .sets = "/nonexistent", .asn = "none", .now = NOW };

	inputs.geoip4 = put("geoip", WORLD4);
	inputs.geoip6 = put("geoip6", WORLD6);
	inputs.policy = put("policy.yaml", policy);
	return inputs;
}

static struct snapshot *compile(const struct build_inputs *inputs, struct heard *heard)
{
	struct snapshot *snapshot = NULL;
	struct resid_error err = { 0 };

	if (heard)
		*heard->text = '\0';
	if (snapshot_build(inputs, heard ? hear : NULL, heard, &snapshot, &err))
		fail_msg("%s", err.text);
	return snapshot;
}

static void assert_refused(const struct build_inputs *inputs, enum resid_exit status, const char *expected)
{
	struct snapshot *snapshot = NULL;
	struct resid_error err = { 0 };

	assert_int_equal(snapshot_build(inputs, NULL, NULL, &snapshot, &err), -1);
	assert_null(snapshot);
	if (!strstr(err.text, expected) || err.status != status)
		fail_msg("status %d, '%s' does not say '%s'", err.status, err.text, expected);
}

static void assert_same_bytes(const struct snapshot *left, const struct snapshot *right)
{
	size_t left_length, right_length;
	const void *a = snapshot_bytes(left, &left_length), *b = snapshot_bytes(right, &right_length);

	assert_int_equal(left_length, right_length);
	assert_memory_equal(a, b, left_length);
}

static void look(const struct snapshot *snapshot, const char *address, struct snapshot_place *out)
{
	sa_family_t family;
	uint8_t bytes[16];
	u128 key;

	assert_true(address_parse(address, &family, &key));
	address_bytes(family, key, bytes);
	snapshot_lookup(snapshot, family, bytes, out);
}

static void assert_place(const struct snapshot *snapshot, const char *address, const char *location, const char *tier,
			 const char *source)
{
	struct snapshot_place place;

	look(snapshot, address, &place);
	if (strcmp(place.location, location) || strcmp(place.place_tier, tier) || strcmp(place.source, source))
		fail_msg("%s: %s by %s, %s; not %s by %s, %s", address, place.location, place.place_tier, place.source,
			 location, tier, source);
}

static void assert_control(const struct snapshot *snapshot, const char *address, const char *control, const char *tier,
			   const char *operator)
{
	struct snapshot_place place;

	look(snapshot, address, &place);
	if (strcmp(place.control, control) || strcmp(place.tier, tier) || strcmp(place.operator, operator))
		fail_msg("%s: %s by %s, '%s'; not %s by %s, '%s'", address, place.control, place.tier, place.operator,
			 control, tier, operator);
}

#define POLICY CLASSES "rules:\n  - {id: a, class: shut, control: {in: US}, verdict: drop, reason: r}\n"

/* ---- the chain of locations ---- */

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

/* ---- overrides of the policy ---- */

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
}

/* ---- the cache ---- */

static struct build_inputs all_inputs(void)
{
	struct build_inputs inputs = inputs_of(POLICY);

	inputs.feeds = mem_format("aws=%s,google=%s", put("ip-ranges.json", AWS("2026-11-01")),
				  put("cloud.json", GOOGLE));
	inputs.geofeeds = mem_format("partner=%s", put("partner.csv", GEOFEED));
	inputs.rir = put("rir.csv", RIR);
	return inputs;
}

static void free_inputs(struct build_inputs *inputs)
{
	free((char *)inputs->feeds);
	free((char *)inputs->geofeeds);
}

/* The only world of the cache; NULL: none. */
static const char *cached(void)
{
	static char path[512];
	const struct dirent *entry;
	DIR *list = opendir(getenv("RESID_CACHE_DIR"));
	size_t count = 0;

	while (list && (entry = readdir(list))) {
		if (!strstr(entry->d_name, WORLD_SUFFIX))
			continue;
		snprintf(path, sizeof(path), "%s/%s", getenv("RESID_CACHE_DIR"), entry->d_name);
		count++;
	}
	if (list)
		closedir(list);
	assert_true(count < 2);
	return count ? path : NULL;
}

static void age(const char *path)
{
	const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
}

/* What was used bears the time of its use. */
static bool was_used(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mtim.tv_sec != 1000;
}

static void fresh_cache(const char *name)
{
	setenv("RESID_CACHE_DIR", in_folder(name), 1);
}

static void test_cache_same_bytes(void **context)
{
	struct build_inputs inputs = all_inputs();
	struct snapshot *plain, *first, *second;

	fresh_cache("same");
	inputs.uncached = true;
	plain = compile(&inputs, NULL);
	assert_null(cached());
	inputs.uncached = false;
	first = compile(&inputs, NULL);
	assert_non_null(cached());
	age(cached());
	second = compile(&inputs, NULL);
	assert_true(was_used(cached()));
	assert_same_bytes(plain, first);
	assert_same_bytes(plain, second);
	snapshot_free(second);

	/* another policy, the same data */
	put("policy.yaml", CLASSES);
	age(cached());
	second = compile(&inputs, NULL);
	assert_true(was_used(cached()));
	assert_memory_equal(snapshot_world(first), snapshot_world(second), RESID_DIGEST_LEN);
	snapshot_free(second);

	/* other data, whatever their name and time say */
	put("rir.csv", RIR "4.0.0.0/16,NO\n");
	age(cached());
	second = compile(&inputs, NULL);
	assert_memory_not_equal(snapshot_world(first), snapshot_world(second), RESID_DIGEST_LEN);
	assert_control(second, "4.0.0.1", "NO", "rir", "");
	snapshot_free(plain);
	snapshot_free(first);
	snapshot_free(second);
	free_inputs(&inputs);
}

/* A cache that was tampered with, or could have been, is as if it were not there. */
static void test_cache_damaged(void **context)
{
	struct build_inputs inputs = all_inputs();
	struct snapshot *plain, *again;
	uint8_t key[RESID_DIGEST_LEN];
	_cleanup_free_ char *data = NULL;
	struct resid_error err;
	struct world *world;
	size_t length, i;
	const char *path;

	fresh_cache("damaged");
	plain = compile(&inputs, NULL);
	memcpy(key, snapshot_world(plain), sizeof(key));
	path = cached();
	assert_int_equal(file_read(path, 1 << 24, &data, &length, &err), 0);
	world = world_load(key, NULL, true);
	assert_non_null(world);
	world_free(world);

	for (i = 0; i < length; i += i < 512 ? 1 : 37) {
		data[i] ^= 1;
		assert_int_equal(file_write(path, data, length, 0644, FILE_OWN_GROUP, &err), 0);
		world = world_load(key, NULL, true);
		if (world)
			fail_msg("byte %zu of %zu may be changed", i, length);
		data[i] ^= 1;
	}
	for (i = 0; i < length; i += 101) {
		assert_int_equal(file_write(path, data, i, 0644, FILE_OWN_GROUP, &err), 0);
		assert_null(world_load(key, NULL, true));
	}
	data[100] ^= 1;
	assert_int_equal(file_write(path, data, length, 0644, FILE_OWN_GROUP, &err), 0);
	again = compile(&inputs, NULL);
	assert_same_bytes(plain, again);
	snapshot_free(again);

	/* mended by that compile; but not to be believed when others may write it */
	world = world_load(key, NULL, true);
	assert_non_null(world);
	world_free(world);
	assert_int_equal(chmod(path, 0664), 0);
	assert_null(world_load(key, NULL, true));
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(chmod(getenv("RESID_CACHE_DIR"), 0777), 0);
	assert_null(world_load(key, NULL, true));
	assert_int_equal(chmod(getenv("RESID_CACHE_DIR"), 0755), 0);
	assert_int_equal(rename(path, in_folder("elsewhere")), 0);
	assert_int_equal(symlink(in_folder("elsewhere"), path), 0);
	assert_null(world_load(key, NULL, true));
	snapshot_free(plain);
	free_inputs(&inputs);
}

/* Where nothing can be kept all goes on as before. */
static void test_cache_nowhere(void **context)
{
	struct build_inputs inputs = all_inputs();

	setenv("RESID_CACHE_DIR", "/dev/null/resid", 1);
	snapshot_free(compile(&inputs, NULL));
	free_inputs(&inputs);
}

static void test_cache_is_bounded(void **context)
{
	struct build_inputs inputs = all_inputs();
	struct snapshot *snapshot;
	unsigned int i, count = 0;
	const struct dirent *entry;
	DIR *list;

	fresh_cache("bounded");
	for (i = 0; i < 12; i++) {
		_cleanup_free_ char *text = mem_format("2.0.%u.0/24,FR\n", i);

		put("rir.csv", text);
		snapshot = compile(&inputs, NULL);
		assert_non_null(world_file(snapshot_world(snapshot)).text);
		assert_int_equal(access(world_file(snapshot_world(snapshot)).text, F_OK), 0);
		snapshot_free(snapshot);
	}
	list = opendir(getenv("RESID_CACHE_DIR"));
	while ((entry = readdir(list)))
		count += strstr(entry->d_name, WORLD_SUFFIX) != NULL;
	closedir(list);
	assert_int_equal(count, WORLD_KEPT);
	free_inputs(&inputs);
}

static void assert_opinions(const struct world *world, const char *address, const char *expected)
{
	struct world_opinion opinion[WORLD_OPINIONS_MAX];
	char text[1024] = "";
	sa_family_t family;
	size_t i, count;
	u128 key;

	assert_true(address_parse(address, &family, &key));
	count = world_opinions_of(world, family, key, opinion);
	for (i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s %s %s %s%s%s", i ? "; " : "",
			 opinion[i].axis, opinion[i].tier, opinion[i].source, opinion[i].answer,
			 *opinion[i].operator ? " " : "", opinion[i].operator);
	if (strcmp(text, expected))
		fail_msg("%s: '%s', not '%s'", address, text, expected);
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

/* ---- guards ---- */

#define GUARDED(guard) CLASSES "sources: {feed: {aws: {path: %s, " guard "}}}\n"

static struct build_inputs guarded(const char *format, const char *feed)
{
	_cleanup_free_ char *text = mem_format(format, put("ip-ranges.json", feed));
	struct build_inputs inputs = inputs_of(text);

	inputs.uncached = true;
	return inputs;
}

static const char *accepted(const struct snapshot *snapshot, const char *name)
{
	size_t i;

	for (i = 0; i < snapshot_source_count(snapshot); i++)
		if (!strcmp(snapshot_source_at(snapshot, i).name, name))
			return snapshot_source_at(snapshot, i).accepted;
	return "no such source";
}

static void test_max_age(void **context)
{
	struct build_inputs inputs = guarded(GUARDED("max_age: 21d"), AWS("2026-11-01"));
	struct snapshot *snapshot, *later;
	struct heard heard;

	inputs.now = NOW - 1;
	snapshot = compile(&inputs, NULL);
	assert_int_equal(snapshot_stale_at(snapshot), NOW);
	assert_string_equal(accepted(snapshot, "aws"), "");
	inputs.now = NOW;
	assert_refused(&inputs, RESID_EXIT_INPUT,
		       "source 'aws' (" "/tmp/resid-world-");
	assert_refused(&inputs, RESID_EXIT_INPUT,
		       "is of 2026-11-01, which is 21 days ago, and may be 21 days old at most; bring it up to date, or let it pass once with --accept aws");
	inputs.lenient = true;
	later = compile(&inputs, &heard);
	assert_non_null(strstr(heard.text, "a load would be refused"));
	/* the date of the compile does not show in the bytes */
	assert_same_bytes(snapshot, later);
	snapshot_free(later);
	inputs.lenient = false;
	inputs.accept = "aws";
	later = compile(&inputs, &heard);
	assert_non_null(strstr(heard.text, "; accepted"));
	assert_string_equal(accepted(later, "aws"), "is of 2026-11-01, which is 21 days ago, and may be 21 days old at most");
	inputs.accept = "aws,azure";
	assert_refused(&inputs, RESID_EXIT_USAGE, "--accept: no source of this policy has the name 'azure'");
	snapshot_free(snapshot);
	snapshot_free(later);
}

static void test_date(void **context)
{
	static const char list[] = "192.0.2.0/24\n";
	_cleanup_free_ char *without = mem_format(CLASSES "sources: {feed: {cloudflare: {path: %s, max_age: 9d}}}\n",
						  put("ips-v4", list));
	_cleanup_free_ char *with = mem_format(
		CLASSES "sources: {feed: {cloudflare: {path: %s, max_age: 9d, date: 2026-11-20}}}\n", in_folder("ips-v4"));
	struct build_inputs inputs = inputs_of(without);
	struct snapshot *snapshot;
	struct heard heard;

	inputs.uncached = true;
	assert_refused(&inputs, RESID_EXIT_INPUT, "does not say of when it is, and `max_age` asks; write its `date`");
	inputs = inputs_of(with);
	inputs.uncached = true;
	snapshot = compile(&inputs, NULL);
	assert_int_equal(snapshot_stale_at(snapshot), NOW + 7 * DAY);
	assert_string_equal(snapshot_source_at(snapshot, snapshot_source_count(snapshot) - 1).date, "2026-11-20");
	snapshot_free(snapshot);
	/* what the data say themselves holds */
	inputs = guarded(GUARDED("date: 2026-11-20, max_age: 100d"), AWS("2026-11-01"));
	snapshot = compile(&inputs, &heard);
	assert_non_null(strstr(heard.text, "source 'aws' says itself that it is of 2026-11-01; its `date` is not used"));
	assert_int_equal(snapshot_stale_at(snapshot), NOW + 79 * DAY);
	snapshot_free(snapshot);
}

/* A year that nobody meant would keep data young for ever; a day more is a zone's midnight. */
static void test_future_date(void **context)
{
	struct build_inputs inputs = guarded(GUARDED("max_age: 21d"), AWS("2062-11-01"));

	assert_refused(&inputs, RESID_EXIT_INPUT, "is of 2062-11-01, a day that has not come yet, and `max_age` asks");
	inputs = guarded(GUARDED("max_age: 21d"), AWS("2026-11-23"));
	snapshot_free(compile(&inputs, NULL));
	inputs = guarded(GUARDED("max_age: 21d"), AWS("2026-11-24"));
	assert_refused(&inputs, RESID_EXIT_INPUT, "is of 2026-11-24, a day that has not come yet");
	inputs = guarded(GUARDED("max_shrink: 5%%"), AWS("2062-11-01"));
	snapshot_free(compile(&inputs, NULL));
}

static void test_max_shrink(void **context)
{
	struct build_inputs inputs = guarded(GUARDED("max_shrink: 10%%"), AWS("2026-11-01"));
	struct snapshot *before = compile(&inputs, NULL), *after;
	const void *bytes;
	struct resid_error err;
	size_t length;

	bytes = snapshot_bytes(before, &length);
	inputs.previous = in_folder("before.rsnap");
	assert_int_equal(file_write(inputs.previous, bytes, length, 0600, FILE_OWN_GROUP, &err), 0);
	put("ip-ranges.json", AWS_SMALL("2026-11-10"));
	assert_refused(&inputs, RESID_EXIT_INPUT,
		       "has lost 80.0 % of its IPv4 addresses since the policy in force, and may lose 10.0 %");
	inputs.accept = "aws";
	after = compile(&inputs, NULL);
	assert_non_null(strstr(accepted(after, "aws"), "has lost 80.0 %"));
	inputs.accept = NULL;
	/* growth is none of its business, and without a snapshot there is nothing to hold it against */
	put("ip-ranges.json", AWS("2026-11-11"));
	snapshot_free(compile(&inputs, NULL));
	put("ip-ranges.json", AWS_SMALL("2026-11-12"));
	inputs.previous = NULL;
	snapshot_free(compile(&inputs, NULL));
	snapshot_free(before);
	snapshot_free(after);
}

/* The location data have a limit without being asked, unless the caller names the file. */
static void test_geoip_shrinks(void **context)
{
	_cleanup_free_ char *text = mem_format(CLASSES "sources: {geoip: %s, geoip6: %s}\n", put("geoip", WORLD4),
					       put("geoip6", WORLD6));
	struct build_inputs inputs = inputs_of(text);
	struct snapshot *before;
	const void *bytes;
	struct resid_error err;
	size_t length;

	inputs.uncached = true;
	inputs.geoip4 = inputs.geoip6 = NULL;
	before = compile(&inputs, NULL);
	bytes = snapshot_bytes(before, &length);
	inputs.previous = in_folder("before.rsnap");
	assert_int_equal(file_write(inputs.previous, bytes, length, 0600, FILE_OWN_GROUP, &err), 0);
	put("geoip", "33554432,33619967,FR\n");
	assert_refused(&inputs, RESID_EXIT_INPUT, "source 'tor-geoipdb'");
	inputs.geoip4 = in_folder("geoip");
	snapshot_free(compile(&inputs, NULL));
	put("geoip", WORLD4);
	inputs.geoip4 = NULL;
	/* no IPv6 left but one */
	put("geoip6", "2a00::,2a00::ff,FR\n");
	assert_refused(&inputs, RESID_EXIT_INPUT, "of its IPv6 /64s since the policy in force");
	snapshot_free(before);
}

static void test_max_unknown(void **context)
{
	struct build_inputs inputs;

	inputs = inputs_of(CLASSES "sources: {geoip: {max_unknown: 99%}}\n");
	inputs.uncached = true;
	assert_refused(&inputs, RESID_EXIT_INPUT, "policy.yaml:6:18: source 'tor-geoipdb'");
	assert_refused(&inputs, RESID_EXIT_INPUT, "does not know where 99.9 % of the IPv4 addresses are");
	inputs = inputs_of(CLASSES "sources: {geoip: {max_unknown: 100%}}\n");
	inputs.uncached = true;
	snapshot_free(compile(&inputs, NULL));
}

static void test_pinned(void **context)
{
	_cleanup_free_ char *good = mem_format(GUARDED("sha256: %s"), put("ip-ranges.json", AWS("2026-11-01")),
					       "0000000000000000000000000000000000000000000000000000000000000000");
	struct build_inputs inputs = inputs_of(good);
	struct resid_error err = { 0 };
	struct snapshot *snapshot = NULL;
	const char *has;

	inputs.uncached = true;
	assert_int_equal(snapshot_build(&inputs, NULL, NULL, &snapshot, &err), -1);
	has = strstr(err.text, "has the SHA-256 ");
	assert_non_null(has);
	/* pinned to what it has, it passes */
	memcpy(strstr(good, "0000000000"), has + 16, 64);
	put("policy.yaml", good);
	snapshot_free(compile(&inputs, NULL));
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

/* ---- legal bases that have ended ---- */

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

static int begin(void **context)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int end(void **context)
{
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_location_chain), cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_cache_same_bytes), cmocka_unit_test(test_cache_damaged),
		cmocka_unit_test(test_cache_nowhere),	 cmocka_unit_test(test_cache_is_bounded),
		cmocka_unit_test(test_opinions),	 cmocka_unit_test(test_max_age),
		cmocka_unit_test(test_date),		 cmocka_unit_test(test_future_date),
		cmocka_unit_test(test_max_shrink),
		cmocka_unit_test(test_geoip_shrinks),	 cmocka_unit_test(test_max_unknown),
		cmocka_unit_test(test_pinned),		 cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_order),		 cmocka_unit_test(test_ended_bases),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
