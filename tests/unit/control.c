// SPDX-License-Identifier: Apache-2.0
/*
 * Who controls an address: the chain of tiers against a slow one that asks every claim, and what a policy makes of it.
 * The last test is on real data where RESID_TEST_DATA (default ../shared/data) has them.
 */
#include "clouds.h"
#include "support.h"

#include <unistd.h>

#include "geo/world.h"
#include "snapshot/full_build.h"
#include "util/memory.h"

static struct operator_jurisdiction us = { .country = "US", .basis = "law", .valid_until = "" };
static struct operator_jurisdiction fr = { .country = "FR", .basis = "seat", .valid_until = "" };
static struct operator_jurisdiction both[2] = { { "FR", "seat", "" }, { "US", "owner", "2026-04-20" } };
static struct operator_feed cloud_feed = { SOURCE_AWS, "ranges.json", "", "" };
static struct operator_feed sealed_feed = { SOURCE_AWS, "ranges.json", "", "eu-sealed-*" };
static uint32_t cloud_asn = 64500, host_asn = 64501;
static char *host_prefix = "2.0.9.0/24";

#define TEXTS .citation = "cited", .reviewed = "2026-11-21", .confidence = "high", .comment = "", .technology = ""

static struct operator operator_list[] = {
	{ .id = "cloud", .name = "Cloud", .parent = "Cloud Inc.", .jurisdiction = &us, .jurisdiction_count = 1,
	  .asn = &cloud_asn, .asn_count = 1, .feed = &cloud_feed, .feed_count = 1, TEXTS },
	{ .id = "sealed", .name = "Sealed", .parent = "Sealed SA", .jurisdiction = both, .jurisdiction_count = 2,
	  .feed = &sealed_feed, .feed_count = 1, TEXTS },
	{ .id = "host", .name = "Host", .parent = "Host SA", .jurisdiction = &fr, .jurisdiction_count = 1, .asn = &host_asn,
	  .asn_count = 1, .prefix = &host_prefix, .prefix_count = 1, TEXTS },
};
static struct operators_asn asn_list[] = { { 64500, 0 }, { 64501, 2 } };
static const struct operators operators = {
	.operator = operator_list, .count = 3, .asn = asn_list, .asn_count = 2, .date = "2026-11-21",
};

static char *strings[] = { "", "eu-sealed-1", "us-1" };

/* A source of facts "PREFIX COUNTRY ASN REGION" a line, sorted as readers sort them. */
static struct source *new_source(enum source_format format, const char *name, const char *text)
{
	struct source *source = mem_zero(1, sizeof(*source));
	char prefix_text[64], country[3];
	unsigned int asn, region;
	int used;

	source->format = format;
	source->name = (char *)name;
	source->file = (char *)name;
	strcpy(source->date, "2026-01-02");
	source->string = strings;
	source->string_count = 3;
	for (; sscanf(text, "%63s %2s %u %u %n", prefix_text, country, &asn, &region, &used) == 4; text += used) {
		struct source_fact *fact = MEM_PUSH(source->v4.fact, source->v4.count, source->v4.capacity);
		struct prefix prefix;

		assert_null(prefix_parse(prefix_text, &prefix));
		fact->first = prefix.first;
		fact->last = prefix_last(&prefix);
		memcpy(fact->country, strcmp(country, "--") ? country : "", strcmp(country, "--") ? 3 : 1);
		fact->asn = asn;
		fact->region = region;
	}
	return source;
}

static void free_source(struct source *source)
{
	free(source->v4.fact);
	free(source);
}

