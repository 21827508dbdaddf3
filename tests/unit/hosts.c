// SPDX-License-Identifier: Apache-2.0
/*
 * Leave one out: what each strict pack lets go of the networks that a provider publishes, judged without that file and
 * with everything else, with and without the registries' list. The question is read with other code than the evidence:
 * whatever looks like a prefix in the file. Needs libloc-database, tor-geoipdb and the files of RESID_TEST_DATA
 * (default
 * ../shared/data).
 */
#include "clouds.h"
#include "support.h"

#include <stdlib.h>
#include <unistd.h>

#include "util/file.h"
#include "util/memory.h"

#define LIBLOC "/var/lib/location/database.db"

static const struct {
	const char *operator, *file;
} files[] = {
	{ "aws", "aws-ip-ranges.json" },
	{ "azure", "microsoft-azure-ip-ranges.json" },
	{ "google", "google-cloud-ip-ranges.json" },
	{ "oracle", "oracle-cloud-ip-ranges.json" },
	{ "digitalocean", "digitalocean.csv" },
	{ "cloudflare", "cloudflare-v4-ip-ranges.txt" },
	{ "fastly", "fastly-ip-ranges.json" },
};

#define FILES (sizeof(files) / sizeof(files[0]))

/* Every pack that allows by control, each with a class of its own; whatever classes it names. */
static const char *const packs[] = { "hds2", "gaiax-l3", "secnumcloud-tenant", "secnumcloud-infra" };

#define PACKS (sizeof(packs) / sizeof(packs[0]))
#define CLASS 10 /* the first one's */

static bool is_there(void)
{
	_cleanup_free_ char *path = mem_format("%s/feeds/%s", data_folder(), files[0].file);

	if (!access(path, R_OK) && !access(LIBLOC, R_OK) && !access("/usr/share/tor/geoip", R_OK))
		return true;
	print_message("skipped: no %s, no libloc-database or no tor-geoipdb\n", path);
	return false;
}

static void write_pack(FILE *out, const char *pack)
{
	_cleanup_free_ char *path = mem_format("policy/packs/%s/pack.yaml", pack);
	FILE *in = fopen(path, "r");
	char line[512];
	bool rules = false;

	assert_non_null(in);
	while (fgets(line, sizeof(line), in)) {
		if (rules && !strncmp(line, "    class:", 10))
			fprintf(out, "    class: %s\n", pack);
		else if (rules)
			fputs(line, out);
		rules |= !strcmp(line, "rules:\n");
	}
	fclose(in);
	assert_true(rules);
}

/* The packs, judged with all files but one (FILES: with all). */
static struct snapshot *compile(size_t without, bool rir)
{
	char path[] = "/tmp/resid-hosts-XXXXXX";
	_cleanup_free_ char *holders = mem_format("%s/rir-holder.csv.gz", data_folder()), *feeds = mem_copy("", 0);
	struct build_inputs inputs = { .policy = path, .asn = LIBLOC, .rir = rir ? holders : NULL, .uncached = true };
	struct snapshot *snapshot = NULL;
	struct resid_error err;
	FILE *file = fdopen(mkstemp(path), "w");

	/* fastly's is of a form that nothing reads yet, and cloudflare's goes by the name of its file */
	for (size_t i = 0; i < 5; i++) {
		char *longer;

		if (i == without)
			continue;
		longer = mem_format("%s%s%s=%s/feeds/%s", feeds, *feeds ? "," : "", files[i].operator, data_folder(),
				    files[i].file);
		free(feeds);
		feeds = longer;
	}
	inputs.feeds = feeds;
	fputs("resid: 1\nhome: EEA\nclasses:\n", file);
	for (size_t i = 0; i < PACKS; i++)
		fprintf(file, "  %s: {id: %zu, default: drop, on_unknown: drop}\n", packs[i], CLASS + i);
	fputs("rules:\n", file);
	for (size_t i = 0; i < PACKS; i++)
		write_pack(file, packs[i]);
	fclose(file);
	if (snapshot_build(&inputs, NULL, NULL, &snapshot, &err))
		fail_msg("%s", err.text);
	unlink(path);
	return snapshot;
}

struct tally {
	struct snapshot *snapshot;
	uint64_t asked, allowed[PACKS];
};

/* Whatever the protocol, the port and the time. */
static bool lets_go(const struct resid_table *table, uint16_t cell)
{
	const struct resid_step *step = &table->step[cell & RESID_CELL_INDEX];

	if (!(cell & RESID_CELL_CHAIN))
		return table->rule[cell].verdict == RESID_V_ALLOW;
	while (table->rule[step->rule].verdict != RESID_V_ALLOW && !(step->flags & RESID_STEP_F_LAST))
		step++;
	return table->rule[step->rule].verdict == RESID_V_ALLOW;
}

static void tally_place(void *context, u128 first, u128 last, const struct snapshot_place *place)
{
	struct tally *tally = context;
	const struct resid_table *table = snapshot_table(tally->snapshot);

	tally->asked++;
	for (size_t i = 0; i < PACKS; i++) {
		uint16_t cell = table->matrix[table->core->row[CLASS + i] * table->core->group_count + place->group];

		if (!lets_go(table, cell))
			continue;
		if (!tally->allowed[i]++)
			print_error("%s lets a range of %s go, control %s by %s %s\n", packs[i], place->location,
				    place->control, place->tier, place->operator);
	}
}

/* Asks for each token of a file that is a prefix. */
static void ask_file(struct tally *tally, const char *name)
{
	_cleanup_free_ char *path = mem_format("%s/feeds/%s", data_folder(), name), *text = NULL;
	struct resid_error err;
	struct prefix prefix;
	size_t length;

	if (file_read(path, 64 << 20, &text, &length, &err))
		fail_msg("%s", err.text);
	for (char *at = strtok(text, "\", \t\r\n[]{}"); at; at = strtok(NULL, "\", \t\r\n[]{}"))
		if (strchr(at, '/') && !prefix_parse(at, &prefix))
			snapshot_walk(tally->snapshot, prefix.family, prefix.first, prefix_last(&prefix), tally_place,
				      tally);
}

static void test_leave_one_out(void **context)
{
	uint64_t asked = 0, allowed = 0;

	if (!is_there())
		skip();
	for (size_t rir = 0; rir < 2; rir++) {
		/* what is not loaded anyway is asked of one snapshot */
		for (size_t without = 0; without <= 5; without++) {
			struct tally tally = { .snapshot = compile(without, rir) };

			for (size_t i = 0; i < FILES; i++)
				if (i == without || (without == 5 && i > 5))
					ask_file(&tally, files[i].file);
			for (size_t i = 0; i < PACKS; i++)
				allowed += tally.allowed[i];
			print_message("without %s, %s the registries' list: %llu zones asked, %llu allowed\n",
				      files[without].operator, rir ? "with" : "without",
				      (unsigned long long)tally.asked, (unsigned long long)allowed);
			asked += tally.asked;
			snapshot_free(tally.snapshot);
		}
	}
	assert_true(asked > 40000);
	assert_int_equal(allowed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_leave_one_out) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
