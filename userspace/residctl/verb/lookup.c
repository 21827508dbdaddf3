// SPDX-License-Identifier: Apache-2.0
#include "residctl/command.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/location.h"
#include "geo/opinions.h"
#include "geo/world_file.h"
#include "residctl/output.h"
#include "util/jsonw.h"
#include "residctl/snapshots.h"
#include "util/address.h"

struct lookup {
	const struct snapshot *snapshot;
	struct world *world;	/* what each tier says; NULL: not asked for, or not kept here */
	struct jsonw as;	/* the members "asn" and "as_name", whose name is a stranger's */
	bool json;
};

static void lookup_fini(struct lookup *lookup)
{
	jsonw_fini(&lookup->as);
	world_free(lookup->world);
}

/* The first of its axis won, unless the policy itself says where the address is. */
static bool lookup_won(const struct world_opinion *opinions, size_t i, const struct snapshot_place *place)
{
	return (!i || strcmp(opinions[i].axis, opinions[i - 1].axis)) &&
	       !strcmp(opinions[i].answer, strcmp(opinions[i].axis, "control") ? place->location : place->control);
}

static void lookup_opinion_text(const struct world_opinion *opinion, bool won)
{
	printf("    %s %-8s %-9s %-12s %s %s%s%s%s%s\n", won ? "*" : " ", opinion->axis, opinion->tier, opinion->answer,
	       opinion->source, opinion->file, *opinion->date ? " of " : "", opinion->date, *opinion->operator ? ", " : "",
	       opinion->operator);
}

static void lookup_opinion_json(const struct world_opinion *opinion, bool won)
{
	printf("{\"axis\":\"%s\",\"tier\":\"%s\",\"answer\":\"%s\",\"source\":\"%s\"", opinion->axis, opinion->tier,
	       opinion->answer, opinion->source);
	if (*opinion->date)
		printf(",\"date\":\"%s\"", opinion->date);
	if (*opinion->operator)
		printf(",\"operator\":\"%s\"", opinion->operator);
	printf(",\"won\":%s}", won ? "true" : "false");
}

/* Every tier that has something to say, the strongest first; a star, or `won`, for what holds. */
static void lookup_opinions(const struct lookup *lookup, sa_family_t family, u128 key,
			    const struct snapshot_place *place)
{
	struct world_opinion opinions[WORLD_OPINIONS_MAX];
	size_t i, count = world_opinions_of(lookup->world, family, key, opinions);

	for (i = 0; i < count; i++) {
		bool won = lookup_won(opinions, i, place);

		if (lookup->json)
			fputs(i ? "," : "", stdout);
		(lookup->json ? lookup_opinion_json : lookup_opinion_text)(&opinions[i], won);
	}
}

/* Nothing where control is what the location says, which most readers take for granted. */
static void lookup_print_control(const struct snapshot_place *place)
{
	if (!strcmp(place->tier, "location") || !strcmp(place->tier, "none"))
		putchar('\n');
	else
		printf("  control %s by %s, %s%s%s%s%s\n", place->control, place->tier, place->control_source,
		       *place->control_date ? " " : "", place->control_date, *place->operator ? ", " : "",
		       place->operator_name);
}

static void lookup_print_evidence(const char *of, const char *source, const char *date)
{
	printf("{\"of\":\"%s\",\"source\":\"%s\"", of, source);
	if (*date)
		printf(",\"date\":\"%s\"", date);
	putchar('}');
}

static void lookup_print_as(struct lookup *lookup, const struct snapshot_as *as)
{
	struct jsonw *json = &lookup->as;

	if (!as->number)
		return;
	json->length = 0;
	json->comma = true;
	jsonw_u64(json, "asn", as->number);
	if (*as->name)
		jsonw_string(json, "as_name", as->name);
	fwrite(json->text, 1, json->length, stdout);
}

/* All else are the snapshot's own words and addresses, so none needs escapes; a million lines need speed. */
static void lookup_print(struct lookup *lookup, const char *text, const struct snapshot_place *place,
			 const struct snapshot_as *as)
{
	int location = location_find(place->location);
	const char *country = location < 0 ? NULL : location_country_name((unsigned int)location);

	if (!lookup->json) {
		printf("%-40s %-43s %-10s %s%s%s%s%s", text, place->prefix, place->location, place->source,
		       *place->source_date ? " " : "", place->source_date, country ? "  " : "", country ? country : "");
		lookup_print_control(place);
		return;
	}
	fputs("{\"address\":\"", stdout);
	fputs(text, stdout);
	fputs("\",\"prefix\":\"", stdout);
	fputs(place->prefix, stdout);
	fputs("\",\"location\":\"", stdout);
	fputs(place->location, stdout);
	fputs("\",\"source\":\"", stdout);
	fputs(place->source, stdout);
	if (*place->source_date) {
		fputs("\",\"date\":\"", stdout);
		fputs(place->source_date, stdout);
	}
	fputs("\",\"control\":", stdout);
	output_countries(place->control);
	if (*place->operator)
		printf(",\"operator\":\"%s\"", place->operator);
	lookup_print_as(lookup, as);
	printf(",\"tier\":\"%s\",\"evidence\":[", place->tier);
	lookup_print_evidence("location", place->source, place->source_date);
	if (*place->control)
		putchar(',');
	if (*place->control)
		lookup_print_evidence("control", place->control_source, place->control_date);
	if (*place->operator)
		putchar(',');
	if (*place->operator)
		lookup_print_evidence("operator", "operators", place->reviewed);
	putchar(']');
}