#define FEED "2.0.2.0/23 -- 0 2\n2.0.3.0/24 -- 0 1\n2.0.3.0/24 -- 0 2\n2.0.4.0/24 -- 0 1\n"
#define RIR  "2.0.0.0/17 FR 0 0\n2.0.5.0/24 US 0 0\n2.0.5.0/24 DE 0 0\n2.0.9.0/24 US 0 0\n2.0.10.0/24 EU 0 0\n"
#define ASN                                                                                              \
	"2.0.0.0/16 US 64510 0\n2.0.2.0/23 FR 64501 0\n2.0.6.0/24 FR 64500 0\n2.0.6.128/25 DE 64511 0\n" \
	"2.0.128.0/24 -- 64512 0\n2.0.200.0/24 FR 0 0\n"

static struct snapshot *build(const char *rules)
{
	struct source *feed = new_source(SOURCE_AWS, "cloud", FEED), *rir = new_source(SOURCE_RIR, "rir", RIR);
	struct source *asn = new_source(SOURCE_LIBLOC, "libloc", ASN);
	const struct world_feed feeds[] = { { feed, "ranges.json" } };
	struct world_inputs inputs = { .operators = &operators, .feed = feeds, .feed_count = 1, .rir = rir,
				       .asn = asn };
	_cleanup_free_ char *text = mem_format(CLASSES "%s", rules);
	_cleanup_policy_ struct policy *policy = support_policy(text);
	_cleanup_geo_ struct geo_table *geo4 = NULL, *geo6 = NULL;
	_cleanup_world_ struct world *world = NULL;
	struct snapshot *snapshot = NULL;
	struct resid_error err = { 0 };

	if (geo_tor_parse("geoip", WORLD4, strlen(WORLD4), AF_INET, &geo4, &err) ||
	    geo_tor_parse("geoip6", WORLD6, strlen(WORLD6), AF_INET6, &geo6, &err) ||
	    policy_check_operators(policy, &operators, &err))
		fail_msg("%s", err.text);
	inputs.geo4 = geo4;
	inputs.geo6 = geo6;
	world_new(&inputs, &world);
	if (snapshot_build_data(policy, &(struct full_data){ .world = world }, &snapshot, &err))
		fail_msg("%s", err.text);
	free_source(feed);
	free_source(rir);
	free_source(asn);
	return snapshot;
}

static void assert_control(const struct snapshot *snapshot, const char *address, const char *control, const char *tier,
			   const char *operator)
{
	const struct snapshot_place place = support_place(snapshot, address);

	if (strcmp(place.control, control) || strcmp(place.tier, tier) || strcmp(place.operator, operator))
		fail_msg("%s: '%s' by %s, '%s'; not '%s' by %s, '%s'", address, place.control, place.tier, place.operator,
			 control, tier, operator);
}

static void test_tiers(void **context)
{
	struct snapshot *snapshot = build("");

	assert_control(snapshot, "2.0.0.1", "FR", "rir", "");
	assert_control(snapshot, "2.0.2.1", "US", "feed", "cloud");
	/* equal prefixes of two operators unite */
	assert_control(snapshot, "2.0.3.1", "FR,US", "feed", "cloud");
	/* the narrower filter says whose range it is */
	assert_control(snapshot, "2.0.4.1", "FR,US", "feed", "sealed");
	assert_control(snapshot, "2.0.5.1", "DE,US", "rir", "");
	assert_control(snapshot, "2.0.6.1", "US", "operator", "cloud");
	/* a longer prefix of another AS takes the address from the operator */
	assert_control(snapshot, "2.0.6.200", "FR", "rir", "");
	assert_control(snapshot, "2.0.9.1", "FR", "override", "host");
	/* EU is no country, so the registry has no opinion here */
	assert_control(snapshot, "2.0.10.1", "US", "as", "");
	assert_control(snapshot, "2.0.129.1", "US", "as", "");
	assert_control(snapshot, "2.0.128.1", "FR", "location", "");
	/* without an AS of its own it is announced with what is around it */
	assert_control(snapshot, "2.0.200.1", "US", "as", "");
	assert_control(snapshot, "3.0.0.1", "US", "location", "");
	assert_control(snapshot, "5.0.0.1", "", "none", "");
	assert_control(snapshot, "9.9.9.9", "", "none", "");
	assert_control(snapshot, "10.0.0.1", "", "none", "");
	assert_control(snapshot, "2a00::1", "FR", "location", "");
	snapshot_free(snapshot);
}

