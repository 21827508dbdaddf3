// SPDX-License-Identifier: Apache-2.0
/*
 * Where an address is and who controls it, by a slow and obvious reading of DESIGN.md against the compiled snapshot, on
 * all the real data that this machine has: for each address and each tier every single fact of every source is held
 * against it, the longest prefix wins, equal ones unite, and the strongest tier that says anything wins.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/geoip.h"
#include "geo/operators.h"
#include "geo/regions.h"
#include "source/format.h"
#include "snapshot/build.h"
#include "util/memory.h"

#define GEOIP4	"/usr/share/tor/geoip"
#define GEOIP6	"/usr/share/tor/geoip6"
#define LIBLOC	"/var/lib/location/database.db"
#define RANDOM	50000		/* addresses a family; as many again are edges of the facts */

/* The tiers of both axes, from strong to weak. */
enum tier { AT_FEED, AT_GEOIP, AT_LIBLOC, BY_CURATED, BY_FEED, BY_AS, BY_HOLDER, TIERS };

/* What one tier knows of an address so far: the longest prefix that held it, and what was said there. */
struct said {
	u128 size;		/* of the smallest range, less one */
	bool any;		/* some range held it */
	bool conflict;		/* of locations */
	char place[12];		/* "" : nothing */
	char control[256];	/* sorted countries with commas */
	char tier[12];
};

struct probe {
	u128 key;
	struct said said[TIERS];
};

struct family {
	sa_family_t family;
	struct probe *probe;
	size_t count;
};

static const char *const clouds[][3] = {
	{ "aws", "aws-ip-ranges.json", "ip-ranges.json" },
	{ "azure", "microsoft-azure-ip-ranges.json", "ServiceTags_Public.json" },
	{ "google", "google-cloud-ip-ranges.json", "cloud.json" },
	{ "oracle", "oracle-cloud-ip-ranges.json", "public_ip_ranges.json" },
};

static uint64_t state = 0x9e3779b97f4a7c15;
static struct operators *operators;
static struct regions *regions;
static unsigned int failed;

static uint64_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static int compare_probes(const void *left, const void *right)
{
	const struct probe *a = left, *b = right;

	return a->key < b->key ? -1 : a->key > b->key;
}

/* The countries of both, each once, in the order of the alphabet. */
static void unite(char *set, size_t room, const char *more)
{
	char list[64][3], text[512];
	size_t count = 0, i, j;
	char *word, *rest;

	snprintf(text, sizeof(text), "%s,%s", set, more);
	for (word = strtok_r(text, ",", &rest); word && count < 64; word = strtok_r(NULL, ",", &rest)) {
		for (i = 0; i < count && strcmp(list[i], word) < 0; i++)
			;
		if (i < count && !strcmp(list[i], word))
			continue;
		for (j = count++; j > i; j--)
			memcpy(list[j], list[j - 1], 3);
		memcpy(list[i], word, 3);
	}
	*set = '\0';
	for (i = 0; i < count; i++)
		snprintf(set + strlen(set), room - strlen(set), "%s%s", i ? "," : "", list[i]);
}

static void hold(struct said *said, u128 first, u128 last, const char *place, const char *control, const char *tier)
{
	u128 size = last - first;

	if (said->any && said->size < size)
		return;
	if (!said->any || said->size > size) {
		*said = (struct said){ .any = true, .size = size };
	}
	if (*place && *said->place && strcmp(place, said->place))
		said->conflict = true;
	if (*place)
		snprintf(said->place, sizeof(said->place), "%s", place);
	if (!*control)
		return;
	/* of one range that a curated AS and another announce, the curated one counts */
	if (*said->control && strcmp(tier, said->tier)) {
		if (!strcmp(said->tier, "operator"))
			return;
		*said->control = '\0';
	}
	unite(said->control, sizeof(said->control), control);
	snprintf(said->tier, sizeof(said->tier), "%s", tier);
}

/* One fact against every address that it holds: those between two places of the sorted list. */
static void tell(struct family *family, enum tier which, u128 first, u128 last, const char *place, const char *control,
		 const char *tier)
{
	size_t low = 0, high = family->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (family->probe[middle].key < first)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < family->count && family->probe[low].key <= last; low++)
		hold(&family->probe[low].said[which], first, last, place, control, tier);
}