static bool lookup_one(struct lookup *lookup, const char *text)
{
	struct snapshot_place place;
	struct snapshot_as as;
	char canonical[ADDRESS_TEXT];
	sa_family_t family;
	uint8_t bytes[16];
	u128 key;

	if (!address_parse(text, &family, &key))
		return false;
	address_bytes(family, key, bytes);
	snapshot_lookup(lookup->snapshot, family, bytes, &place);
	address_format(family, key, canonical);
	as = snapshot_as_of(lookup->snapshot, family, bytes);
	lookup_print(lookup, canonical, &place, &as);
	if (lookup->json && lookup->world)
		fputs(",\"opinions\":[", stdout);
	if (lookup->world)
		lookup_opinions(lookup, family, key, &place);
	if (lookup->json)
		fputs(lookup->world ? "]}\n" : "}\n", stdout);
	return true;
}

static int lookup_lines(struct lookup *lookup, struct resid_error *err)
{
	_cleanup_free_ char *line = NULL;
	size_t room = 0, number = 0;
	ssize_t length;

	while ((length = getline(&line, &room, stdin)) >= 0) {
		char *start = line + strspn(line, " \t");

		number++;
		line[strcspn(line, "\r\n")] = '\0';
		start[strcspn(start, " \t")] = '\0';
		if (!*start && strlen(line) + 1 >= (size_t)length)
			continue;
		if (!lookup_one(lookup, start))
			return resid_fail(err, RESID_EXIT_INPUT,
					  "standard input:%zu: '%.80s' is not an IPv4 or IPv6 address", number, start);
	}
	if (ferror(stdin))
		return resid_fail(err, RESID_EXIT_SYSTEM, "standard input cannot be read: %m");
	return RESID_EXIT_OK;
}

static int lookup_run(const struct call *call, struct resid_error *err)
{
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	_cleanup_(lookup_fini) struct lookup lookup = { .json = call_option(call, "json") };
	int i;

	if (snapshots_open(call, &snapshot, err))
		return -1;
	lookup.snapshot = snapshot;
	if (call->argc || call_option(call, "tiers"))
		lookup.world = world_load(snapshot_world(snapshot), NULL, true);
	if (!call->argc)
		return lookup_lines(&lookup, err);
	for (i = 0; i < call->argc; i++)
		if (!lookup_one(&lookup, call->argv[i]))
			return resid_fail(err, RESID_EXIT_INPUT, "argument %d: '%.80s' is not an IPv4 or IPv6 address",
					  i + 1, call->argv[i]);
	return RESID_EXIT_OK;
}

static const struct command_option lookup_options[] = {
	{ "json", NULL, "one JSON object a line" },
	{ "tiers", NULL, "what each tier says also for addresses from standard input" },
	{ "snapshot", "FILE", "a snapshot instead of the one in force" },
	{ "policy", "FILE", "a policy, compiled in memory, instead of a snapshot" },
	SNAPSHOTS_DATA_OPTIONS,
	{ NULL, NULL, NULL },
};

const struct command command_lookup = {
	.name = "lookup",
	.args = "[IP...]",
	.summary = "say where addresses are and who controls them",
	.detail = "Addresses come from the arguments, or one a line from standard input. For each: the longest prefix around it "
		  "that has one answer, the location, and the source that says so with its date; then, where a source says it, whose law "
		  "reaches the operator, how strong the evidence is (override, feed, operator, rir, as, from strong to weak), and "
		  "who says so. With --json `control` is always there: where no source speaks it is the location's country; `asn` and `as_name` "
		  "are there where the AS database knows who announces the address.\n\n"
		  "Below an address of the command line stands what each tier of evidence says of it, from strong to weak, with a "
		  "star before what holds; with --json as `opinions`. It comes from the cache of the sources that the snapshot "
		  "was made of, and is left out where the cache is gone.\n\n"
		  "Locations are countries (ISO 3166-1), region-EU and region-AP (somewhere in Europe, somewhere in Asia or the "
		  "Pacific: what data say when they know no country), local, link, special, multicast, metadata, translated and "
		  "unknown. An IPv6 address that is `translated` carries an IPv4 address, which is judged as well.",
	.min_args = 0,
	.max_args = -1,
	.options = lookup_options,
	.run = lookup_run,
};
