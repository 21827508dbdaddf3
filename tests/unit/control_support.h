/* SPDX-License-Identifier: Apache-2.0 */
/* Three operators, sources written as text, and who must control an address by them. */
#ifndef TESTS_UNIT_CONTROL_SUPPORT_H
#define TESTS_UNIT_CONTROL_SUPPORT_H

#include "support.h"

#include "geo/world.h"
#include "policy/controls.h"
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
	.operator = operator_list, .count = 3, .asn = asn_list, .asn_count = 2, .date = "2026-07-01",
};

static char *strings[] = { "", "eu-sealed-1", "us-1" };

/* A source of facts "PREFIX COUNTRY ASN REGION" a line, sorted as readers sort them. */
static inline struct source *new_source(enum source_format format, const char *name, const char *text)
{
	struct source *source = mem_zero(1, sizeof(*source));
	char prefix_text[64], country[3];
	unsigned int asn, region;
	int used;

	source->format = format;
	source->name = (char *)name;
	source->file = (char *)name;
	strcpy(source->date, "2026-07-01");
	source->string = strings;
	source->string_count = 3;
	for (; sscanf(text, "%63s %2s %u %u %n", prefix_text, country, &asn, &region, &used) == 4; text += used) {
		struct source_fact *fact = MEM_PUSH(source->v4.fact, source->v4.count, source->v4.capacity);
		struct prefix prefix;

		assert_null(prefix_parse(prefix_text, &prefix));
		fact->first = prefix.first;
		fact->last = prefix_last(&prefix);
		memcpy(format == SOURCE_RIR ? fact->registered : fact->country, strcmp(country, "--") ? country : "",
		       strcmp(country, "--") ? 3 : 1);
		fact->asn = asn;
		fact->region = region;
	}
	return source;
}

static inline void free_source(struct source *source)
{
	free(source->v4.fact);
	free(source);
}

/* Where the regions are changes nothing of who controls them. */
#define REGIONS "resid-regions: 1\ndate: 2026-07-01\ncitation: c\nregions:\n  aws: {eu-sealed-1: FR, us-1: FR}\n"

#define FEED "2.0.2.0/23 -- 0 2\n2.0.3.0/24 -- 0 1\n2.0.3.0/24 -- 0 2\n2.0.4.0/24 -- 0 1\n"
#define RIR  "2.0.0.0/17 FR 0 0\n2.0.5.0/24 US 0 0\n2.0.5.0/24 DE 0 0\n2.0.9.0/24 US 0 0\n2.0.10.0/24 EU 0 0\n"
#define ASN                                                                                              \
	"2.0.0.0/16 FR 64510 0\n2.0.2.0/23 FR 64501 0\n2.0.6.0/24 FR 64500 0\n2.0.6.128/25 -- 64511 0\n" \
	"2.0.11.0/24 FR 64501 0\n2.0.128.0/24 -- 64512 0\n2.0.200.0/24 FR 0 0\n"

/* Days after that of the sources. */
#define SUPPORT_AGED(days) (1782864000 + (int64_t)(days) * 86400)

static inline struct snapshot *build_at(const char *rules, int64_t now)
{
	struct source *feed = new_source(SOURCE_AWS, "cloud", FEED), *rir = new_source(SOURCE_RIR, "rir", RIR);
	struct source *asn = new_source(SOURCE_LIBLOC, "libloc", ASN);
	const struct world_feed feeds[] = { { feed, "ranges.json" } };
	struct world_inputs inputs = { .operators = &operators, .feed = feeds, .feed_count = 1, .rir = &rir,
				       .rir_count = 1, .asn = &asn, .asn_count = 1 };
	_cleanup_free_ char *text = mem_format(CLASSES "%s", rules);
	_cleanup_policy_ struct policy *policy = support_policy(text);
	_cleanup_geo_ struct geo_table *geo4 = NULL, *geo6 = NULL;
	_cleanup_regions_ struct regions *regions = NULL;
	_cleanup_world_ struct world *world = NULL;
	struct snapshot *snapshot = NULL;
	struct resid_error err = { 0 };

	if (regions_parse("regions.yaml", REGIONS, strlen(REGIONS), &regions, &err) ||
	    geo_tor_parse("geoip", WORLD4, strlen(WORLD4), AF_INET, &geo4, &err) ||
	    geo_tor_parse("geoip6", WORLD6, strlen(WORLD6), AF_INET6, &geo6, &err) ||
	    controls_check_operators(policy, &operators, &err))
		fail_msg("%s", err.text);
	inputs.geo4 = geo4;
	inputs.geo6 = geo6;
	inputs.regions = regions;
	world_new(&inputs, &world);
	if (snapshot_build_data(policy, &(struct full_data){ .world = world, .now = now }, &snapshot, &err))
		fail_msg("%s", err.text);
	free_source(feed);
	free_source(rir);
	free_source(asn);
	return snapshot;
}

static inline struct snapshot *build(const char *rules)
{
	return build_at(rules, SUPPORT_NOW);
}

static inline void assert_registered(const struct snapshot *snapshot, const char *address, const char *registered)
{
	const struct snapshot_place place = support_place(snapshot, address);

	if (strcmp(place.registered, registered))
		fail_msg("%s: registered in '%s', not '%s'", address, place.registered, registered);
}

static inline void assert_control(const struct snapshot *snapshot, const char *address, const char *control,
				  const char *tier, const char *operator)
{
	const struct snapshot_place place = support_place(snapshot, address);

	if (strcmp(place.control, control) || strcmp(place.tier, tier) || strcmp(place.operator, operator))
		fail_msg("%s: '%s' by %s, '%s'; not '%s' by %s, '%s'", address, place.control, place.tier, place.operator,
			 control, tier, operator);
}

#endif