static const char *place_of(const char *code)
{
	int location = *code ? location_of_code(code) : -1;

	return location < 0 || location == LOCATION_UNKNOWN ? "" : location_name((unsigned int)location);
}

static const char *country_of(const char *code)
{
	int location = *code ? location_of_code(code) : -1;

	return location >= 0 && location_is_country((unsigned int)location) ? code : "";
}

static void countries_of(const struct operator *operator, char out[256])
{
	size_t i;

	*out = '\0';
	for (i = 0; i < operator->jurisdiction_count; i++)
		unite(out, 256, operator->jurisdiction[i].country);
}

static bool fits(const char *pattern, const char *text)
{
	size_t length = strlen(pattern);

	if (length && pattern[length - 1] == '*')
		return !strncmp(pattern, text, length - 1);
	return !length || !strcmp(pattern, text);
}

/* Of the operators that publish in this file: one that names the region exactly, else by its beginning, else any. */
static const struct operator *publisher(const char *file, const char *region)
{
	const struct operator *found[3] = { NULL, NULL, NULL };
	size_t o, i;

	for (o = 0; o < operators->count; o++) {
		for (i = 0; i < operators->operator[o].feed_count; i++) {
			const struct operator_feed *feed = &operators->operator[o].feed[i];
			unsigned int rank = !*feed->region ? 2 : strchr(feed->region, '*') ? 1 : 0;

			if (!strcmp(feed->file, file) && fits(feed->region, region) && !found[rank])
				found[rank] = &operators->operator[o];
		}
	}
	return found[0] ? found[0] : found[1] ? found[1] : found[2];
}

static const struct source_facts *half(const struct source *source, const struct family *family)
{
	return family->family == AF_INET ? &source->v4 : &source->v6;
}

static void tell_feed(struct family *family, const struct source *source, const char *file)
{
	const struct source_facts *facts = half(source, family);
	size_t i;

	for (i = 0; i < facts->count; i++) {
		const struct source_fact *fact = &facts->fact[i];
		const char *region = source->string[fact->region];
		int location = regions_find(regions, source->format, region);
		char control[256];

		countries_of(publisher(file, region), control);
		tell(family, AT_FEED, fact->first, fact->last, location < 0 ? "" : location_name((unsigned int)location),
		     "", "");
		tell(family, BY_FEED, fact->first, fact->last, "", control, "feed");
	}
}

static void tell_holders(struct family *family, const struct source *source)
{
	const struct source_facts *facts = half(source, family);
	size_t i;

	for (i = 0; i < facts->count; i++)
		tell(family, BY_HOLDER, facts->fact[i].first, facts->fact[i].last, "",
		     country_of(facts->fact[i].registered), "rir");
}

static void tell_asns(struct family *family, const struct source *source)
{
	const struct source_facts *facts = half(source, family);
	size_t i, o, a;

	for (i = 0; i < facts->count; i++) {
		const struct source_fact *fact = &facts->fact[i];
		const char *tier = "as";
		char control[256] = "";

		for (o = 0; o < operators->count; o++) {
			for (a = 0; a < operators->operator[o].asn_count; a++) {
				if (operators->operator[o].asn[a] != fact->asn)
					continue;
				countries_of(&operators->operator[o], control);
				tier = "operator";
			}
		}
		if (!*control)
			snprintf(control, sizeof(control), "%s", country_of(fact->country));
		if (fact->asn)
			tell(family, BY_AS, fact->first, fact->last, "", control, tier);
		tell(family, AT_LIBLOC, fact->first, fact->last, place_of(fact->country), "", "");
	}
}

static void tell_curated(struct family *family)
{
	size_t o, i;

	for (o = 0; o < operators->count; o++) {
		for (i = 0; i < operators->operator[o].prefix_count; i++) {
			struct prefix prefix;
			char control[256];

			prefix_parse(operators->operator[o].prefix[i], &prefix);
			countries_of(&operators->operator[o], control);
			if (prefix.family == family->family)
				tell(family, BY_CURATED, prefix.first, prefix_last(&prefix), "", control, "override");
		}
	}
}

static void tell_geoip(struct family *family, const struct geo_table *table)
{
	size_t i;

	for (i = 0; i < table->count; i++)
		tell(family, AT_GEOIP, table->range[i].first, table->range[i].last,
		     table->range[i].location == LOCATION_UNKNOWN ? "" : location_name(table->range[i].location), "", "");
}

/* ---- what is asked ---- */