static void assert_rule(const struct snapshot *snapshot, const char *address, const char *expected)
{
	const char *rule = support_rule(snapshot, 2, address, 6, 443);

	if (strcmp(rule, expected))
		fail_msg("%s: %s, not %s", address, rule, expected);
}

#define RULE(id, rest) "  - {id: " id ", class: shut, " rest ", reason: r, justification: j}\n"

static void test_predicates(void **context)
{
	static const char rules[] =
		"rules:\n"
		RULE("sealed", "operator: sealed, verdict: audit")
		RULE("others", "operator: {not in: [cloud, sealed]}, verdict: audit")
		RULE("strong", "control: {subset of: [FR, DE]}, min_tier: rir, verdict: allow")
		RULE("weak", "control: {subset of: EU}, verdict: audit")
		RULE("clear", "control: {not in: [FR, DE]}, location: EU, verdict: drop")
		RULE("mixed", "control: {in: [US, unknown]}, verdict: drop");
	struct snapshot *snapshot = build(rules);

	assert_rule(snapshot, "2.0.4.1", "sealed");
	assert_rule(snapshot, "2.0.9.1", "others");
	assert_rule(snapshot, "2.0.0.1", "strong");
	assert_rule(snapshot, "2.0.128.1", "weak");
	assert_rule(snapshot, "2.0.2.1", "clear");
	assert_rule(snapshot, "2.0.3.1", "mixed");
	assert_rule(snapshot, "3.0.0.1", "mixed");
	assert_rule(snapshot, "9.9.9.9", "mixed");
	assert_rule(snapshot, "4.0.0.1", "default-shut");
	snapshot_free(snapshot);
}

/* Unknown is neither a subset of anything nor outside of anything; what no rule takes goes to `on_unknown`. */
static void test_unknown(void **context)
{
	struct snapshot *snapshot = support_build(
		"resid: 1\nhome: EU\nclasses:\n  open: {id: 2, default: allow, on_unknown: drop}\nrules:\n"
		"  - {id: in, location: EU, control: {subset of: EU}, verdict: audit, reason: r}\n"
		"  - {id: out, control: {not in: [EU, NO]}, verdict: reject, reason: r}\n");

	assert_rule(snapshot, "2.0.0.1", "in");
	assert_rule(snapshot, "3.0.0.1", "out");
	assert_rule(snapshot, "4.0.0.1", "default-open");
	assert_rule(snapshot, "5.0.0.1", "unknown-open");
	assert_rule(snapshot, "6.0.0.1", "unknown-open");
	assert_rule(snapshot, "7.0.0.1", "unknown-open");
	assert_rule(snapshot, "9.9.9.9", "unknown-open");
	assert_rule(snapshot, "10.0.0.1", "default-open");
	snapshot_free(snapshot);
}

static const char *directed_rule(const struct snapshot *snapshot, const char *address, enum resid_direction direction)
{
	const struct resid_table *table = snapshot_table(snapshot);
	const struct resid_flow flow = { .proto = 6, .proto_known = true, .has_port = true, .dport = 1,
					 .direction = direction };
	sa_family_t family;
	uint8_t bytes[16];
	uint16_t rule;
	u128 key;

	assert_true(address_parse(address, &family, &key));
	address_bytes(family, key, bytes);
	rule = resid_verdict_decide(table, 2, resid_lpm_lookup4(&table->lpm4, bytes), &flow);
	return snapshot_rule_at(snapshot, rule).id;
}

