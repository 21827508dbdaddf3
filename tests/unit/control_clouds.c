// SPDX-License-Identifier: Apache-2.0
/*
 * What rules by location and by control let through of four real clouds, where RESID_TEST_DATA (default
 * ../shared/data) has them.
 */
#include "clouds.h"
#include "support.h"

#include <unistd.h>

#include "util/memory.h"

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

		if (source_read(&(struct source_want){ SOURCE_BIT(clouds[i].format), clouds[i].name, SOURCE_BAD },
				name, &source, &err))
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
		cmocka_unit_test(test_clouds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
