// SPDX-License-Identifier: Apache-2.0
/*
 * What "in the EU and in European hands" lets through of the real networks: none of what four US clouds publish, their
 * sovereign regions decided by name, and nearly all that the largest European hosts have in the EU. What is missing of
 * those is named. Needs libloc-database, tor-geoipdb and the feeds of RESID_TEST_DATA (default ../shared/data).
 */
#include "clouds.h"
#include "support.h"

#include <unistd.h>

#include "geo/layer.h"
#include "source/format.h"
#include "util/intern.h"
#include "util/memory.h"

#define LIBLOC "/var/lib/location/database.db"

/*
 * The ten largest by IPv4 addresses that the data of 2022 to 2026 place in the EU, in thousands. Not among them: access
 * networks, of whatever size; Contabo, Host Europe, M247, Equinix, plusserver and TransIP (team.blue), which are not in
 * European hands alone.
 */
static const struct {
	const char *name;
	uint32_t asn[4];
} hosts[] = {
	{ "OVHcloud (2870)", { 16276, 35540 } },
	{ "Hetzner (2290)", { 24940, 213230 } },
	{ "Scaleway (930)", { 12876, 29447 } },
	{ "Leaseweb (540)", { 60781, 28753, 38930, 16265 } },
	{ "IONOS with Strato (500)", { 8560, 6724 } },
	{ "Aruba (300)", { 31034, 199653 } },
	{ "netcup (120)", { 197540 } },
	{ "GHOSTnet (240)", { 12586 } },
	{ "home.pl (200)", { 12824 } },
	{ "WIIT with myLoc (130)", { 24961 } },
};

#define HOSTS (sizeof(hosts) / sizeof(hosts[0]))

/* Regions that are not simply the provider's; those that the sample has not are counted. */
static const struct {
	const char *cloud, *region, *operator, *control;
} sovereign[] = {
	{ "aws", "eusc-de-east-1", "aws-eusc", "DE,US" },
	{ "aws", "cn-north-1", "aws-china-beijing", "CN" },
	{ "aws", "cn-northwest-1", "aws-china-ningxia", "CN" },
	{ "aws", "us-gov-west-1", "aws", "US" },
	{ "azure", "germanywc", "azure", "US" },
	{ "google", "europe-west9", "google", "US" },
	{ "oracle", "eu-frankfurt-2", "oracle-eu-sovereign", "US" },
	{ "oracle", "eu-madrid-2", "oracle-eu-sovereign", "US" },
};

static struct snapshot *snapshot;

static bool is_there(void)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/feeds/%s", data_folder(), clouds[0].file);
	if (!access(path, R_OK) && !access(LIBLOC, R_OK) && !access("/usr/share/tor/geoip", R_OK))
		return true;
	print_message("skipped: no %s, no libloc-database or no tor-geoipdb\n", path);
	return false;
}

static int compile(void **context)
{
	static const char text[] = CLASSES
		"rules:\n  - {id: a, class: shut, location: EU, control: {subset of: EU}, verdict: allow, reason: r}\n";
	char path[] = "/tmp/resid-hosts-XXXXXX";
	_cleanup_free_ char *feeds = NULL, *rir = mem_format("%s/rir-holder.csv.gz", data_folder());
	struct build_inputs inputs = { .policy = path, .sets = "/nonexistent", .asn = LIBLOC, .rir = rir,
				       .uncached = true };
	struct resid_error err;
	FILE *file;

	if (!is_there())
		return 0;
	feeds = mem_format("aws=%1$s/feeds/%2$s,azure=%1$s/feeds/%3$s,google=%1$s/feeds/%4$s,oracle=%1$s/feeds/%5$s",
			   data_folder(), clouds[0].file, clouds[1].file, clouds[2].file, clouds[3].file);
	inputs.feeds = feeds;
	file = fdopen(mkstemp(path), "w");
	fputs(text, file);
	fclose(file);
	if (snapshot_build(&inputs, NULL, NULL, &snapshot, &err)) {
		print_error("%s\n", err.text);
		return -1;
	}
	return unlink(path);
}

static int end(void **context)
{
	snapshot_free(snapshot);
	return 0;
}

static bool is_allowed(const struct snapshot_place *place)
{
	const struct resid_table *table = snapshot_table(snapshot);
	uint16_t rule = table->matrix[table->core->row[2] * table->core->group_count + place->group];

	return table->rule[rule].verdict == RESID_V_ALLOW;
}

struct tally {
	uint64_t eu, allowed;
	struct intern *why;	/* "DE/DE,US by operator contabo" */
	uint64_t missing[256];
};

static bool is_eu(const char *location)
{
	return strlen(location) == 2 &&
	       strstr("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK", location);
}