static void test_direction(void **context)
{
	static const char rules[] =
		"rules:\n"
		RULE("answer", "location: FR, direction: reply, verdict: drop")
		RULE("ask", "location: FR, direction: original, proto: tcp, verdict: allow");
	struct snapshot *snapshot = build(rules);

	assert_string_equal(directed_rule(snapshot, "2.0.0.1", RESID_DIR_REPLY), "answer");
	assert_string_equal(directed_rule(snapshot, "2.0.0.1", RESID_DIR_ORIGINAL), "ask");
	assert_string_equal(directed_rule(snapshot, "2.0.0.1", RESID_DIR_UNKNOWN), "answer");
	assert_string_equal(directed_rule(snapshot, "3.0.0.1", RESID_DIR_REPLY), "default-shut");
	snapshot_free(snapshot);
}

/* Without a rule that asks for control the kernel's part does not know that there is such a thing. */
static void test_kernel_part_is_the_same(void **context)
{
	static const char rules[] = "rules:\n" RULE("home", "location: [FR, NO], verdict: allow");
	_cleanup_free_ char *text = mem_format(CLASSES "%s", rules);
	struct snapshot *with = build(rules), *without = support_build(text);
	size_t with_length, without_length, header = sizeof(struct resid_snapshot_header);
	const uint8_t *a = snapshot_kernel_part(with, &with_length);
	const uint8_t *b = snapshot_kernel_part(without, &without_length);

	assert_int_equal(with_length, without_length);
	assert_memory_equal(a + header, b + header, with_length - header);
	snapshot_free(with);
	snapshot_free(without);
}

static void test_unknown_operator(void **context)
{
	_cleanup_policy_ struct policy *policy =
		support_policy(CLASSES "rules:\n" RULE("a", "operator: [cloud, clod], verdict: drop"));
	struct resid_error err = { 0 };

	assert_int_equal(policy_check_operators(policy, &operators, &err), -1);
	assert_non_null(strstr(err.text, "test.yaml:7:"));
	assert_non_null(strstr(err.text, "unknown operator 'clod'"));
}

/* ---- random nests against asking everybody ---- */

#define CLAIMS 40

struct claim {
	uint32_t first, last;	/* the last eight bits */
	char country[3];
	uint32_t asn;
};

static int compare_claims(const void *left, const void *right)
{
	const struct claim *a = left, *b = right;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return a->last > b->last ? -1 : a->last < b->last;
}

static void random_claims(struct claim *claim, struct source *source)
{
	static const char *const country[] = { "FR", "US", "DE", "EU" };
	static const uint32_t asn[] = { 0, 64500, 64501, 64510 };
	size_t i;

	for (i = 0; i < CLAIMS; i++) {
		uint32_t size = 1u << (uint32_t)rand() % 7;

		claim[i].first = (uint32_t)rand() % 256 & ~(size - 1);
		claim[i].last = claim[i].first + size - 1;
		strcpy(claim[i].country, country[rand() % 4]);
		claim[i].asn = asn[rand() % 4];
	}
	qsort(claim, CLAIMS, sizeof(*claim), compare_claims);
	for (i = 0; i < CLAIMS; i++) {
		struct source_fact *fact = MEM_PUSH(source->v4.fact, source->v4.count, source->v4.capacity);

		fact->first = (u128)(0x02000000 | claim[i].first) << 96;
		fact->last = (u128)(0x02000000 | claim[i].last) << 96 | ~(~(u128)0 << 96);
		strcpy(fact->country, claim[i].country);
		fact->asn = claim[i].asn;
	}
}

static const char *slow_country(const char *code)
{
	return strcmp(code, "EU") ? code : "";
}

static void add_country(char set[64], const char *code)
{
	static const char *const order[] = { "DE", "FR", "US" };
	bool has[3];
	size_t i;

	for (i = 0; i < 3; i++)
		has[i] = strstr(set, order[i]) || !strcmp(code, order[i]);
	*set = '\0';
	for (i = 0; i < 3; i++)
		if (has[i])
			snprintf(set + strlen(set), 64 - strlen(set), "%s%s", *set ? "," : "", order[i]);
}