static void add_probe(struct family *family, u128 key)
{
	if (family->family == AF_INET)
		key = key >> 96 << 96;
	family->probe[family->count++] = (struct probe){ .key = key };
}

static void add_edge(struct family *family, const struct source_fact *fact)
{
	u128 one = family->family == AF_INET ? (u128)1 << 96 : 1;

	switch (draw() % 4) {
	case 0:
		add_probe(family, fact->first);
		break;
	case 1:
		add_probe(family, fact->first - one);
		break;
	case 2:
		add_probe(family, fact->last);
		break;
	default:
		add_probe(family, fact->last + one);
	}
}

/* Anywhere, anywhere in what the AS database announces, and both sides of the edges of all. */
static void draw_probes(struct family *family, struct source *const *source, size_t count)
{
	const struct source_facts *announced = half(source[0], family);
	size_t i;

	family->probe = mem_zero(2 * RANDOM, sizeof(*family->probe));
	for (i = 0; i < RANDOM; i++) {
		const struct source_fact *fact = &announced->fact[draw() % announced->count];
		u128 key = (u128)draw() << 64 | draw();

		add_probe(family, i % 4 ? fact->first | (key & (fact->last - fact->first)) : key);
	}
	for (i = 0; i < RANDOM; i++) {
		const struct source_facts *facts = half(source[i % count], family);

		add_edge(family, &facts->fact[draw() % facts->count]);
	}
	qsort(family->probe, family->count, sizeof(*family->probe), compare_probes);
}

/* ---- the comparison ---- */

static void expected_of(const struct probe *probe, const char **place, const char **control, const char **tier)
{
	static const enum tier at[] = { AT_FEED, AT_GEOIP, AT_LIBLOC };
	const struct said *said = probe->said;
	size_t i;

	*place = "unknown";
	for (i = 0; i < 3; i++) {
		if (*said[at[i]].place && !said[at[i]].conflict) {
			*place = said[at[i]].place;
			break;
		}
	}
	/* the AS database speaks in two tiers with the holders between them */
	if (*said[BY_CURATED].control)
		*control = said[BY_CURATED].control, *tier = "override";
	else if (*said[BY_FEED].control)
		*control = said[BY_FEED].control, *tier = "feed";
	else if (*said[BY_AS].control && !strcmp(said[BY_AS].tier, "operator"))
		*control = said[BY_AS].control, *tier = "operator";
	else if (*said[BY_HOLDER].control)
		*control = said[BY_HOLDER].control, *tier = "rir";
	else if (*said[BY_AS].control)
		*control = said[BY_AS].control, *tier = "as";
	else if (*country_of(*place))
		*control = *place, *tier = "location";
	else
		*control = "", *tier = "none";
}

static void check(const struct family *family, const struct snapshot *snapshot, const char *what, unsigned int number)
{
	size_t i, asked = 0, special = 0, wrong = 0, tiers[5] = { 0 };

	for (i = 0; i < family->count; i++) {
		const char *place, *control, *tier;
		struct snapshot_place got;
		char address[ADDRESS_TEXT];
		uint8_t bytes[16];

		address_bytes(family->family, family->probe[i].key, bytes);
		snapshot_lookup(snapshot, family->family, bytes, &got);
		if (!strcmp(got.source, "iana") || !strcmp(got.source, "policy") || !strcmp(got.source, "resid")) {
			special++;
			continue;
		}
		expected_of(&family->probe[i], &place, &control, &tier);
		asked++;
		tiers[*tier == 'f' ? 1 : *tier == 'o' ? 2 : *tier == 'r' ? 3 : *tier == 'a' ? 4 : 0]++;
		if (!strcmp(got.location, place) && !strcmp(got.control, control) && !strcmp(got.tier, tier))
			continue;
		address_format(family->family, family->probe[i].key, address);
		if (!wrong++ || wrong < 10)
			printf("# %s: %s, %s by %s; slowly: %s, %s by %s\n", address, got.location, got.control,
			       got.tier, place, control, tier);
	}
	failed += wrong != 0;
	printf("%sok %u - %s: %zu addresses as by the slow chain (%zu by feed, %zu by operator or override, %zu by holder, %zu by AS); %zu special\n",
	       wrong ? "not " : "", number, what, asked, tiers[1], tiers[2], tiers[3], tiers[4], special);
	if (asked < RANDOM) {
		printf("# too few were asked\n");
		failed++;
	}
}

