// SPDX-License-Identifier: Apache-2.0
/*
 * More evidence never loosens. Random policies whose allows use `subset of`, and random sources that are loaded one
 * after the other: what is refused stays refused, but where it was not known yet. A case is a policy, a world, one
 * source more and an address. MONOTONE_CASES (10^6) and MONOTONE_SEED (1) say how many and which.
 */
#include "control_support.h"

#include "source/format.h"

#define BLOCKS 512 /* addresses asked, of 2.0.0.0/16 */
#define SOURCES 7

static uint64_t state;
static bool asks_registered; /* the policy, for a fresh word on it */
static int asked_tier[4];    /* by rule: the weakest that may name the operator */

static unsigned int draw(unsigned int below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned int)((state >> 24) % below);
}

static const char *pick(const char *const *list, unsigned int count)
{
	return list[draw(count)];
}

#define PICK(...) \
	pick((const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static char *names[] = { "", "eu-sealed-1", "us-1", "nowhere-1", "Host SA", "Somebody Else" };

/* A source of any kind and age. Most of what it says is of France, lest nothing were ever allowed. */
static struct source *draw_source(void)
{
	static const enum source_format formats[] = { SOURCE_AWS, SOURCE_GEOFEED, SOURCE_MMDB, SOURCE_RIR,
						      SOURCE_LIBLOC };
	enum source_format format = formats[draw(5)];
	struct source *source = new_source(format, format == SOURCE_AWS ? "cloud" : draw(2) ? "host" : "other", "");

	source->string = names;
	source->string_count = sizeof(names) / sizeof(names[0]);
	strcpy(source->date, PICK("2026-07-01", "2026-07-01", "2026-07-01", "2025-07-01", ""));
	for (unsigned int i = 0, count = 1 + draw(12); i < count; i++) {
		struct source_fact *fact = MEM_PUSH(source->v4.fact, source->v4.count, source->v4.capacity);
		unsigned int length = 16 + draw(10);
		struct prefix prefix;
		char text[32];

		snprintf(text, sizeof(text), "2.0.%u.%u/%u", draw(256) & (length < 24 ? 0xffu << (24 - length) : 0xffu),
			 length > 24 ? draw(1u << (length - 24)) << (32 - length) : 0, length);
		assert_null(prefix_parse(text, &prefix));
		fact->first = prefix.first;
		fact->last = prefix_last(&prefix);
		if (format != SOURCE_AWS && format != SOURCE_RIR && draw(4))
			strcpy(fact->country, PICK("FR", "FR", "FR", "DE", "US", "NO", "EU"));
		if (format == SOURCE_RIR || (format == SOURCE_MMDB && draw(2)))
			strcpy(fact->registered, PICK("FR", "FR", "DE", "US", "EU"));
		if (format == SOURCE_RIR)
			fact->service = draw(3) ? 4 : draw(2) ? 5 : 0;
		if (format == SOURCE_MMDB && !draw(6))
			strcpy(fact->represented, "US");
		if ((format == SOURCE_MMDB || format == SOURCE_LIBLOC) && !draw(8))
			fact->flags = (uint8_t)(1u << draw(3));
		if (format == SOURCE_LIBLOC)
			fact->asn = 64499 + draw(4) + (draw(2) ? 0 : 1) * (draw(4) > 0);
		if (format == SOURCE_AWS)
			fact->region = 1 + draw(3);
	}
	source_order(&source->v4);
	return source;
}

/* Refusals of every kind, and allows by `subset of`, in any order. */
static char *draw_policy(void)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputs("resid: 1\nhome: EU\nclasses: {shut: {id: 2, default: reject, on_unknown: drop}}\nrules:\n", out);
	for (unsigned int i = 0, count = 1 + draw(4); i < count; i++) {
		fprintf(out, "  - {id: r%u, class: shut, reason: r, ", i);
		if (!draw(4)) {
			fprintf(out, "verdict: drop, %s", PICK("location: US", "control: {in: US}",
							      "control: {not in: EU}",
							      "registered: {in: US}", "location: anycast",
							      "location: {not in: EU, unknown: true}"));
		} else {
			const char *tier = PICK("holder", "operator", "feed", "prefix");

			asked_tier[i] = control_tier_parse(tier);
			fprintf(out, "verdict: %s, control: {subset of: %s}, min_tier: %s, justification: j",
				PICK("allow", "allow", "audit"), PICK("EU", "EU", "EEA", "[FR]", "[FR, US]"), tier);
			fputs(PICK("", ", location: EU", ", location: EU", ", location: [FR, NO]"), out);
			fputs(PICK("", "", ", uncontradicted: true", ", registered: {subset of: EU}"), out);
			fputs(PICK("", "", ", prefix: 2.0.0.0/17", ", port: 443"), out);
		}
		fputs("}\n", out);
	}
	fclose(out);
	return text;
}

static struct snapshot *compile(const struct policy *policy, const struct regions *regions, struct source *const *all,
				size_t count)
{
	struct source *of[3][SOURCES];
	struct source *rir[SOURCES], *asn[SOURCES];
	struct world_feed feeds[SOURCES];
	struct world_inputs inputs = { .operators = &operators, .regions = regions, .feed = feeds, .geofeed = of[1],
				       .mmdb = of[2], .rir = rir, .asn = asn };
	static const char elsewhere[] = "# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n50331648,50397183,US\n";
	_cleanup_geo_ struct geo_table *geo4 = NULL, *geo6 = NULL;
	_cleanup_world_ struct world *world = NULL;
	struct snapshot *snapshot = NULL;
	struct resid_error err = { 0 };

	if (geo_tor_parse("geoip", elsewhere, strlen(elsewhere), AF_INET, &geo4, &err) ||
	    geo_tor_parse("geoip6", WORLD6, strlen(WORLD6), AF_INET6, &geo6, &err))
		fail_msg("%s", err.text);
	inputs.geo4 = geo4;
	inputs.geo6 = geo6;
	for (size_t i = 0; i < count; i++) {
		if (all[i]->format == SOURCE_AWS)
			feeds[inputs.feed_count++] = (struct world_feed){ all[i], "ranges.json" };
		else if (all[i]->format == SOURCE_GEOFEED)
			of[1][inputs.geofeed_count++] = all[i];
		else if (all[i]->format == SOURCE_MMDB)
			of[2][inputs.mmdb_count++] = all[i];
		else if (all[i]->format == SOURCE_RIR)
			rir[inputs.rir_count++] = all[i];
		else
			asn[inputs.asn_count++] = all[i];
	}
	world_new(&inputs, &world);
	if (snapshot_build_data(policy, &(struct full_data){ .world = world, .now = SUPPORT_NOW }, &snapshot, &err))
		fail_msg("%s", err.text);
	return snapshot;
}

struct answer {
	bool lets_go, located;
	int rule; /* -1: the default */
	int tier; /* the strongest fresh name's */
	char control[64], registered[64], said[200];
};

/* Is everything of a list in a longer one too? What was not known may be. */
static bool is_within(const char *list, const char *longer)
{
	char copy[64];

	snprintf(copy, sizeof(copy), "%s", list);
	for (char *at = strtok(copy, ","); at; at = strtok(NULL, ","))
		if (strcmp(at, "unknown") && strcmp(at, "none") && !strstr(longer, at))
			return false;
	return true;
}

/* Is there a fresh word on where it is, and not two? And how strong is the best fresh name of who has it? */
static bool is_located(const struct snapshot *snapshot, const char *address, const struct snapshot_place *place,
		       int *tier)
{
	struct snapshot_opinion opinion[64];
	bool located = false, registered = !asks_registered;
	uint8_t bytes[16];
	sa_family_t family;
	size_t count;
	u128 key;

	assert_true(address_parse(address, &family, &key));
	address_bytes(family, key, bytes);
	*tier = CONTROL_NONE;
	count = snapshot_opinions(snapshot, family, bytes, opinion, 64);
	for (size_t i = 0; i < count; i++) {
		located |= opinion[i].fresh && !strcmp(opinion[i].axis, "location");
		if (opinion[i].fresh && !strcmp(opinion[i].axis, "control")) {
			int named = control_tier_parse(opinion[i].tier);

			if (named >= 0 && named < *tier)
				*tier = named;
		}
		registered |= opinion[i].fresh && !strcmp(opinion[i].axis, "registered");
	}
	return located && registered && strcmp(place->location, "unknown") && !strchr(place->where, ',');
}

static void answer(const struct snapshot *snapshot, unsigned int block, struct answer *out)
{
	const struct resid_table *table = snapshot_table(snapshot);
	struct snapshot_place place;
	char address[32];
	const char *rule;

	snprintf(address, sizeof(address), "2.0.%u.%u", block / 2, block % 2 * 128 + 1);
	place = support_place(snapshot, address);
	rule = support_rule(snapshot, 2, address, 6, 443);
	out->lets_go = false;
	for (uint16_t i = 0; i < table->core->rule_count; i++)
		if (!strcmp(snapshot_rule_at(snapshot, i).id, rule))
			out->lets_go =
				table->rule[i].verdict == RESID_V_ALLOW || table->rule[i].verdict == RESID_V_AUDIT;
	out->rule = rule[0] == 'r' && !rule[2] ? rule[1] - '0' : -1;
	out->located = is_located(snapshot, address, &place, &out->tier);
	snprintf(out->control, sizeof(out->control), "%s", place.control);
	snprintf(out->registered, sizeof(out->registered), "%s", place.registered);
	snprintf(out->said, sizeof(out->said), "%s: %s, where %s, registered %s, control %s by %s", address, rule, place.where,
		 place.registered, place.control, place.tier);
}

static void test_monotone(void **context)
{
	const char *cases_text = getenv("MONOTONE_CASES"), *seed = getenv("MONOTONE_SEED");
	uint64_t wanted = cases_text ? strtoull(cases_text, NULL, 10) : 1000000, cases = 0, refused = 0, learned = 0;
	uint64_t allowed = 0;
	_cleanup_regions_ struct regions *regions = NULL;
	static char *holder = "Host SA";
	static struct answer before[BLOCKS], after[BLOCKS];
	struct resid_error err;

	static const char text[] = "resid-regions: 1\ndate: 2026-07-01\ncitation: c\nregions:\n"
				   "  aws: {eu-sealed-1: FR, us-1: US}\n";

	state = 0x9e3779b97f4a7c15u ^ (seed ? strtoull(seed, NULL, 10) : 1);
	assert_false(regions_parse("regions.yaml", text, strlen(text), &regions, &err));
	operator_list[2].holder = &holder;
	operator_list[2].holder_count = 1;
	while (cases < wanted) {
		_cleanup_free_ char *rules = draw_policy();
		_cleanup_policy_ struct policy *policy = NULL;
		struct source *source[SOURCES];

		/* a rule that an earlier one hides is refused */
		if (policy_parse("drawn.yaml", rules, strlen(rules), &support_options, &policy, &err))
			continue;

		asks_registered = strstr(rules, "registered: {subset");
		for (size_t i = 0; i < SOURCES; i++)
			source[i] = draw_source();
		for (size_t i = 0; i <= SOURCES; i++) {
			struct snapshot *snapshot = compile(policy, regions, source, i);

			for (unsigned int block = 0; block < BLOCKS; block++) {
				answer(snapshot, block, &after[block]);
				allowed += after[block].lets_go;
				if (!i)
					continue;
				cases++;
				if (!is_within(before[block].control, after[block].control) ||
				    !is_within(before[block].registered, after[block].registered))
					fail_msg("what was said is said no more:\n%s\n%s", before[block].said,
						 after[block].said);
				refused += before[block].lets_go && !after[block].lets_go;
				if (before[block].lets_go || !after[block].lets_go)
					continue;
				learned++;
				if (before[block].located && before[block].tier <= asked_tier[after[block].rule])
					fail_msg("%s: one %s more of '%s' loosens:\n%s\n%s\n%s", source[i - 1]->name,
						 source_format_name(source[i - 1]->format), source[i - 1]->date,
						 before[block].said, after[block].said, rules);
			}
			snapshot_free(snapshot);
			memcpy(before, after, sizeof(before));
		}
		for (size_t i = 0; i < SOURCES; i++)
			free_source(source[i]);
	}
	print_message("%llu cases, %llu let go; a source more refused %llu, made %llu known, and loosened none\n",
		      (unsigned long long)cases, (unsigned long long)allowed, (unsigned long long)refused,
		      (unsigned long long)learned);
	assert_true(allowed > cases / 1000 && refused > 100 && learned > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_monotone) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