/* The smallest claims that hold the address; those of equal size are equal prefixes. */
static uint32_t smallest(const struct claim *claim, uint32_t address, bool announced)
{
	uint32_t best = UINT32_MAX;
	size_t i;

	for (i = 0; i < CLAIMS; i++)
		if ((claim[i].asn || !announced) && claim[i].first <= address && address <= claim[i].last &&
		    claim[i].last - claim[i].first < best)
			best = claim[i].last - claim[i].first;
	return best;
}

static bool holds(const struct claim *claim, uint32_t address, uint32_t size)
{
	return claim->first <= address && address <= claim->last && claim->last - claim->first == size;
}

static const char *slow_control(const struct claim *rir, const struct claim *asn, uint32_t address, char set[64])
{
	uint32_t rir_size = smallest(rir, address, false), asn_size = smallest(asn, address, true);
	size_t i;

	*set = '\0';
	for (i = 0; i < CLAIMS; i++)
		if (holds(&asn[i], address, asn_size) && (asn[i].asn == 64500 || asn[i].asn == 64501))
			add_country(set, asn[i].asn == 64500 ? "US" : "FR");
	if (*set)
		return "operator";
	for (i = 0; i < CLAIMS; i++)
		if (holds(&rir[i], address, rir_size))
			add_country(set, slow_country(rir[i].country));
	if (*set)
		return "rir";
	for (i = 0; i < CLAIMS; i++)
		if (holds(&asn[i], address, asn_size) && asn[i].asn)
			add_country(set, slow_country(asn[i].country));
	if (*set)
		return "as";
	strcpy(set, "FR");
	return "location";
}

static void test_random_nests(void **context)
{
	_cleanup_geo_ struct geo_table *geo4 = NULL, *geo6 = NULL;
	_cleanup_policy_ struct policy *policy = support_policy(CLASSES);
	struct resid_error err;
	unsigned int round;

	assert_int_equal(geo_tor_parse("geoip", WORLD4, strlen(WORLD4), AF_INET, &geo4, &err), 0);
	assert_int_equal(geo_tor_parse("geoip6", WORLD6, strlen(WORLD6), AF_INET6, &geo6, &err), 0);
	srand(1);
	for (round = 0; round < 40; round++) {
		struct source *rir = new_source(SOURCE_RIR, "rir", ""), *asn = new_source(SOURCE_LIBLOC, "libloc", "");
		struct claim rir_claim[CLAIMS], asn_claim[CLAIMS];
		const struct world_inputs inputs = { .geo4 = geo4, .geo6 = geo6, .operators = &operators, .rir = rir,
						     .asn = asn };
		struct world *world;
		struct snapshot *snapshot;
		uint32_t address;

		random_claims(rir_claim, rir);
		random_claims(asn_claim, asn);
		world_new(&inputs, &world);
		assert_int_equal(snapshot_build_data(policy, &(struct full_data){ .world = world }, &snapshot, &err),
				 0);
		for (address = 0; address < 256; address++) {
			uint8_t bytes[4] = { 2, 0, 0, (uint8_t)address };
			struct snapshot_place place;
			char set[64];
			const char *tier = slow_control(rir_claim, asn_claim, address, set);

			snapshot_lookup(snapshot, AF_INET, bytes, &place);
			if (strcmp(place.control, set) || strcmp(place.tier, tier))
				fail_msg("round %u, %u: %s by %s, not %s by %s", round, address, place.control, place.tier,
					 set, tier);
		}
		snapshot_free(snapshot);
		world_free(world);
		free_source(rir);
		free_source(asn);
	}
}

/* ---- real data ---- */

struct tally {
	const struct snapshot *snapshot;
	uint64_t all, allowed;
};