static struct source *read_source(enum source_format format, const char *name, const char *path)
{
	struct source *source = NULL;
	struct resid_error err;

	if (source_read(&(struct source_want){ SOURCE_BIT(format), name, SOURCE_BAD }, path, &source, &err)) {
		printf("not ok 1 - %s\n1..1\n", err.text);
		exit(1);
	}
	return source;
}

static struct snapshot *compile(const char *feeds, const char *rir)
{
	static const char text[] =
		"resid: 1\nhome: EU\nclasses: {a: {id: 1, default: drop}}\nrules:\n"
		"  - {id: eu, location: EU, control: {subset of: EU}, verdict: allow, reason: r}\n";
	char path[] = "/tmp/resid-chain-XXXXXX";
	const struct build_inputs inputs = { .policy = path, .geoip4 = GEOIP4, .geoip6 = GEOIP6, .asn = LIBLOC,
					     .feeds = feeds, .rir = rir, .sets = "/nonexistent", .uncached = true };
	struct snapshot *snapshot = NULL;
	struct resid_error err;
	FILE *file = fdopen(mkstemp(path), "w");

	fputs(text, file);
	fclose(file);
	if (snapshot_build(&inputs, NULL, NULL, &snapshot, &err)) {
		printf("not ok 1 - %s\n1..1\n", err.text);
		exit(1);
	}
	unlink(path);
	return snapshot;
}

int main(void)
{
	const char *folder = getenv("RESID_TEST_DATA") ? getenv("RESID_TEST_DATA") : "../shared/data";
	_cleanup_free_ char *feeds = mem_format("aws=%1$s/feeds/%2$s,azure=%1$s/feeds/%3$s,google=%1$s/feeds/%4$s,"
						"oracle=%1$s/feeds/%5$s", folder, clouds[0][1], clouds[1][1], clouds[2][1],
						clouds[3][1]);
	_cleanup_free_ char *first = mem_format("%s/feeds/%s", folder, clouds[0][1]);
	_cleanup_free_ char *rir = mem_format("%s/rir-holder.csv.gz", folder);
	struct family family[2] = { { .family = AF_INET }, { .family = AF_INET6 } };
	struct source *source[6];
	struct geo_table *geo[2];
	struct snapshot *snapshot;
	struct resid_error err;
	size_t i, f;

	if (access(LIBLOC, R_OK) || access(first, R_OK) || access(rir, R_OK) || access(GEOIP4, R_OK)) {
		printf("1..0 # SKIP no %s, no libloc-database or no tor-geoipdb\n", first);
		return 0;
	}
	if (getenv("SEED"))
		state = strtoull(getenv("SEED"), NULL, 0);
	if (operators_read(NULL, &operators, &err) || regions_read(&regions, &err) ||
	    geo_tor_read(GEOIP4, AF_INET, &geo[0], &err) || geo_tor_read(GEOIP6, AF_INET6, &geo[1], &err)) {
		printf("not ok 1 - %s\n1..1\n", err.text);
		return 1;
	}
	source[0] = read_source(SOURCE_LIBLOC, "libloc", LIBLOC);
	source[1] = read_source(SOURCE_RIR, "rir", rir);
	for (i = 0; i < 4; i++) {
		_cleanup_free_ char *path = mem_format("%s/feeds/%s", folder, clouds[i][1]);

		source[2 + i] = read_source((enum source_format)source_format_parse(clouds[i][0]), clouds[i][0], path);
	}
	snapshot = compile(feeds, rir);
	for (f = 0; f < 2; f++) {
		/* Oracle publishes no IPv6 */
		draw_probes(&family[f], source, family[f].family == AF_INET ? 6 : 5);
		tell_geoip(&family[f], geo[f]);
		tell_asns(&family[f], source[0]);
		tell_holders(&family[f], source[1]);
		for (i = 0; i < 4; i++)
			tell_feed(&family[f], source[2 + i], clouds[i][2]);
		tell_curated(&family[f]);
		check(&family[f], snapshot, f ? "IPv6" : "IPv4", (unsigned int)f + 1);
		free(family[f].probe);
	}
	puts("1..2");
	for (i = 0; i < 6; i++)
		source_free(source[i]);
	geo_free(geo[0]);
	geo_free(geo[1]);
	regions_free(regions);
	operators_free(operators);
	snapshot_free(snapshot);
	return failed != 0;
}