static void count_host(void *context, u128 first, u128 last, const struct snapshot_place *place)
{
	struct tally *tally = context;
	uint64_t count = (uint64_t)(last >> 96) - (uint64_t)(first >> 96) + 1;
	_cleanup_free_ char *why = NULL;
	uint32_t number;

	if (!is_eu(place->location))
		return;
	tally->eu += count;
	if (is_allowed(place)) {
		tally->allowed += count;
		return;
	}
	why = mem_format("%s, control %s by %s %s", place->location, place->control, place->tier, place->operator);
	number = intern_put(tally->why, why, strlen(why) + 1);
	if (number < 256)
		tally->missing[number] += count;
}

static uint32_t of_one(void *context, uint32_t left, uint32_t right)
{
	return left;
}

/* Which AS announces what, the longest prefix deciding. */
static void read_asns(struct layer *out)
{
	struct layer_claims claims = { 0 };
	_cleanup_source_ struct source *source = NULL;
	struct resid_error err;
	size_t i;

	if (source_read(SOURCE_LIBLOC, "libloc", LIBLOC, &source, &err))
		fail_msg("%s", err.text);
	for (i = 0; i < source->v4.count; i++)
		layer_claim(&claims, source->v4.fact[i].first, source->v4.fact[i].last, source->v4.fact[i].asn);
	layer_flatten(&claims, of_one, NULL, out);
}

static void test_hosts(void **context)
{
	struct layer asns = { 0 };
	bool enough = true;
	size_t h, i, j;

	if (!snapshot)
		skip();
	read_asns(&asns);
	for (h = 0; h < HOSTS; h++) {
		struct tally tally = { 0 };
		uint32_t w;

		intern_new(&tally.why);
		for (i = 0; i < asns.count; i++)
			for (j = 0; j < 4; j++)
				if (hosts[h].asn[j] && asns.range[i].fact == hosts[h].asn[j])
					snapshot_walk(snapshot, AF_INET, asns.range[i].first, asns.range[i].last,
						      count_host, &tally);
		print_message("%s: of %llu addresses in the EU %.3f %% are allowed\n", hosts[h].name,
			      (unsigned long long)tally.eu, 100.0 * (double)tally.allowed / (double)tally.eu);
		for (w = 0; w < intern_count(tally.why) && w < 256; w++)
			print_message("  missing: %llu in %s\n", (unsigned long long)tally.missing[w],
				      (const char *)intern_get(tally.why, w, NULL));
		enough &= tally.eu > 100000 && tally.allowed * 100 >= tally.eu * 99;
		intern_free(tally.why);
	}
	layer_fini(&asns);
	assert_true(enough);
}

static void count_cloud(void *context, u128 first, u128 last, const struct snapshot_place *place)
{
	struct tally *tally = context;

	tally->eu += is_eu(place->location);
	tally->allowed += is_allowed(place);
}

static void test_clouds(void **context)
{
	size_t c, s, i, f;

	if (!snapshot)
		skip();
	for (c = 0; c < sizeof(clouds) / sizeof(clouds[0]); c++) {
		_cleanup_free_ char *path = mem_format("%s/feeds/%s", data_folder(), clouds[c].file);
		_cleanup_source_ struct source *source = NULL;
		unsigned int found[sizeof(sovereign) / sizeof(sovereign[0])] = { 0 };
		struct tally tally = { 0 };
		struct resid_error err;

		if (source_read(clouds[c].format, clouds[c].name, path, &source, &err))
			fail_msg("%s", err.text);
		for (f = 0; f < 2; f++) {
			const struct source_facts *facts = f ? &source->v6 : &source->v4;

			for (i = 0; i < facts->count; i++) {
				const struct source_fact *fact = &facts->fact[i];
				struct snapshot_place place;
				uint8_t bytes[16];

				snapshot_walk(snapshot, f ? AF_INET6 : AF_INET, fact->first, fact->last, count_cloud,
					      &tally);
				for (s = 0; s < sizeof(sovereign) / sizeof(sovereign[0]); s++) {
					if (strcmp(sovereign[s].cloud, clouds[c].name) ||
					    strcmp(sovereign[s].region, source->string[fact->region]))
						continue;
					address_bytes(f ? AF_INET6 : AF_INET, fact->first, bytes);
					snapshot_lookup(snapshot, f ? AF_INET6 : AF_INET, bytes, &place);
					assert_string_equal(place.operator, sovereign[s].operator);
					assert_string_equal(place.control, sovereign[s].control);
					assert_string_equal(place.tier, "feed");
					found[s]++;
				}
			}
		}
		assert_true(tally.eu > 100);
		assert_int_equal(tally.allowed, 0);
		for (s = 0; s < sizeof(sovereign) / sizeof(sovereign[0]); s++)
			if (!strcmp(sovereign[s].cloud, clouds[c].name))
				print_message("%s %s: %u ranges are %s's, control %s\n", clouds[c].name,
					      sovereign[s].region, found[s], sovereign[s].operator,
					      sovereign[s].control);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_hosts), cmocka_unit_test(test_clouds) };

	return cmocka_run_group_tests(tests, compile, end);
}