static void count_piece(void *context, u128 first, u128 last, const struct snapshot_place *place)
{
	struct tally *tally = context;
	const struct resid_table *table = snapshot_table(tally->snapshot);
	uint16_t rule = table->matrix[table->core->row[2] * table->core->group_count + place->group];
	uint64_t count = (uint64_t)(last >> 96) - (uint64_t)(first >> 96) + 1;

	tally->all += count;
	tally->allowed += table->rule[rule].verdict == RESID_V_ALLOW ? count : 0;
}

/* IPv4 addresses of the four feeds that class 2 may reach, each counted once. */
static struct tally count_clouds(const char *rule)
{
	static const char head[] = CLASSES "rules:\n  - {id: a, class: shut, verdict: allow, reason: r, ";
	char path[] = "/tmp/resid-control-XXXXXX";
	_cleanup_free_ char *feeds = mem_format("aws=%1$s/feeds/%2$s,azure=%1$s/feeds/%3$s,google=%1$s/feeds/%4$s,"
						"oracle=%1$s/feeds/%5$s", data_folder(), clouds[0].file, clouds[1].file,
						clouds[2].file, clouds[3].file);
	const struct build_inputs inputs = { .policy = path, .feeds = feeds, .sets = "/nonexistent", .asn = "none",
					     .uncached = true };
	struct snapshot *snapshot = NULL;
	struct resid_error err = { 0 };
	struct tally tally = { 0 };
	FILE *file = fdopen(mkstemp(path), "w");
	size_t i, f;

	assert_non_null(file);
	fprintf(file, "%s%s}\n", head, rule);
	fclose(file);
	if (snapshot_build(&inputs, NULL, NULL, &snapshot, &err))
		fail_msg("%s", err.text);
	unlink(path);
	tally.snapshot = snapshot;
	for (i = 0; i < sizeof(clouds) / sizeof(clouds[0]); i++) {
		_cleanup_free_ char *name = mem_format("%s/feeds/%s", data_folder(), clouds[i].file);
		_cleanup_source_ struct source *source = NULL;

		if (source_read(clouds[i].format, clouds[i].name, name, &source, &err))
			fail_msg("%s", err.text);
		for (f = 0; f < source->v4.count;) {
			u128 first = source->v4.fact[f].first, last = source->v4.fact[f].last;

			for (f++; f < source->v4.count && source->v4.fact[f].first <= last; f++)
				if (source->v4.fact[f].last > last)
					last = source->v4.fact[f].last;
			snapshot_walk(snapshot, AF_INET, first, last, count_piece, &tally);
		}
	}
	snapshot_free(snapshot);
	return tally;
}

static void test_clouds(void **context)
{
	struct tally by_location, by_control;
	char path[512];	/* skip() runs no cleanup */

	snprintf(path, sizeof(path), "%s/feeds/%s", data_folder(), clouds[0].file);
	if (access(path, R_OK) || access("/usr/share/tor/geoip", R_OK)) {
		print_message("skipped: no %s or no tor-geoipdb\n", path);
		skip();
	}
	by_location = count_clouds("location: EU");
	by_control = count_clouds("location: EU, control: {subset of: EU}");
	print_message("of %llu addresses %llu are allowed by location, %llu by location and control\n",
		      (unsigned long long)by_location.all, (unsigned long long)by_location.allowed,
		      (unsigned long long)by_control.allowed);
	assert_true(by_location.all > 100000000);
	assert_true(by_location.allowed > 25000000 && by_location.allowed < 40000000);
	assert_true(by_control.allowed == 0);
	assert_true(by_control.all == by_location.all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tiers),	  cmocka_unit_test(test_predicates),
		cmocka_unit_test(test_unknown),	  cmocka_unit_test(test_direction),
		cmocka_unit_test(test_kernel_part_is_the_same), cmocka_unit_test(test_unknown_operator),
		cmocka_unit_test(test_random_nests), cmocka_unit_test(test_clouds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
