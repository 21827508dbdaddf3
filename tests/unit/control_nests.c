// SPDX-License-Identifier: Apache-2.0
/* Prefixes that nest at random: what two AS databases and a registry say together, against a slow reading of every
 * claim. */
#include "control_support.h"

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
	bool registry = source->format == SOURCE_RIR;

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
		strcpy(registry ? fact->registered : fact->country, claim[i].country);
		fact->asn = registry ? 0 : claim[i].asn;
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

/* All that one source says there. */
static void slow_asn(const struct claim *asn, uint32_t address, char set[64])
{
	uint32_t size = smallest(asn, address, true);

	for (size_t i = 0; i < CLAIMS; i++)
		if (holds(&asn[i], address, size) && (asn[i].asn == 64500 || asn[i].asn == 64501))
			add_country(set, asn[i].asn == 64500 ? "US" : "FR");
}

static void slow_rir(const struct claim *rir, uint32_t address, char set[64])
{
	uint32_t size = smallest(rir, address, false);

	for (size_t i = 0; i < CLAIMS; i++)
		if (holds(&rir[i], address, size))
			add_country(set, slow_country(rir[i].country));
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
		struct source *rir = new_source(SOURCE_RIR, "rir", "");
		struct source *asn[] = { new_source(SOURCE_LIBLOC, "libloc", ""), new_source(SOURCE_LIBLOC, "second", "") };
		struct claim rir_claim[CLAIMS], asn_claim[2][CLAIMS];
		const struct world_inputs inputs = { .geo4 = geo4, .geo6 = geo6, .operators = &operators, .rir = &rir,
						     .rir_count = 1, .asn = asn, .asn_count = 2 };
		struct world *world;
		struct snapshot *snapshot;
		uint32_t address;

		random_claims(rir_claim, rir);
		random_claims(asn_claim[0], asn[0]);
		random_claims(asn_claim[1], asn[1]);
		world_new(&inputs, &world);
		assert_int_equal(snapshot_build_data(policy, &(struct full_data){ .world = world }, &snapshot, &err),
				 0);
		for (address = 0; address < 256; address++) {
			uint8_t bytes[4] = { 2, 0, 0, (uint8_t)address };
			char control[64] = "", registered[64] = "";
			struct snapshot_place place;

			slow_asn(asn_claim[0], address, control);
			slow_asn(asn_claim[1], address, control);
			slow_rir(rir_claim, address, registered);
			snapshot_lookup(snapshot, AF_INET, bytes, &place);
			if (strcmp(place.control, control) || strcmp(place.tier, *control ? "operator" : "none"))
				fail_msg("round %u, %u: %s by %s, not %s", round, address, place.control, place.tier,
					 control);
			if (strcmp(place.registered, registered))
				fail_msg("round %u, %u: registered in %s, not %s", round, address, place.registered,
					 registered);
		}
		snapshot_free(snapshot);
		world_free(world);
		free_source(rir);
		free_source(asn[0]);
		free_source(asn[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_nests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
